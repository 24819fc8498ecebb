// What a filter means, said once more in the plainest way: for messages in memory.

import type { FilterCondition, MessageFilter } from "../../src/store/message-filter.ts";
import type { StoredMessage } from "../../src/store/message-reader.ts";

/** The messages that a filter means, in their order. */
export function found(
  messages: readonly StoredMessage[],
  { conditions = [], text = [], fromUs, toUs }: MessageFilter,
): StoredMessage[] {
  return messages.filter(
    (stored) =>
      (fromUs === undefined || stored.tsUs >= fromUs) &&
      (toUs === undefined || stored.tsUs < toUs) &&
      conditions.every((condition) => holds(stored, condition)) &&
      text.every(({ value, not = false }) => textOf(stored).includes(value.toLowerCase()) !== not),
  );
}

/** The order of lists. */
export function newestFirst(first: StoredMessage, second: StoredMessage): number {
  if (first.tsUs !== second.tsUs) return second.tsUs - first.tsUs;
  return first.message.message_id < second.message.message_id ? 1 : -1;
}

function holds(stored: StoredMessage, { field, values, not = false }: FilterCondition): boolean {
  const own = valueOf(stored, field) ?? "";
  return values.some((value) => matches(field === "error" ? own.toLowerCase() : own, wantedOf(field, value))) !== not;
}

function wantedOf(field: FilterCondition["field"], value: string): string {
  if (field === "error") return value.toLowerCase();
  return field === "test" ? (value === "true" ? "1" : "0") : value;
}

function matches(own: string, value: string): boolean {
  if (value === "*") return own !== "";
  return value.endsWith("*") ? own.startsWith(value.slice(0, -1)) : own === value;
}

function textOf({ message }: StoredMessage): string {
  const { content, from_addr, to_addr, message_id } = message;
  return [content, from_addr, to_addr, message_id].join("\n").toLowerCase();
}

function valueOf(stored: StoredMessage, field: FilterCondition["field"]): string | null | undefined {
  const { message, direction } = stored;
  const isInbound = direction === "inbound";
  switch (field) {
    case "id":
      return message.message_id;
    case "direction":
      return direction;
    case "channel":
      return message.transport_name;
    case "rule":
      return stored.rule === undefined ? null : String(stored.rule);
    case "person":
      return isInbound ? message.from_addr : message.to_addr;
    case "local":
      return isInbound ? message.to_addr : message.from_addr;
    case "from":
      return message.from_addr;
    case "to":
      return message.to_addr;
    case "session":
      return message.session_event;
    case "provider":
      return message.provider;
    case "reply":
      return message.in_reply_to;
    case "test":
      return stored.isTest ? "1" : "0";
    case "application":
    case "error":
    case "router":
    case "state":
    case "tag":
      return stored[field];
    default:
      return undefined;
  }
}
