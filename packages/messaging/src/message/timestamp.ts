// The `timestamp` of a message: always text on the wire and in memory, because a Date would lose the microseconds of other programs.
// Vumi's store and vumi2 insist on the six-digit form, so nothing else is ever written.

import { MessageFormatError } from "../errors.ts";

// Days up to 28 exist in every month; the rest takes the long way.
const surelyCanonical =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8]) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}$/;
const firstMs = Date.parse("0001-01-01T00:00:00.000Z");
const lastMs = Date.parse("9999-12-31T23:59:59.999Z");
const readable = /^(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/;

// The text of a moment, and its second's, kept because dozens of messages are built in each and formatting costs more than the rest of building one.
let knownMs = 0;
let knownText = "1970-01-01 00:00:00.000000";
let knownSecond = 0;
let knownSecondText = "1970-01-01 00:00:00";

/**
 * Returns `ms` (since 1970, UTC) as `YYYY-MM-DD HH:MM:SS.ffffff`.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_INVALID outside of the years 1 to 9999.
 */
export function formatTimestamp(ms: number): string {
  if (ms === knownMs) return knownText;
  const second = Math.floor(ms / 1_000);
  if (second !== knownSecond) {
    knownSecondText = formatSecond(ms);
    knownSecond = second;
  }
  knownText = `${knownSecondText}.${String(Math.floor(ms - second * 1_000)).padStart(3, "0")}000`;
  knownMs = ms;
  return knownText;
}

function formatSecond(ms: number): string {
  if (ms >= firstMs && ms <= lastMs) return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  throw new MessageFormatError(
    "MESSAGE_FIELD_INVALID",
    `timestamp: expected a time in the years 1 to 9999, got ${ms} ms`,
    {
      details: { field: "timestamp" },
    },
  );
}

/**
 * Returns a date in the form we write, or undefined when `text` is not one.
 *
 * Accepts what Vumi does (no fraction, 1 to 6 digits of it, unpadded numbers), vumi2's trailing `Z`, and ISO 8601 with `T`, a zone or
 * more digits than six, which other programs write; a zone is converted to UTC, digits after the sixth are cut.
 */
export function normaliseTimestamp(text: string): string | undefined {
  if (text === knownText || surelyCanonical.test(text)) return text;
  const parts = readable.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 59 || year < 1) return undefined;
  const local = new Date(0);
  // Not Date.UTC: it takes years below 100 for 19xx.
  local.setUTCFullYear(year, month - 1, day);
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return undefined;
  local.setUTCHours(hour, minute, second);
  const offset = zoneOffsetMs(parts[8]);
  if (offset === undefined) return undefined;
  const utc = new Date(local.getTime() - offset).toISOString();
  if (utc.length !== 24 || utc.startsWith("0000")) return undefined;
  return `${utc.slice(0, 10)} ${utc.slice(11, 19)}.${(parts[7] ?? "").slice(0, 6).padEnd(6, "0")}`;
}

/** Returns a timestamp of the form we write as milliseconds since 1970, UTC; its last three digits are lost. */
export function timestampMs(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 10)}T${timestamp.slice(11, 23)}Z`);
}

function zoneOffsetMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
