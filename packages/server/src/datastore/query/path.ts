// Field paths of queries: `a.b.c` into objects, `a.0.b` into arrays, `a\.b` for a name with a dot in it.

import { Password, RegexText } from "@switchboard/protocol";
import { ServerError } from "../../errors.ts";

/** The segments of a path, never empty. */
export type FieldPath = readonly string[];

const maxPathLength = 1_000;
const maxSegments = 32;

/**
 * Splits a path at its dots.
 *
 * @throws {ServerError} DATASTORE_QUERY_INVALID for what is not a text, an empty one, or one over 1,000 characters or 32 segments.
 */
export function parsePath(path: unknown): FieldPath {
  if (typeof path !== "string" || path === "" || path.length > maxPathLength) {
    throw new ServerError("DATASTORE_QUERY_INVALID", `expected a field's path of 1 to ${maxPathLength} characters`);
  }
  const segments = [...path.matchAll(/(?:^|\.)((?:\\[^]|[^\\.])*)/g)].map(([, segment = ""]) =>
    segment.replaceAll(/\\([^])/g, "$1"),
  );
  if (segments.length > maxSegments) {
    throw new ServerError(
      "DATASTORE_QUERY_INVALID",
      `a field's path has ${segments.length} segments, at most ${maxSegments} are allowed`,
    );
  }
  return segments;
}

/** The array index that a segment stands for, or undefined. */
export function arrayIndex(segment: string): number | undefined {
  return /^\d{1,9}$/.test(segment) ? Number(segment) : undefined;
}

/**
 * The value at `path`; null when anything on the way is missing. Only own members of arrays and objects count: nothing inherited is ever found,
 * and nothing inside of a time, of bytes or of a secret.
 */
export function valueAt(object: unknown, path: FieldPath): unknown {
  let value = object;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || isTyped(value)) return null;
    const index = Array.isArray(value) ? arrayIndex(segment) : segment;
    if (index === undefined || !Object.hasOwn(value, index)) return null;
    value = (value as Readonly<Record<string | number, unknown>>)[index];
  }
  return value ?? null;
}

function isTyped(value: object): boolean {
  return (
    value instanceof Date || value instanceof Uint8Array || value instanceof RegexText || value instanceof Password
  );
}

/** The same object without what is at `paths`. Untouched parts are shared with the original, and what is removed is not read. */
export function without(object: object, paths: readonly FieldPath[]): object {
  if (Array.isArray(object)) return object;
  const gone = new Set(paths.filter((path) => path.length === 1).map(([first]) => first));
  const deeper = paths.filter(([first]) => !gone.has(first));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    if (gone.has(key)) continue;
    const value = (object as Readonly<Record<string, unknown>>)[key];
    const inside = deeper.filter(([first]) => first === key).map(([, ...rest]) => rest);
    const isObject = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    define(copy, key, inside.length > 0 && isObject ? without(value, inside) : value);
  }
  return copy;
}

// Not an assignment, which would treat a member named __proto__ as the prototype.
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}
