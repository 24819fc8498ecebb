// How values compare: equality by type and value, order within one type, and the order of sorting. The SQL in ../sql says the same in two
// dialects; the contract suite compares them.

import { formatDate, Password, RegexText } from "@switchboard/protocol";

/** True when two values are equal in type and value, arrays and objects deeply. Undefined counts as null; a secret is equal to nothing. */
export function isEqual(left: unknown, right: unknown): boolean {
  const a = left ?? null;
  const b = right ?? null;
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof RegexText) return b instanceof RegexText && a.pattern === b.pattern;
  if (a instanceof Password || b instanceof Password || Array.isArray(b) || b instanceof Date) return false;
  return isEqualObject(a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>);
}

function isEqualObject(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]));
}

/** Negative, 0 or positive for two numbers, two texts or two times; undefined for everything else, which has no order. */
export function order(a: unknown, b: unknown): number | undefined {
  if (typeof a === "number" && typeof b === "number") return orderNumbers(a, b);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (a instanceof Date && b instanceof Date) return orderNumbers(a.getTime(), b.getTime());
  return undefined;
}

function orderNumbers(a: number, b: number): number | undefined {
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : undefined;
}

/** Order by code points, as UTF-8 bytes sort, which is how the databases compare. JavaScript's own order differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

// Surrogates (U+D800 to U+DFFF) stand for code points above all other units.
function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}

/**
 * What a value counts as when sorting: numbers, false and true (0 and 1) come before texts and times (by their written form), and
 * everything else counts as null, which comes first.
 */
export type SortKey = number | string | null;

/** See {@link SortKey}. */
export function sortKey(value: unknown): SortKey {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value instanceof Date ? (formatDate(value) ?? null) : null;
}

/** Order of two sort keys, ascending. */
export function compareSortKeys(a: SortKey, b: SortKey): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === "string") return typeof b === "string" ? compareText(a, b) : 1;
  return typeof b === "string" ? -1 : a - b;
}
