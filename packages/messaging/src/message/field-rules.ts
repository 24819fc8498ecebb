// What may stand in a field of a message. A rule checks one field of an object that came off the wire or is about to be published, and
// brings it into the one form that our types promise (a missing optional object becomes `{}`, a number where text belongs becomes text).

import { describeValue } from "../describe-value.ts";
import { MessageFormatError } from "../errors.ts";
import { isJsonObject } from "./json.ts";
import { normaliseTimestamp } from "./timestamp.ts";

/** A message while it is checked. */
export type RawMessage = Record<string, unknown>;

/**
 * Checks the field `key` and mends what may be mended.
 *
 * The hot checks look at a field by its literal name first and come here only when it is not plainly right: reading a property whose
 * name is a variable costs ten times as much, and there are two dozen of them in each message.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID; `details.field` is the key.
 */
export type FieldRule = (message: RawMessage, key: string) => void;

let mends = 0;

/** Returns how often any message was mended so far: one that was read between two equal answers is as it came. */
export function mendsSoFar(): number {
  return mends;
}

/** Notes that a message is not quite what came. */
export function countMend(): void {
  mends++;
}

function mend(message: RawMessage, key: string, value: unknown): void {
  countMend();
  message[key] = value;
}

/** The version that every message carries. */
export const messageVersion = "20110921";

/** Returns the error for a value that is not allowed. */
export function invalidField(field: string, expected: string, got: unknown): MessageFormatError {
  return new MessageFormatError("MESSAGE_FIELD_INVALID", `${field}: expected ${expected}, got ${describeValue(got)}`, {
    details: { field },
  });
}

/** Must be there; text. vumi2 turns numbers into text here, and so do we. */
export const text: FieldRule = (message, key) => {
  const value = message[key];
  if (typeof value === "string") return;
  if (typeof value !== "number") throw missingOr(key, "text", value);
  mend(message, key, String(value));
};

/** Must be there; text or null. */
export const textOrNull: FieldRule = (message, key) => {
  if (message[key] !== null) text(message, key);
};

/** Text or null; null when absent. */
export const optionalText: FieldRule = (message, key) => {
  if (message[key] === undefined) mend(message, key, null);
  else textOrNull(message, key);
};

/** Text or null, and may stay absent. */
export const textIfPresent: FieldRule = (message, key) => {
  if (message[key] !== undefined) textOrNull(message, key);
};

/** Must be there; an object. Null, which would crash Vumi and be refused by vumi2, becomes `{}`. */
export const object: FieldRule = (message, key) => {
  const value = message[key];
  if (value === null) mend(message, key, {});
  else if (!isJsonObject(value)) throw missingOr(key, "an object", value);
};

/** An object; `{}` when absent or null. */
export const optionalObject: FieldRule = (message, key) => {
  if (message[key] === undefined) mend(message, key, {});
  else object(message, key);
};

/** A list; `[]` when absent or null. */
export const optionalList: FieldRule = (message, key) => {
  const value = message[key];
  if (value === undefined || value === null) mend(message, key, []);
  else if (!Array.isArray(value)) throw invalidField(key, "a list", value);
};

/**
 * Checks that the value of the field `key` is one of `values`.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function oneOf(values: readonly (string | null)[], value: unknown, key: string): void {
  if (values.some((allowed) => allowed === value)) return;
  throw missingOr(key, `one of ${values.map((allowed) => JSON.stringify(allowed)).join(", ")}`, value);
}

/** Checks the fields that every kind of message has. */
export function checkEnvelope(message: RawMessage): void {
  const { message_version, message_type, timestamp } = message;
  if (message_version !== messageVersion) throw missingOr("message_version", `"${messageVersion}"`, message_version);
  // Vumi does not compare it with the kind that the queue promises, so neither do we.
  if (typeof message_type !== "string") throw missingOr("message_type", "text", message_type);
  const normalised = typeof timestamp === "string" ? normaliseTimestamp(timestamp) : undefined;
  if (normalised === undefined) {
    throw missingOr("timestamp", 'a date such as "2024-03-07 08:15:42.120394"', timestamp);
  }
  if (normalised !== timestamp) mend(message, "timestamp", normalised);
  if (!isJsonObject(message["routing_metadata"])) optionalObject(message, "routing_metadata");
  if (!isJsonObject(message["helper_metadata"])) optionalObject(message, "helper_metadata");
}

/** True when a field needs no closer look by {@link textOrNull} or {@link optionalText}. */
export function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === "string";
}

function missingOr(field: string, expected: string, got: unknown): MessageFormatError {
  if (got !== undefined) return invalidField(field, expected, got);
  return new MessageFormatError("MESSAGE_FIELD_MISSING", `${field}: expected ${expected}, but the field is missing`, {
    details: { field },
  });
}
