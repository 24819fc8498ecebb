// A stored message as lists show it on the wire, and what a list is asked for, as a filter of the store.

import type { FilterCondition, FilterField, MessageFilter, StoredMessage } from "@switchboard/messaging/store";
import { parseDate } from "@switchboard/protocol";
import { dateOfUs, invalid } from "./common.ts";

/** A row of a list of messages. */
export interface MessageRow {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly at: Date | null;
  readonly channel: string | null;
  readonly person: string | null;
  readonly from_addr: string | null;
  readonly to_addr: string | null;
  readonly content: string | null;
  readonly state: StoredMessage["state"];
  readonly took_ms: number | null;
  readonly session_event: string | null;
  readonly in_reply_to: string | null;
  readonly provider: string | null;
  readonly application: string | null;
  readonly router: string | null;
  readonly rule: number | null;
  readonly tags: readonly string[];
  readonly test: boolean;
  readonly error: string | null;
}

const maxContent = 500;

/** A stored message as lists show it. */
export function messageRow(stored: StoredMessage): MessageRow {
  const { message, direction } = stored;
  return {
    id: message.message_id,
    direction: direction === "inbound" ? "in" : "out",
    at: dateOfUs(stored.tsUs),
    channel: message.transport_name,
    person: direction === "inbound" ? message.from_addr : message.to_addr,
    from_addr: message.from_addr,
    to_addr: message.to_addr,
    content: message.content === null ? null : message.content.slice(0, maxContent),
    state: stored.state,
    took_ms: tookMs(stored),
    session_event: message.session_event,
    in_reply_to: message.in_reply_to,
    provider: message.provider,
    application: stored.application ?? null,
    router: stored.router ?? null,
    rule: stored.rule ?? null,
    tags: stored.tag === undefined ? [] : [stored.tag],
    test: stored.isTest,
    error: stored.error ?? null,
  };
}

/** From its writing to its answer, to its handling, or to what the network said last. */
function tookMs({ direction, tsUs, answeredUs, handledUs, lastEventUs }: StoredMessage): number | null {
  const end = direction === "inbound" ? (answeredUs ?? handledUs) : (lastEventUs ?? handledUs);
  return end === undefined ? null : Math.max(0, Math.round((end - tsUs) / 1_000));
}

const fields: Readonly<Record<string, FilterField>> = {
  id: "id",
  direction: "direction",
  channel: "channel",
  router: "router",
  application: "application",
  rule: "rule",
  person: "person",
  from_addr: "from",
  to_addr: "to",
  state: "state",
  error: "error",
  session_event: "session",
  tags: "tag",
  provider: "provider",
  in_reply_to: "reply",
  test: "test",
};

/**
 * The store's filter for a query's filter: comparisons by `=`, `!=`, `in`, `nin` of the row's fields, `>=`, `>`, `<`, `<=` of `at`, and `text`.
 *
 * @throws {RpcError} EINVAL for anything else, naming it.
 */
export function filterOf(elements: unknown): MessageFilter {
  const conditions: FilterCondition[] = [];
  const text: { value: string; not: boolean }[] = [];
  let fromUs: number | undefined;
  let toUs: number | undefined;
  for (const element of Array.isArray(elements) ? elements : []) {
    const [field, operator, value] = element as readonly unknown[];
    if (field === "text") {
      text.push({ value: String(value), not: operator === "!=" });
    } else if (field === "at") {
      const us = timeUs(value);
      if (operator === ">=" || operator === ">") fromUs = us + (operator === ">" ? 1 : 0);
      else if (operator === "<" || operator === "<=") toUs = us + (operator === "<=" ? 1 : 0);
      else throw invalid(`at: expected >=, >, < or <=, got ${String(operator)}`);
    } else {
      conditions.push(conditionOf(String(field), operator, value));
    }
  }
  return { conditions, text, ...(fromUs !== undefined && { fromUs }), ...(toUs !== undefined && { toUs }) };
}

function conditionOf(name: string, operator: unknown, value: unknown): FilterCondition {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) throw invalid(`messages have no field ${JSON.stringify(name)} to filter by`);
  const isList = operator === "in" || operator === "nin";
  if (!isList && operator !== "=" && operator !== "!=") {
    throw invalid(`${name}: expected =, !=, in or nin, got ${String(operator)}`);
  }
  const values = (isList && Array.isArray(value) ? value : [value]).map(String);
  const known = field === "direction" ? values.map((one) => ({ in: "inbound", out: "outbound" })[one] ?? one) : values;
  return { field, values: known, not: operator === "!=" || operator === "nin" };
}

/** A time as callers give it, in microseconds since 1970. @throws {RpcError} EINVAL. */
export function timeUs(value: unknown): number {
  const time = value instanceof Date ? value : typeof value === "string" ? parseDate(value) : undefined;
  if (time === undefined || Number.isNaN(time.getTime()))
    throw invalid(`expected a time, got ${JSON.stringify(value)}`);
  return time.getTime() * 1_000;
}
