// The times that an export is asked for, from text: ISO 8601, in UTC unless it says otherwise.

import { HttpRefusal } from "./store-http-worker.ts";

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*(Z|[+-]\d{2}(?::?\d{2})?))?)?$/;

/** `start` and `end` of a query, both included. Microseconds since 1970. @throws {HttpRefusal} 400 for a text that is no time, and for two of one. */
export function rangeOf(query: URLSearchParams): { readonly fromUs?: number; readonly toUs?: number } {
  const fromUs = timeOf(query, "start");
  const toUs = timeOf(query, "end");
  return { ...(fromUs !== undefined && { fromUs }), ...(toUs !== undefined && { toUs }) };
}

function timeOf(query: URLSearchParams, name: "start" | "end"): number | undefined {
  const [text, ...more] = query.getAll(name);
  if (text === undefined) return undefined;
  if (more.length > 0) throw new HttpRefusal(400, `Invalid '${name}' parameter: Too many values`);
  const us = microsecondsOf(text);
  if (us === undefined)
    throw new HttpRefusal(400, `Invalid '${name}' parameter: Unable to parse date string '${text}'`);
  return us;
}

function microsecondsOf(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Days that a month does not have are taken for the next one's.
  if (Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(day)) return undefined;
  return ms * 1_000 + Number(fraction.padEnd(6, "0").slice(0, 6)) - offsetMinutes(zone) * 60_000_000;
}

function offsetMinutes(zone: string): number {
  if (zone === "Z") return 0;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
