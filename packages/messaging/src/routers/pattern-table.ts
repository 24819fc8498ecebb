// Many patterns, of which few begin alike: tries on an address only those whose literal beginning it has.

import type { PythonPattern } from "../python-regex/pattern.ts";

/** A name and the pattern that chooses it. */
export interface PatternEntry {
  readonly name: string;
  readonly pattern: PythonPattern;
}

interface RankedEntry extends PatternEntry {
  readonly rank: number;
}

/** Finds which patterns match the beginning of a text. Cost grows with the patterns that share its beginning, not with all of them. */
export class PatternTable {
  readonly #byPrefix = new Map<string, RankedEntry[]>();
  /** The lengths that prefixes have, so that only these are looked up. */
  readonly #lengths: readonly number[];

  constructor(entries: readonly PatternEntry[]) {
    const lengths = new Set<number>();
    for (const [rank, entry] of entries.entries()) {
      const prefix = literalPrefix(entry.pattern.source);
      lengths.add(prefix.length);
      const same = this.#byPrefix.get(prefix);
      if (same === undefined) this.#byPrefix.set(prefix, [{ ...entry, rank }]);
      else same.push({ ...entry, rank });
    }
    this.#lengths = [...lengths].toSorted((a, b) => a - b);
  }

  /** The names of all patterns that match, in the order of the table. */
  all(text: string): string[] {
    const matching = this.#candidates(text).filter(({ pattern }) => pattern.matches(text));
    return matching.toSorted((a, b) => a.rank - b.rank).map(({ name }) => name);
  }

  /** The name of the first pattern of the table that matches. */
  first(text: string): string | undefined {
    return this.firstEntry(text)?.name;
  }

  /** The same with its place in the table, from 0. */
  firstEntry(text: string): { readonly name: string; readonly rank: number } | undefined {
    const candidates = this.#candidates(text).toSorted((a, b) => a.rank - b.rank);
    return candidates.find(({ pattern }) => pattern.matches(text));
  }

  #candidates(text: string): RankedEntry[] {
    return this.#lengths.flatMap((length) =>
      length > text.length ? [] : (this.#byPrefix.get(text.slice(0, length)) ?? []),
    );
  }
}

/**
 * The characters that every match of a pattern begins with, as far as they are plain to see; "" when in doubt.
 * A character counts only if nothing behind it makes it optional, and there is no alternative or flag anywhere.
 */
export function literalPrefix(pattern: string): string {
  if (pattern.includes("|") || pattern.includes("(?")) return "";
  const literal = /^\^?((?:[\p{L}\p{N} @_:/#=,;<>~!&%'"-]|\\[+.*?()[\]{}^$/-])*)/u.exec(pattern);
  const [whole = "", text = ""] = literal ?? [];
  const next = pattern[whole.length];
  const characters = [...text.matchAll(/\\?./gsu)].map(([unit]) => (unit.startsWith("\\") ? unit.slice(1) : unit));
  if (next !== undefined && "*?{".includes(next)) characters.pop();
  return characters.join("");
}
