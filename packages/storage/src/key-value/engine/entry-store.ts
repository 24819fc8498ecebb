// What the engines that carry out commands themselves (memory, SQLite) keep their data in. The commands in this folder are written once, on
// this interface. A store knows nothing of expiry, wrong types or empty containers; `Entries` does.

import type { KeyKind, ScoredMember } from "../key-value.ts";

/** One key and what is known about it without looking at its value. */
export interface Entry {
  readonly key: string;
  readonly kind: KeyKind;
  /** How many elements a container has; meaningless for strings. Kept by the store. */
  readonly size: number;
  /** Milliseconds since 1970, or undefined. */
  readonly expiresAt: number | undefined;
}

/** Which end of a list. */
export type ListEnd = "head" | "tail";

/** A window into a sequence: `offset` elements are passed over, up to `limit` taken. */
export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

/** Keys with their values, of all kinds. A set is stored as fields without values. */
export interface EntryStore<E extends Entry = Entry> {
  find(key: string): E | undefined;
  /** Adds an empty container under a key that is absent. */
  create(key: string, kind: KeyKind): E;
  remove(entry: E): void;
  /** Gives an entry a key that is absent. */
  rename(entry: E, key: string): void;
  setExpiry(entry: E, expiresAt: number | undefined): void;
  /** Called when a command is done with a container that it has changed and that is not empty. */
  save(entry: E): void;
  /** Up to `limit` entries that expire at `now` or earlier, earliest first. */
  expired(now: number, limit: number): E[];
  /** When the next entry expires. */
  nextExpiry(): number | undefined;

  text(entry: E): string;
  /** Stores a text, expiry included; `entry` is the string that is there now, if any. */
  putText(
    entry: E | undefined,
    key: string,
    content: { readonly text: string; readonly expiresAt: number | undefined },
  ): void;

  field(entry: E, name: string): string | undefined;
  /** Returns whether the field is new. */
  setField(entry: E, name: string, value: string): boolean;
  /** Returns whether the field was there. */
  deleteField(entry: E, name: string): boolean;
  fields(entry: E): [name: string, value: string][];
  /** Any one field's name. */
  anyField(entry: E): string | undefined;

  score(entry: E, member: string): number | undefined;
  /** Returns whether the member is new. */
  setScore(entry: E, member: string, score: number): boolean;
  /** Returns whether the member was there. */
  deleteMember(entry: E, member: string): boolean;
  membersByRank(entry: E, slice: Slice, reverse: boolean): ScoredMember[];
  membersByScore(entry: E, bounds: { readonly min: number; readonly max: number }, slice: Slice): ScoredMember[];
  countByScore(entry: E, min: number, max: number): number;

  push(entry: E, end: ListEnd, value: string): void;
  pop(entry: E, end: ListEnd): string | undefined;
  elements(entry: E, slice: Slice): string[];
  /** Keeps these elements only. */
  trim(entry: E, slice: Slice): void;
  /** Removes up to `limit` elements equal to `value`, starting at `from`. Returns how many. */
  removeElements(entry: E, value: string, options: { readonly from: ListEnd; readonly limit: number }): number;
}

/** The slice that positions `start` to `stop` (inclusive, negative from the end) mean in a sequence of `size` elements. */
export function sliceOf(size: number, start: number, stop: number): Slice {
  const first = Math.max(start < 0 ? size + start : start, 0);
  const last = Math.min(stop < 0 ? size + stop : stop, size - 1);
  return { offset: first, limit: Math.max(last - first + 1, 0) };
}
