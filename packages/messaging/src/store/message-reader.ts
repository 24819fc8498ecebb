// Reads stored messages: one by its id, lists by filter, newest first, counts over time, and what workers did with them.

import type { Sql, SqlDialect } from "@switchboard/storage";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { isOnlyBeginning } from "./beginnings.ts";
import { countingFacet, source } from "./facets.ts";
import { type HistogramBar, type HistogramWanted, MessageHistogram } from "./histogram.ts";
import { type MessageFilter, type MessageState, stateSql, waysOf, whereSql } from "./message-filter.ts";
import type { StoredDirection } from "./rows.ts";
import type { StoreTables } from "./schema.ts";
import { always, inRanges, runsOf, SearchPlaces, type TimeRange } from "./search-places.ts";
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

const rowColumns = sql`m.direction, m.message_id, m.ts_us, ${stateSql} AS state, m.accept_status, m.delivery_status, m.last_event_us,
  f.answered_us, f.handled_us, f.application, f.router, f.rule, f.error, m.is_test, m.tag, m.payload`;
// A count beyond this says only that there are many.
const countLimit = 100_000;

/** Reads messages of a store. */
export class MessageReader {
  readonly #db: Kysely<StoreTables>;
  readonly #dialect: SqlDialect;
  readonly #places: SearchPlaces;
  readonly #histogram: MessageHistogram;

  constructor(store: Sql) {
    this.#db = store.db.withTables<StoreTables>();
    this.#dialect = store.dialect;
    this.#places = new SearchPlaces(store);
    this.#histogram = new MessageHistogram(store, this.#places);
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
    const found: Row[] = [];
    for (const way of waysOf(filter)) found.push(...(await this.#newest(way, limit, before)));
    return found.toSorted(newestFirst).slice(0, limit).map(storedMessage);
  }

  async #newest(filter: MessageFilter, limit: number, before: ListPosition | undefined): Promise<readonly Row[]> {
    const behind =
      before === undefined ? sql`` : sql` AND (m.ts_us, m.message_id) < (${before.tsUs}, ${before.messageId})`;
    const rest = sql`${whereSql(filter)}${behind} ORDER BY m.ts_us DESC, m.message_id DESC`;
    if (!(await this.#places.isKnown(filter))) return await this.#rows(sql`WHERE ${rest} LIMIT ${limit}`);
    const found: Row[] = [];
    const toUs = Math.min(filter.toUs ?? always.toUs, before === undefined ? always.toUs : before.tsUs + 1);
    for await (const ranges of this.#places.of({ ...filter, toUs })) {
      for (const run of runsOf(ranges)) {
        found.push(...(await this.#rowsIn(run, sql`${rest} LIMIT ${limit}`)));
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  /** Returns how many messages there are; of more than 100_000 it says 100_000. */
  async count(filter: MessageFilter): Promise<number> {
    if (countingFacet(filter) !== undefined) {
      const { fromUs = always.fromUs, toUs = always.toUs } = filter;
      const [all] = await this.#histogram.of({ ...filter, fromUs, toUs }, 1);
      return Math.min(countLimit, (all?.in ?? 0) + (all?.out ?? 0));
    }
    let total = 0;
    for (const way of waysOf(filter)) {
      if (total < countLimit) total += await this.#count(way, countLimit - total);
    }
    return total;
  }

  async #count(filter: MessageFilter, limit: number): Promise<number> {
    const where = whereSql(filter);
    const counted = async (from: RawBuilder<unknown>, most: number): Promise<number> => {
      const one = sql`SELECT 1 AS one FROM ${from} AND ${where} LIMIT ${most}`;
      const { rows } = await sql<{ total: number }>`SELECT count(*) AS total FROM (${one}) AS found`.execute(this.#db);
      return rows[0]?.total ?? 0;
    };
    const beginning = isOnlyBeginning(filter) ? this.#places.beginningOf(filter) : undefined;
    if (beginning !== undefined) return await counted(sql`${source} WHERE ${beginning}`, limit);
    if (!(await this.#places.isKnown(filter))) return await counted(sql`${source} WHERE 1 = 1`, limit);
    let total = 0;
    for await (const ranges of this.#places.of(filter)) {
      for (const run of runsOf(ranges)) total += await counted(inRanges(run, this.#dialect), limit - total);
      if (total >= limit) break;
    }
    return total;
  }

  /** Counts messages in `bars` equal parts of the time from `fromUs` to `toUs`. */
  async histogram(filter: HistogramWanted, bars: number): Promise<HistogramBar[]> {
    return await this.#histogram.of(filter, bars);
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

  async #rowsIn(ranges: readonly TimeRange[], rest: RawBuilder<unknown>): Promise<readonly Row[]> {
    return (await sql<Row>`SELECT ${rowColumns} FROM ${inRanges(ranges, this.#dialect)} AND ${rest}`.execute(this.#db))
      .rows;
  }
}

function newestFirst(first: Row, second: Row): number {
  if (first.ts_us !== second.ts_us) return second.ts_us - first.ts_us;
  return first.message_id === second.message_id ? 0 : first.message_id < second.message_id ? 1 : -1;
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
