// From messages and events to the values of their rows. What the columns are for is in schema.ts.

import { withoutCache } from "../message/envelope.ts";
import { eventStatus, type TransportEvent } from "../message/event.ts";
import { isJsonObject } from "../message/json.ts";
import { timestampMs } from "../message/timestamp.ts";
import type { UserMessage } from "../message/user-message.ts";
import { tagOf } from "../message/tag.ts";
import { asciiJson, inAscii } from "./ascii-json.ts";

/** Which of the two key spaces a message is in: one `message_id` may be in both. */
export type StoredDirection = "inbound" | "outbound";

/** What a column takes. */
export type Cell = string | number | null;

// What search looks at is cut; nobody finds a message by its four-thousandth letter.
const maxSearchText = 2_000;

/** The columns that {@link messageRow} fills, in its order. */
export const messageColumns = [
  "direction",
  "message_id",
  "ts_us",
  "stored_us",
  "remote_addr",
  "local_addr",
  "transport_name",
  "in_reply_to",
  "provider",
  "session_event",
  "tag",
  "is_test",
  "search_text",
  "payload",
] as const;

/** A message or an event, and its JSON. */
export interface Written<Message> {
  readonly message: Message;
  readonly json: string;
}

/** The values of a message's row. */
export function messageRow(direction: StoredDirection, written: Written<UserMessage>, storedUs: number): Cell[] {
  const { message } = written;
  const isInbound = direction === "inbound";
  const remote = isInbound ? message.from_addr : message.to_addr;
  const local = isInbound ? message.to_addr : message.from_addr;
  return [
    direction,
    clean(message.message_id),
    timestampUs(message.timestamp),
    storedUs,
    cleanOrNull(remote),
    cleanOrNull(local),
    cleanOrNull(message.transport_name),
    cleanOrNull(message.in_reply_to),
    cleanOrNull(message.provider),
    message.session_event,
    cleanOrNull(tagOf(message)?.join(":") ?? null),
    isTest(message) ? 1 : 0,
    searchText(message, [remote, local]),
    payloadOf(written),
  ];
}

/** The columns that {@link eventRow} fills, in its order. */
export const eventColumns = ["event_id", "user_message_id", "status", "ts_us", "stored_us", "payload"] as const;

/** The values of an event's row. */
export function eventRow(written: Written<TransportEvent>, storedUs: number): Cell[] {
  const { message: event } = written;
  return [
    clean(event.event_id),
    clean(event.user_message_id),
    eventStatus(event),
    timestampUs(event.timestamp),
    storedUs,
    payloadOf(written),
  ];
}

let lastSecond = "1970-01-01 00:00:00";
let lastSecondUs = 0;

/** Microseconds since 1970 of a message's timestamp. */
export function timestampUs(timestamp: string): number {
  // Messages that are stored at a time are of the same second.
  if (!timestamp.startsWith(lastSecond)) {
    lastSecond = timestamp.slice(0, 19);
    lastSecondUs = timestampMs(`${lastSecond}.000000`) * 1_000;
  }
  return lastSecondUs + Number(timestamp.slice(20, 26));
}

/** The timestamp text of microseconds since 1970. */
export function timestampOfUs(us: number): string {
  const second = Math.floor(us / 1_000_000);
  const text = new Date(second * 1_000).toISOString().slice(0, 19).replace("T", " ");
  return `${text}.${String(us - second * 1_000_000).padStart(6, "0")}`;
}

/** True for a message that somebody made to try things: helper metadata `switchboard.test`. */
export function isTest({ helper_metadata }: UserMessage): boolean {
  const { switchboard: own } = helper_metadata;
  return isJsonObject(own) && own["test"] === true;
}

/** Text as a column takes it: without U+0000, which neither engine can hold. */
export function clean(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "") : text;
}

/** What is searched: lower case, as it is stored. */
export function searchable(text: string): string {
  return clean(text).toLowerCase();
}

/** As {@link clean}. */
export function cleanOrNull(text: string | null): string | null {
  return text === null ? null : clean(text);
}

function searchText(message: UserMessage, addresses: readonly (string | null)[]): string {
  const text = `${message.content ?? ""}\n${addresses.join("\n")}\n${message.message_id}`;
  return searchable(text.length > maxSearchText ? `${text.slice(0, maxSearchText)}\n${message.message_id}` : text);
}

/** The message as it is kept: its JSON in ASCII, without its cache. */
function payloadOf({ message, json }: Written<UserMessage | TransportEvent>): string {
  return "__cache__" in message ? asciiJson(withoutCache(message)) : inAscii(json);
}
