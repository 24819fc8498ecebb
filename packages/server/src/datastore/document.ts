// Objects on their way into the database and back. What goes in is checked, so that every engine can hold it and compare it alike.

import { decodeValue, formatDate, maskedText, Password, RegexText } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import { type CollectionDeclaration, indexesOf } from "./declaration.ts";
import { type FieldPath, valueAt } from "./query/path.ts";
import { isStorableText } from "./text.ts";

/** What a store gives back: fields as they were put in, with the key as `id`. */
export interface StoredObject {
  readonly id: string | number;
  readonly [field: string]: unknown;
}

const maxDepth = 100;
/** As much of a value as every engine can keep in an index. */
const maxIndexedBytes = 1_024;

/**
 * The JSON text under which an object is stored, without its `id`. Secrets are replaced by their mask.
 *
 * @throws {ServerError} DATASTORE_VALUE_INVALID naming the field: names beginning with `$`, texts with U+0000 or half a surrogate pair, numbers that
 * are not finite, dates outside of the years 0 to 9999, functions, nesting over 100 levels, a value too long for an index.
 */
export function encodeDocument(object: Readonly<Record<string, unknown>>, declaration: CollectionDeclaration): string {
  const { id: _, ...fields } = object;
  for (const { paths } of indexesOf(declaration)) for (const path of paths) checkIndexed(fields, path, paths.length);
  return JSON.stringify(toStorable(fields, []));
}

/** The object behind a stored text. */
export function decodeDocument(id: string | number, text: string): StoredObject {
  return { id, ...(decodeValue(text) as Readonly<Record<string, unknown>>) };
}

function toStorable(value: unknown, path: readonly (string | number)[]): unknown {
  if (value === null || value === undefined || typeof value === "boolean") return value ?? null;
  if (typeof value === "object") return objectToStorable(value, path);
  if (typeof value === "string") {
    if (isStorableText(value)) return value;
    throw invalid(path, "expected a text without U+0000 and with whole surrogate pairs");
  }
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw invalid(path, `expected a finite number, got ${value}`);
  }
  if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) return Number(value);
  throw invalid(
    path,
    typeof value === "bigint" ? "expected a whole number of at most 53 bits" : `expected data, got a ${typeof value}`,
  );
}

function objectToStorable(value: object, path: readonly (string | number)[]): unknown {
  if (path.length > maxDepth) throw invalid(path.slice(0, 5), `expected at most ${maxDepth} levels`);
  if (Array.isArray(value)) return value.map((item, index) => toStorable(item, [...path, index]));
  if (value instanceof Date) return { $date: checkDate(value, path) };
  if (value instanceof Password) return maskedText;
  if (value instanceof Uint8Array) return { $binary: Buffer.from(value).toString("base64") };
  if (value instanceof RegexText) return { $regex: toStorable(value.pattern, path) };
  if (value instanceof Set) return toStorable([...value], path);
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(fields.map(([key, item]) => [checkName(key, path), toStorable(item, [...path, key])]));
}

function checkDate(date: Date, path: readonly (string | number)[]): string {
  const text = formatDate(date);
  if (text !== undefined) return text;
  throw invalid(path, "expected a valid date of the years 0 to 9999");
}

function checkName(name: string, path: readonly (string | number)[]): string {
  if (!name.startsWith("$") && name !== "__proto__" && isStorableText(name)) return name;
  throw invalid(path, `a field may not be named ${JSON.stringify(name.slice(0, 60))}`);
}

function checkIndexed(object: object, path: FieldPath, count: number): void {
  const value = valueAt(object, path);
  const text =
    typeof value === "string" ? value : typeof value === "object" && value !== null ? JSON.stringify(value) : "";
  const limit = Math.floor((2 * maxIndexedBytes) / Math.max(count, 2));
  if (Buffer.byteLength(text) > limit) throw invalid(path, `expected at most ${limit} bytes in an indexed field`);
}

function invalid(path: readonly (string | number)[], message: string): ServerError {
  const where = path.length === 0 ? "object" : path.join(".").slice(0, 200);
  return new ServerError("DATASTORE_VALUE_INVALID", `${where}: ${message}`);
}

/** The fields of what is to be stored: a value that is no object becomes `{value: …}`. */
export function toFields(object: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof object === "object" && object !== null && Object.getPrototypeOf(object) === Object.prototype;
  return isObject ? (object as Readonly<Record<string, unknown>>) : { value: object };
}
