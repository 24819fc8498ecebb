// Which stored messages are wanted, as data; and the SQL that says so.

import { type RawBuilder, sql } from "kysely";
import { clean, searchable } from "./rows.ts";

/** What became of a message: what a person reads, by one word. */
export type MessageState = "waiting" | "answered" | "handled" | "sent" | "delivered" | "failed" | "parked";

/** All of them. */
export const messageStates: readonly MessageState[] = [
  "waiting",
  "answered",
  "handled",
  "sent",
  "delivered",
  "failed",
  "parked",
];

/** What can be asked about. `person` is who is on the far side, `local` the near one; `from` and `to` are as in the message. */
export type FilterField =
  | "id"
  | "direction"
  | "channel"
  | "router"
  | "application"
  | "rule"
  | "person"
  | "local"
  | "from"
  | "to"
  | "state"
  | "error"
  | "session"
  | "tag"
  | "provider"
  | "reply"
  | "test";

/** One condition. */
export interface FilterCondition {
  readonly field: FilterField;
  /** Equal to one of these; with `*` at its end, beginning like this; `*` alone: has any. Case does not matter for `error`. */
  readonly values: readonly string[];
  /** True: must not hold. A message that has no such field does not have the value. */
  readonly not?: boolean;
}

/** Which messages are wanted: all conditions hold. */
export interface MessageFilter {
  readonly conditions?: readonly FilterCondition[];
  /** Each must (not) be part of the content, an address or the id; case does not matter. */
  readonly text?: readonly { readonly value: string; readonly not?: boolean }[];
  /** Included. Microseconds since 1970. */
  readonly fromUs?: number;
  /** Not included. Microseconds since 1970. */
  readonly toUs?: number;
}

/** What became of the message `m` with the facts `f`. */
export const stateSql: RawBuilder<MessageState> = sql<MessageState>`
  CASE WHEN f.fate = 'parked' THEN 'parked'
    WHEN f.fate = 'dropped' THEN 'failed'
    WHEN m.direction = 'outbound' THEN
      CASE WHEN m.delivery_status = 'delivered' THEN 'delivered'
        WHEN m.delivery_status = 'failed' OR m.accept_status = 'nack' THEN 'failed'
        WHEN m.accept_status = 'ack' THEN 'sent' ELSE 'waiting' END
    WHEN f.answered_us IS NOT NULL THEN 'answered'
    WHEN f.handled_us IS NOT NULL THEN 'handled' ELSE 'waiting' END`;

const from = sql`CASE WHEN m.direction = 'inbound' THEN m.remote_addr ELSE m.local_addr END`;
const to = sql`CASE WHEN m.direction = 'inbound' THEN m.local_addr ELSE m.remote_addr END`;

/**
 * Where the value of a field is. What is known of few or all messages is looked up for each message, newest first: from `f.router = …` alone SQLite
 * would conclude that it can begin with all facts, in no order.
 */
export const columns: Readonly<Record<FilterField, RawBuilder<unknown>>> = {
  id: sql`m.message_id`,
  // Half of all messages have it, in no order: no index may begin with it.
  direction: sql`coalesce(m.direction, '')`,
  channel: sql`m.transport_name`,
  router: sql`coalesce(f.router, '')`,
  application: sql`coalesce(f.application, '')`,
  rule: sql`coalesce(CAST(f.rule AS TEXT), '')`,
  person: sql`m.remote_addr`,
  local: sql`m.local_addr`,
  from,
  to,
  state: stateSql,
  error: sql`coalesce(lower(f.error), '')`,
  session: sql`m.session_event`,
  tag: sql`m.tag`,
  provider: sql`m.provider`,
  reply: sql`m.in_reply_to`,
  test: sql`CAST(m.is_test AS TEXT)`,
};

/** The condition on `m` and `f` that a filter means. */
export function whereSql({ conditions = [], text = [], fromUs, toUs }: MessageFilter): RawBuilder<boolean> {
  const all: RawBuilder<unknown>[] = [
    ...(fromUs === undefined ? [] : [sql`m.ts_us >= ${fromUs}`]),
    ...(toUs === undefined ? [] : [sql`m.ts_us < ${toUs}`]),
    ...conditions.map(conditionSql),
    ...text.map(({ value, not = false }) => {
      const pattern = `%${escapeLike(searchable(value))}%`;
      const isLike = sql`${textFor(value)} LIKE ${pattern} ESCAPE '\\'`;
      return not ? sql`NOT ${isLike}` : isLike;
    }),
  ];
  return all.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`${sql.join(all, sql` AND `)}`;
}

/** Without three letters in a row PostgreSQL's index of texts tells nothing, but would be gone through from its beginning to its end. */
function textFor(value: string): RawBuilder<unknown> {
  return /[\p{L}\p{N}]{3}/u.test(value) ? sql`m.search_text` : sql`(m.search_text || '')`;
}

/**
 * The filter as several that exclude each other, each of which has an index: who a message is from is on the far side of an inbound one, on the near
 * side of an outbound one.
 */
export function waysOf(filter: MessageFilter): MessageFilter[] {
  const { conditions = [] } = filter;
  const sides = conditions.filter(({ field, not = false }) => (field === "from" || field === "to") && !not);
  if (sides.length === 0) return [filter];
  const others = conditions.filter((condition) => !sides.includes(condition));
  const way = (direction: "inbound" | "outbound"): MessageFilter => {
    const own = sides.map(({ field, values }) => ({ field: sideOf(field, direction), values }));
    return { ...filter, conditions: [...others, { field: "direction", values: [direction] }, ...own] };
  };
  return [way("inbound"), way("outbound")];
}

function sideOf(field: FilterField, direction: "inbound" | "outbound"): FilterField {
  return (field === "from") === (direction === "inbound") ? "person" : "local";
}

function conditionSql({ field, values, not = false }: FilterCondition): RawBuilder<unknown> {
  if (values.length === 0) return not ? sql`1 = 1` : sql`1 = 0`;
  const column = columns[field];
  const alternatives = values.map((value) => matches(column, field, value));
  const holds = sql`(${sql.join(alternatives, sql` OR `)})`;
  // Ids are in order within a direction only; what they begin like is looked up elsewhere (beginnings.ts).
  if (field === "id" && !not && values.every((value) => !value.endsWith("*")))
    return sql`(m.direction IN ('inbound', 'outbound') AND ${holds})`;
  // What is not known is not equal, which NULL does not say.
  return not ? sql`(${column} IS NULL OR NOT ${holds})` : holds;
}

/** The condition that `column` holds what `value` of a field means. Case and order of letters matter alike on both engines. */
export function matches(column: RawBuilder<unknown>, field: FilterField, value: string): RawBuilder<unknown> {
  if (value === "*") return sql`${column} <> ''`;
  const isPrefix = value.endsWith("*");
  const wanted = isPrefix ? value.slice(0, -1) : value;
  const operand = field === "error" ? sql`lower(${clean(wanted)})` : sql`${valueOf(field, wanted)}`;
  if (!isPrefix) return sql`${column} = ${operand}`;
  const begins = sql`substr(${column}, 1, ${Array.from(clean(wanted)).length}) = ${operand}`;
  if (field !== "person") return begins;
  // PostgreSQL has an index for this; SQLite does not mind the case of letters in it.
  return sql`(${begins} AND ${column} LIKE ${`${escapeLike(clean(wanted))}%`} ESCAPE '\\')`;
}

function valueOf(field: FilterField, value: string): string {
  if (field === "test") return value === "true" || value === "1" || value === "yes" ? "1" : "0";
  return clean(value);
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}
