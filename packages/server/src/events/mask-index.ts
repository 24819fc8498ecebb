// Who gets an event: masks of all connections, each distinct mask compiled once, and the answer remembered per event name.

import { compilePattern, type PatternTest } from "@switchboard/protocol";

const maxRemembered = 1_000;

interface Mask<Subscriber> {
  readonly test: PatternTest;
  readonly subscribers: Set<Subscriber>;
}

/** Pairs of mask and subscriber. */
export class MaskIndex<Subscriber> {
  /** Masks that fit one name only, by that name as it is written. */
  readonly #exact = new Map<string, Mask<Subscriber>>();
  readonly #patterns = new Map<string, Mask<Subscriber>>();
  readonly #remembered = new Map<string, readonly Subscriber[]>();

  /** Adds a pair, once. True when nobody had this mask before. */
  add(text: string, subscriber: Subscriber): boolean {
    const masks = this.#kindOf(text);
    const existing = masks.get(text);
    const mask = existing ?? { test: testOf(text), subscribers: new Set() };
    if (existing === undefined) masks.set(text, mask);
    mask.subscribers.add(subscriber);
    this.#forget(mask.test);
    return existing === undefined;
  }

  /** Removes a pair. True when nobody has this mask any more. */
  delete(text: string, subscriber: Subscriber): boolean {
    const masks = this.#kindOf(text);
    const mask = masks.get(text);
    if (mask === undefined || !mask.subscribers.delete(subscriber)) return false;
    this.#forget(mask.test);
    if (mask.subscribers.size > 0) return false;
    masks.delete(text);
    return true;
  }

  /** Everybody with at least one mask that fits, each once. */
  matching(name: string): readonly Subscriber[] {
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    const found = new Set<Subscriber>();
    for (const { subscribers } of this.#fitting(name)) for (const subscriber of subscribers) found.add(subscriber);
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    const subscribers = [...found];
    this.#remembered.set(name, subscribers);
    return subscribers;
  }

  /** How many pairs there are whose mask fits. */
  count(name: string): number {
    let count = 0;
    for (const { subscribers } of this.#fitting(name)) count += subscribers.size;
    return count;
  }

  *#fitting(name: string): Generator<Mask<Subscriber>> {
    const exact = this.#exact.get(name);
    if (exact !== undefined) yield exact;
    for (const mask of this.#patterns.values()) if (mask.test(name)) yield mask;
  }

  #kindOf(text: string): Map<string, Mask<Subscriber>> {
    return isPattern(text) ? this.#patterns : this.#exact;
  }

  #forget(test: PatternTest): void {
    for (const name of this.#remembered.keys()) if (test(name)) this.#remembered.delete(name);
  }
}

/** True for a mask that may fit more than the name it spells. */
function isPattern(mask: string): boolean {
  return /[*?[\\]/.test(mask);
}

/** Tells which names a mask fits. */
export function testOf(mask: string): PatternTest {
  return isPattern(mask) ? compilePattern(mask) : (name) => name === mask;
}
