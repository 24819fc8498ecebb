// The event masks of one connection.

import { compilePattern, type PatternTest } from "./pattern.ts";

const maxRemembered = 1_000;

/**
 * A set of event masks, as one connection or one client holds it. Nothing is implied: an empty set matches no event.
 *
 * Removing takes equal mask texts away and nothing else: `task.*` removed from a set holding `*` changes nothing. Answers for the last
 * thousand names are remembered, since the same few events come again and again.
 */
export class MaskSet {
  readonly #tests = new Map<string, PatternTest>();
  readonly #remembered = new Map<string, boolean>();

  /** How many masks there are. */
  get size(): number {
    return this.#tests.size;
  }

  /** The masks in the order in which they were added. */
  masks(): string[] {
    return [...this.#tests.keys()];
  }

  /** True when `mask` is in the set, letter for letter. */
  has(mask: string): boolean {
    return this.#tests.has(mask);
  }

  /** Adds a shell pattern over whole event names (see {@link compilePattern}). Adding twice is the same as once. */
  add(mask: string): void {
    if (this.#tests.has(mask)) return;
    this.#tests.set(mask, compilePattern(mask));
    this.#remembered.clear();
  }

  /** Removes a mask; false when it was not there. */
  delete(mask: string): boolean {
    this.#remembered.clear();
    return this.#tests.delete(mask);
  }

  /** True when at least one mask fits the event's name. */
  matches(name: string): boolean {
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    let matched = false;
    for (const test of this.#tests.values()) {
      if (!test(name)) continue;
      matched = true;
      break;
    }
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    this.#remembered.set(name, matched);
    return matched;
  }
}
