// Reads stored messages: one by its id, lists by filter, newest first, counts over time, and what workers did with them.

import type { Sql } from "@switchboard/storage";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { type MessageFilter, type MessageState, stateSql, whereSql } from "./message-filter.ts";
import type { StoredDirection } from "./rows.ts";
import type { StoreTables } from "./schema.ts";
import { decodeTrail } from "./trail-encoding.ts";
import type { TrailEntry } from "./trail.ts";

/** A stored message with what is known of it. */
export interface StoredMessage {
  readonly direction: StoredDirection;
  readonly message: UserMessage;
  /** Of the message's own timestamp. Microseconds since 1970. */
  readonly tsUs: number;
  readonly state: MessageState;
  readonly acceptStatus: string | undefined;
  readonly deliveryStatus: string | undefined;
  /** When its newest event happened. Microseconds since 1970. */
  readonly lastEventUs: number | undefined;
  /** When the first answer was written; when an application had done with it. Microseconds since 1970. */
  readonly answeredUs: number | undefined;
  readonly handledUs: number | undefined;
  readonly application: string | undefined;
  readonly router: string | undefined;
  readonly rule: number | undefined;
  /** Code or text of what went wrong last. */
  readonly error: string | undefined;
  readonly isTest: boolean;
  readonly tag: string | undefined;
}

/** Where a list goes on: behind this message. */
export interface ListPosition {
  readonly tsUs: number;
  readonly messageId: string;
}

/** One bar of a histogram. */
export interface HistogramBar {
  /** When it begins. Microseconds since 1970. */
  readonly atUs: number;
  readonly in: number;
  readonly out: number;
  readonly failed: number;
  readonly parked: number;
}

type Row = {
  direction: StoredDirection;
  message_id: string;
  ts_us: number;
  state: MessageState;
  accept_status: string | null;
  delivery_status: string | null;
  last_event_us: number | null;
  answered_us: number | null;
  handled_us: number | null;
  application: string | null;
  router: string | null;
  rule: number | null;
  error: string | null;
  is_test: number;
  tag: string | null;
  payload: string;
};

const source = sql`messages m LEFT JOIN message_facts f ON f.direction = m.direction AND f.message_id = m.message_id`;
const rowColumns = sql`m.direction, m.message_id, m.ts_us, ${stateSql} AS state, m.accept_status, m.delivery_status, m.last_event_us,
  f.answered_us, f.handled_us, f.application, f.router, f.rule, f.error, m.is_test, m.tag, m.payload`;
// A count beyond this says only that there are many.
const countLimit = 100_000;

/** Reads messages of a store. */
export class MessageReader {
  readonly #db: Kysely<StoreTables>;

  constructor(store: Sql) {
    this.#db = store.db.withTables<StoreTables>();
  }

  /** Returns a message, or undefined. */
  async message(direction: StoredDirection, messageId: string): Promise<UserMessage | undefined> {
    const found = await this.#db
      .selectFrom("messages")
      .select("payload")
      .where("direction", "=", direction)
      .where("message_id", "=", messageId)
      .executeTakeFirst();
    return found === undefined ? undefined : (JSON.parse(found.payload) as UserMessage);
  }

  /** Returns an event, or undefined. */
  async event(eventId: string): Promise<TransportEvent | undefined> {
    const found = await this.#db
      .selectFrom("events")
      .select("payload")
      .where("event_id", "=", eventId)
      .executeTakeFirst();
    return found === undefined ? undefined : (JSON.parse(found.payload) as TransportEvent);
  }

  /** Returns the events of an outbound message by their own times, oldest first. */
  async eventsOf(messageId: string): Promise<TransportEvent[]> {
    const rows = await this.#db
      .selectFrom("events")
      .select("payload")
      .where("user_message_id", "=", messageId)
      .orderBy("ts_us")
      .orderBy("event_id")
      .execute();
    return rows.map(({ payload }) => JSON.parse(payload) as TransportEvent);
  }

  /** Returns what is known of the messages with these ids, in both directions, oldest first. */
  async withIds(messageIds: readonly string[]): Promise<StoredMessage[]> {
    if (messageIds.length === 0) return [];
    // Ids are in order within a direction only.
    const own = sql`m.direction IN ('inbound', 'outbound') AND m.message_id IN (${sql.join(messageIds)})`;
    const rows = await this.#rows(sql`WHERE ${own} ORDER BY m.ts_us, m.message_id`);
    return rows.map(storedMessage);
  }

