// A sorted set in memory: scores by member, and an array in order. Searching takes logarithmic time; adding and removing move the rest of
// the array, which is quick for the thousands of members that Switchboard keeps.

import type { ScoredMember } from "../key-value.ts";

/** Members in order of score, then of the bytes of their UTF-8. */
export class SortedMembers {
  readonly #scores = new Map<string, number>();
  readonly #sorted: ScoredMember[] = [];

  get size(): number {
    return this.#sorted.length;
  }

  score(member: string): number | undefined {
    return this.#scores.get(member);
  }

  /** Returns whether the member is new. */
  set(member: string, score: number): boolean {
    const old = this.#scores.get(member);
    if (old === score) return false;
    if (old !== undefined) this.delete(member);
    this.#scores.set(member, score);
    const added = { member, score };
    this.#sorted.splice(
      this.#position((other) => compare(other, added) < 0),
      0,
      added,
    );
    return old === undefined;
  }

  /** Returns whether the member was there. */
  delete(member: string): boolean {
    const score = this.#scores.get(member);
    if (score === undefined) return false;
    this.#scores.delete(member);
    const removed = { member, score };
    this.#sorted.splice(
      this.#position((other) => compare(other, removed) < 0),
      1,
    );
    return true;
  }

  /** Members by position, as Array's slice takes them. */
  slice(start: number, end: number): ScoredMember[] {
    return this.#sorted.slice(start, Math.max(start, end)).map(({ member, score }) => ({ member, score }));
  }

  /** How many have a score below `score`. */
  countBelow(score: number): number {
    return this.#position((other) => other.score < score);
  }

  /** How many have a score of at most `score`. */
  countUpTo(score: number): number {
    return this.#position((other) => other.score <= score);
  }

  /** The first position whose element is not `before`. */
  #position(before: (element: ScoredMember) => boolean): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const element = this.#sorted[middle];
      if (element !== undefined && before(element)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compare(a: ScoredMember, b: ScoredMember): number {
  return a.score === b.score ? compareText(a.member, b.member) : a.score - b.score;
}

/** Orders texts by the bytes of their UTF-8, which is the order of their code points. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    // Half of a pair stands for a code point above all single units.
    const isLeftPair = left >= 0xd800 && left <= 0xdfff;
    const isRightPair = right >= 0xd800 && right <= 0xdfff;
    return isLeftPair === isRightPair ? left - right : isLeftPair ? 1 : -1;
  }
  return a.length - b.length;
}
