// Extended JSON: objects with exactly one member named `$date`, `$binary`, `$regex` or `$password` stand for typed values, anywhere in a document.
// `encodeValue` writes them, `decodeValue` reads them; frames.ts and json-rpc.ts use both. Masks secrets wherever they could be printed.

import { formatDate, parseDate } from "./dates.ts";
import { ProtocolError } from "./errors.ts";

/** How deeply arrays and objects may be nested in a frame. Deeper is refused, so that nothing later runs out of stack. */
export const maxDepth = 128;

/** What is shown instead of a secret, in logs and stored records. */
export const maskedText = "********";

/** A secret text. Whatever prints or serialises it shows {@link maskedText}; only a frame carries it in clear, as `{"$password": …}`. */
export class Password {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The secret in clear. */
  reveal(): string {
    return this.#secret;
  }

  toString(): string {
    return maskedText;
  }

  toJSON(): string {
    return maskedText;
  }
}

/** The text of a regular expression, `{"$regex": …}` on the wire. It is not compiled: whoever uses it decides how, and must bound the work. */
export class RegexText {
  readonly pattern: string;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  toJSON(): object {
    return { $regex: this.pattern };
  }
}

/**
 * Parses JSON text and turns extended values into `Date`, `Uint8Array`, {@link RegexText} and {@link Password}.
 *
 * @throws {ProtocolError} PROTOCOL_FRAME_INVALID (not JSON), PROTOCOL_VALUE_INVALID (malformed extended value, a member named `__proto__`,
 * nesting over {@link maxDepth}), PROTOCOL_DESCRIPTOR_REFUSED (`$fd`). The message never quotes the text, which may hold secrets.
 */
export function decodeValue(text: string): unknown {
  return reviveParsed(parseJson(text), text);
}

/** First half of {@link decodeValue}, for frames: plain JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError(
      "PROTOCOL_FRAME_INVALID",
      `expected one JSON document, got ${text.length} characters that are none`,
    );
  }
}

const mayNeedReviving = /"\$|\\u|__proto__/;

/**
 * Second half of {@link decodeValue}: revives extended values in place, in `parsed`, which comes from `text`.
 *
 * Walking a parsed document costs about as much as parsing it, and most frames are short and hold nothing to revive. (A document nested
 * deeper than the limit has at least that many opening and as many closing brackets, so a short one need not be walked for that either.)
 */
export function reviveParsed(parsed: unknown, text: string): unknown {
  const needed = text.length > 2 * maxDepth || mayNeedReviving.test(text);
  return needed && typeof parsed === "object" && parsed !== null ? revive(parsed, 0) : parsed;
}

/** Writes a value as JSON text with extended values; undefined and functions become null. The inverse of {@link decodeValue}. */
export function encodeValue(value: unknown): string {
  return JSON.stringify(toWire(value, 0)) ?? "null";
}

function revive(value: object, depth: number): unknown {
  if (depth >= maxDepth) throw tooDeep();
  if (!Array.isArray(value)) return reviveObject(value as Record<string, unknown>, depth);
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    if (typeof item !== "object" || item === null) continue;
    const revived = revive(item, depth + 1);
    if (revived !== item) value[index] = revived;
  }
  return value;
}

function reviveObject(object: Record<string, unknown>, depth: number): unknown {
  let count = 0;
  let marker: string | undefined;
  // `for in` is several times quicker than Object.keys, and what JSON.parse makes inherits nothing enumerable.
  for (const key in object) {
    count++;
    if (key.charCodeAt(0) === 0x24) marker = key;
    // Assigning such a member later on would change an object's prototype.
    if (key === "__proto__") throw new ProtocolError("PROTOCOL_VALUE_INVALID", "a member may not be named __proto__");
    const item = object[key];
    if (typeof item !== "object" || item === null) continue;
    const revived = revive(item, depth + 1);
    if (revived !== item) object[key] = revived;
  }
  return count === 1 && marker !== undefined ? (reviveTyped(marker, object[marker]) ?? object) : object;
}

function reviveTyped(key: string, content: unknown): unknown {
  switch (key) {
    case "$date": {
      const date = typeof content === "string" ? parseDate(content) : undefined;
      if (date === undefined) throw invalid(key, "an ISO 8601 date and time", content);
      return date;
    }
    case "$binary": {
      const bytes = typeof content === "string" ? fromBase64(content) : undefined;
      if (bytes === undefined) throw invalid(key, "base64 text", content);
      return bytes;
    }
    case "$regex":
      if (typeof content !== "string") throw invalid(key, "a text", content);
      return new RegexText(content);
    case "$password":
      if (typeof content !== "string") throw invalid(key, "a text", content);
      return new Password(content);
    case "$fd":
      throw new ProtocolError(
        "PROTOCOL_DESCRIPTOR_REFUSED",
        "file descriptors ($fd) cannot be passed on this connection",
      );
    default:
      return undefined;
  }
}

function toWire(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? bigintToWire(value) : value;
  if (depth >= maxDepth) throw tooDeep();
  if (Array.isArray(value)) return mapArray(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const typed = typedToWire(value, depth);
    if (typed !== undefined) return typed;
  }
  return mapObject(value as Record<string, unknown>, depth);
}

// Both copy only what changes: most documents go to JSON.stringify as they are.
function mapArray(array: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < array.length; index++) {
    const item = array[index];
    if (isPlainLeaf(item)) continue;
    const wire = toWire(item, depth + 1);
    if (wire !== item) (copy ??= array.slice())[index] = wire;
  }
  return copy ?? array;
}

function mapObject(object: Readonly<Record<string, unknown>>, depth: number): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const key in object) {
    const item = object[key];
    if (isPlainLeaf(item)) continue;
    const wire = toWire(item, depth + 1);
    if (wire !== item) (copy ??= { ...object })[key] = wire;
  }
  return copy ?? object;
}

function isPlainLeaf(value: unknown): boolean {
  const type = typeof value;
  return (type !== "object" && type !== "bigint") || value === null;
}

function typedToWire(value: object, depth: number): unknown {
  if (value instanceof Date) {
    const text = formatDate(value);
    return text === undefined ? null : { $date: text };
  }
  if (value instanceof Password) return { $password: value.reveal() };
  if (value instanceof RegexText) return { $regex: value.pattern };
  if (value instanceof RegExp) return { $regex: value.source };
  if (value instanceof Uint8Array) return { $binary: toBase64(value) };
  if (value instanceof Set) return mapArray([...value], depth);
  if (value instanceof Map) return mapObject(Object.fromEntries(value) as Record<string, unknown>, depth);
  if (value instanceof Error) return String(value);
  if ("toJSON" in value && typeof value.toJSON === "function") return toWire(value.toJSON(), depth + 1);
  return undefined;
}

function bigintToWire(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function fromBase64(text: string): Uint8Array | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  // A piece at a time, because each byte becomes an argument.
  for (let start = 0; start < bytes.length; start += 4096) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 4096));
  }
  return btoa(binary);
}

function tooDeep(): ProtocolError {
  return new ProtocolError(
    "PROTOCOL_VALUE_INVALID",
    `a value is nested deeper than ${maxDepth} levels, or refers to itself`,
  );
}

function invalid(key: string, expected: string, content: unknown): ProtocolError {
  return new ProtocolError("PROTOCOL_VALUE_INVALID", `${key}: expected ${expected}, got ${kindOf(content)}`);
}

/** What a message calls a value whose content it must not quote. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  return typeof value === "string" ? "a text" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