  /** Returns the messages that answer one, oldest first. */
  async answersTo(messageId: string): Promise<StoredMessage[]> {
    const rows = await this.#rows(sql`WHERE m.in_reply_to = ${messageId} ORDER BY m.ts_us, m.message_id LIMIT 100`);
    return rows.map(storedMessage);
  }

  /** Returns up to `limit` messages, newest first, from behind `before`. */
  async list(filter: MessageFilter, limit: number, before?: ListPosition): Promise<StoredMessage[]> {
    const behind =
      before === undefined ? sql`` : sql` AND (m.ts_us, m.message_id) < (${before.tsUs}, ${before.messageId})`;
    const order = sql`ORDER BY m.ts_us DESC, m.message_id DESC LIMIT ${limit}`;
    const rows = await this.#rows(sql`WHERE ${whereSql(filter)}${behind} ${order}`);
    return rows.map(storedMessage);
  }

  /** Returns how many messages there are; of more than 100_000 it says 100_000. */
  async count(filter: MessageFilter): Promise<number> {
    const counted = await sql<{ total: number }>`
      SELECT count(*) AS total FROM (SELECT 1 AS one FROM ${source} WHERE ${whereSql(filter)} LIMIT ${countLimit}) AS found`.execute(
      this.#db,
    );
    return counted.rows[0]?.total ?? 0;
  }

  /** Counts messages in `bars` equal parts of the time from `fromUs` to `toUs`. */
  async histogram(
    filter: MessageFilter & { readonly fromUs: number; readonly toUs: number },
    bars: number,
  ): Promise<HistogramBar[]> {
    const widthUs = Math.max(1, Math.ceil((filter.toUs - filter.fromUs) / bars));
    const counted = await sql<{ bar: number; direction: string; state: MessageState; total: number }>`
      SELECT bar, direction, state, count(*) AS total FROM (
        SELECT (m.ts_us - CAST(${filter.fromUs} AS BIGINT)) / CAST(${widthUs} AS BIGINT) AS bar, m.direction, ${stateSql} AS state
        FROM ${source} WHERE ${whereSql(filter)}) AS found
      GROUP BY bar, direction, state`.execute(this.#db);
    const result = Array.from({ length: bars }, (_, index) => ({
      atUs: filter.fromUs + index * widthUs,
      in: 0,
      out: 0,
      failed: 0,
      parked: 0,
    }));
    for (const { bar, direction, state, total } of counted.rows) {
      const counts = result[bar];
      if (counts === undefined) continue;
      counts[direction === "inbound" ? "in" : "out"] += total;
      if (state === "failed" || state === "parked") counts[state] += total;
    }
    return result;
  }

  /** Returns what workers did with these messages, by message, oldest first. */
  async trail(messageIds: readonly string[]): Promise<TrailEntry[]> {
    if (messageIds.length === 0) return [];
    const rows = await this.#db
      .selectFrom("message_trail")
      .select("entries")
      .where("message_id", "in", [...messageIds])
      .orderBy("at_us")
      .limit(1_000)
      .execute();
    const entries = rows.flatMap(({ entries: text }) => decodeTrail(text));
    return entries.toSorted((first, second) => first.at - second.at);
  }

  async #rows(rest: RawBuilder<unknown>): Promise<readonly Row[]> {
    return (await sql<Row>`SELECT ${rowColumns} FROM ${source} ${rest}`.execute(this.#db)).rows;
  }
}

function storedMessage(row: Row): StoredMessage {
  return {
    direction: row.direction,
    message: JSON.parse(row.payload) as UserMessage,
    tsUs: row.ts_us,
    state: row.state,
    acceptStatus: row.accept_status ?? undefined,
    deliveryStatus: row.delivery_status ?? undefined,
    lastEventUs: row.last_event_us ?? undefined,
    answeredUs: row.answered_us ?? undefined,
    handledUs: row.handled_us ?? undefined,
    application: row.application ?? undefined,
    router: row.router ?? undefined,
    rule: row.rule ?? undefined,
    error: row.error ?? undefined,
    isTest: row.is_test === 1,
    tag: row.tag ?? undefined,
  };
}
