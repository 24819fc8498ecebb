// Writes groups of messages and events: rows, batches, counters and statuses in one transaction, with no statement that depends on what an
// earlier one returned, so that a group is a single request to the database.

import type { SqlDialect, SqlStatement } from "@switchboard/storage";
import type { TransportEvent } from "../message/event.ts";
import { eventStatus } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { BlockMarks, MessageKey } from "./block-marks.ts";
import {
  type Cell,
  clean,
  eventColumns,
  eventRow,
  messageColumns,
  messageRow,
  type StoredDirection,
  timestampUs,
  type Written,
} from "./rows.ts";
import { RowStatement, withPlaceholders } from "./statements.ts";

/** Which batches something belongs to. */
export interface BatchChoice {
  /** Its current batch is one of them, unless `batchId` is given. */
  readonly tag?: readonly [pool: string, name: string] | undefined;
  readonly batchId?: string | undefined;
  readonly batchIds?: readonly string[] | undefined;
}

/** A message to be stored. */
export interface MessageItem extends Written<UserMessage> {
  readonly direction: StoredDirection;
  readonly into: BatchChoice;
}

/** An event to be stored. */
export interface EventItem extends Written<TransportEvent> {
  /** Its batches, if not those of its message. */
  readonly batchIds: readonly string[] | undefined;
}

/** What is stored together. */
export interface StoreGroup {
  readonly messages: readonly MessageItem[];
  readonly events: readonly EventItem[];
  /** Microseconds since 1970, unlike that of any other group. */
  readonly nowUs: number;
}

/** Makes the statements of a group. */
export class MessageWriter {
  readonly #dialect: SqlDialect;
  readonly #marks: BlockMarks;
  readonly #messages: RowStatement;
  readonly #events: RowStatement;
  readonly #answered: RowStatement;
  readonly #moved: RowStatement;
  readonly #overtaken: RowStatement;
  readonly #eventCounters: RowStatement;
  readonly #eventBatches: RowStatement;
  readonly #texts = new Map<string, string>();

  constructor(dialect: SqlDialect, marks: BlockMarks) {
    this.#dialect = dialect;
    this.#marks = marks;
    const set = messageColumns.slice(2).map((column) => `${column} = excluded.${column}`);
    this.#messages = new RowStatement(
      dialect,
      (rows) =>
        `INSERT INTO messages (${messageColumns.join(", ")}) VALUES ${rows} ON CONFLICT (direction, message_id) DO UPDATE SET ${set.join(", ")}`,
      true,
    );
    this.#events = new RowStatement(
      dialect,
      (rows) =>
        `INSERT INTO events (${eventColumns.join(", ")}) VALUES ${rows} ON CONFLICT (event_id) DO UPDATE SET payload = excluded.payload`,
      true,
    );
    this.#answered = new RowStatement(
      dialect,
      (rows) =>
        `INSERT INTO message_facts (direction, message_id, ts_us, answered_us) VALUES ${rows} ON CONFLICT (direction, message_id) ` +
        `DO UPDATE SET answered_us = coalesce(message_facts.answered_us, excluded.answered_us)`,
      true,
    );
    // A message that is stored again may come with another time or address.
    this.#moved = new RowStatement(
      dialect,
      (rows) =>
        `UPDATE message_batches SET ts_us = m.ts_us, remote_addr = coalesce(m.remote_addr, '') FROM messages m ` +
        `WHERE (message_batches.direction, message_batches.message_id) IN (VALUES ${rows}) AND m.direction = message_batches.direction ` +
        `AND m.message_id = message_batches.message_id ` +
        `AND (message_batches.ts_us <> m.ts_us OR message_batches.remote_addr <> coalesce(m.remote_addr, ''))`,
    );
    // Events may be stored sooner than their message.
    this.#overtaken = new RowStatement(dialect, overtakenText);
    this.#eventCounters = new RowStatement(
      dialect,
      (rows, storedUs) =>
        `WITH fresh AS (${freshEvents(rows, storedUs)}) INSERT INTO batch_counters (batch_id, counter, value) ` +
        `SELECT batch_id, counter, count(*) FROM (SELECT batch_id, 'events' AS counter FROM fresh UNION ALL SELECT batch_id, status FROM fresh ` +
        `UNION ALL SELECT batch_id, 'delivery_report' FROM fresh WHERE status LIKE 'delivery_report.%') counted WHERE 1 = 1 ` +
        `GROUP BY batch_id, counter ON CONFLICT (batch_id, counter) DO UPDATE SET value = batch_counters.value + excluded.value`,
    );
    this.#eventBatches = new RowStatement(
      dialect,
      (rows, storedUs) =>
        `WITH fresh AS (${freshEvents(rows, storedUs)}) INSERT INTO event_batches (batch_id, event_id, ts_us, status) ` +
        `SELECT batch_id, event_id, ts_us, status FROM fresh WHERE 1 = 1 ON CONFLICT DO NOTHING`,
    );
  }

  /** The statements that store a group. */
  statements({ events, nowUs, ...group }: StoreGroup): SqlStatement[] {
    const messages = latest(group.messages);
    const answered = answers(messages);
    const learnt: MessageKey[] = events.map(({ message }) => keyOf(message));
    for (const [, id] of answered) learnt.push({ direction: "inbound", message_id: String(id) });
    return [
      ...this.#storeMessages(messages, answered, nowUs),
      ...this.#storeEvents(events, nowUs),
      ...this.#marks.learnt(learnt),
    ];
  }

  #storeMessages(items: readonly MessageItem[], answered: readonly Cell[][], nowUs: number): SqlStatement[] {
    if (items.length === 0) return [];
    const keys = items.map(({ direction, message }) => [direction, clean(message.message_id)]);
    const outbound = items.filter(({ direction }) => direction === "outbound");
    return [
      ...this.#marks.storedAgain(keys),
      ...this.#messages.over(items.map((item) => messageRow(item.direction, item, nowUs))),
      ...this.#moved.over(keys),
      ...items.flatMap((item) => this.#intoBatches(item, nowUs)),
      ...this.#overtaken.over(outbound.map(({ message }) => [clean(message.message_id)])),
      ...this.#answered.over(answered),
      ...this.#marks.stored(items),
    ];
  }

  #intoBatches({ direction, message, into }: MessageItem, nowUs: number): SqlStatement[] {
    const { tag, batchId, batchIds = [] } = into;
    const given = new Set(batchId === undefined ? batchIds : [batchId, ...batchIds]);
    const key: readonly Cell[] = [direction, clean(message.message_id)];
    const statements: SqlStatement[] = [];
    const counters = direction === "inbound" ? ["inbound"] : ["outbound", "sent"];
    const join = (source: string, values: readonly Cell[]): void => {
      const isNew = `NOT EXISTS (SELECT 1 FROM message_batches b WHERE b.batch_id = t.batch_id AND b.direction = ? AND b.message_id = ?)`;
      for (const counter of counters) {
        statements.push(
          this.#raw(
            `INSERT INTO batch_counters (batch_id, counter, value) SELECT t.batch_id, CAST(? AS TEXT), 1 FROM ${source} AND ${isNew} ` +
              `ON CONFLICT (batch_id, counter) DO UPDATE SET value = batch_counters.value + 1`,
            [counter, ...values, ...key],
          ),
        );
      }
      statements.push(
        this.#raw(
          `INSERT INTO message_batches (batch_id, direction, message_id, ts_us, remote_addr) ` +
            `SELECT t.batch_id, m.direction, m.message_id, m.ts_us, coalesce(m.remote_addr, '') FROM messages m, ${source} ` +
            `AND m.direction = ? AND m.message_id = ? ON CONFLICT DO NOTHING`,
          [...values, ...key],
        ),
      );
    };
    for (const id of given) {
      statements.push(this.#makeBatch(id, nowUs));
      join(`batches t WHERE t.batch_id = ?`, [clean(id)]);
    }
    if (tag !== undefined && batchId === undefined) {
      join(`current_tags t WHERE t.pool = ? AND t.tag = ? AND t.batch_id IS NOT NULL`, tag.map(clean));
    }
    return statements;
  }

  // Whoever names a batch may have heard of it elsewhere.
  #makeBatch(id: string, nowUs: number): SqlStatement {
    return this.#raw(`INSERT INTO batches (batch_id, created_us) VALUES (?, ?) ON CONFLICT DO NOTHING`, [
      clean(id),
      nowUs,
    ]);
  }

  #storeEvents(items: readonly EventItem[], nowUs: number): SqlStatement[] {
    if (items.length === 0) return [];
    const latestById = new Map(items.map((item) => [item.message.event_id, item]));
    // What is stored twice in one group, once with batches, would be counted for those of its message after all.
    const inherited = new Set(items.map(({ message }) => message.event_id));
    for (const { message, batchIds } of items) if (batchIds !== undefined) inherited.delete(message.event_id);
    const ids = [...inherited].map((id) => [clean(id)]);
    return [
      ...this.#events.over([...latestById.values()].map((item) => eventRow(item, nowUs))),
      ...this.#eventCounters.over(ids, nowUs),
      ...this.#eventBatches.over(ids, nowUs),
      ...items.flatMap((item) => this.#givenBatches(item, nowUs)),
      ...items.map(({ message }) => this.#statusOf(message)),
    ];
  }

  #givenBatches({ message: event, batchIds = [] }: EventItem, nowUs: number): SqlStatement[] {
    const id = clean(event.event_id);
    const facts = { id, status: eventStatus(event), ts: timestampUs(event.timestamp) };
    return batchIds.flatMap((batchId) => [
      this.#makeBatch(batchId, nowUs),
      ...this.#countEvent(`batches t WHERE t.batch_id = ?`, [clean(batchId)], facts),
    ]);
  }

  #countEvent(
    source: string,
    values: readonly Cell[],
    { id, status, ts }: { readonly id: string; readonly status: string; readonly ts: number },
  ): SqlStatement[] {
    const isNew = `NOT EXISTS (SELECT 1 FROM event_batches b WHERE b.batch_id = t.batch_id AND b.event_id = ?)`;
    const counters = ["events", status, ...(status.startsWith("delivery_report.") ? ["delivery_report"] : [])];
    const names = counters.map((_, index) =>
      index === 0 ? `SELECT CAST(? AS TEXT) AS name` : `SELECT CAST(? AS TEXT)`,
    );
    return [
      this.#raw(
        `INSERT INTO batch_counters (batch_id, counter, value) SELECT t.batch_id, c.name, 1 FROM (${names.join(" UNION ALL ")}) c, ` +
          `${source} AND ${isNew} ON CONFLICT (batch_id, counter) DO UPDATE SET value = batch_counters.value + 1`,
        [...counters, ...values, id],
      ),
      this.#raw(
        `INSERT INTO event_batches (batch_id, event_id, ts_us, status) ` +
          `SELECT t.batch_id, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT) FROM ${source} ON CONFLICT DO NOTHING`,
        [id, ts, status, ...values],
      ),
    ];
  }

  /** An event counts unless a later one has been heard, and `pending` never replaces what is final. */
  #statusOf(event: TransportEvent): SqlStatement {
    const ts = timestampUs(event.timestamp);
    const id = clean(event.user_message_id);
    const later = `last_event_us = CASE WHEN last_event_us > ? THEN last_event_us ELSE ? END`;
    const message = `WHERE direction = 'outbound' AND message_id = ?`;
    if (event.event_type !== "delivery_report") {
      return this.#raw(
        `UPDATE messages SET accept_status = ?, ${later} ${message} AND (accept_status IS NULL OR last_event_us IS NULL OR last_event_us <= ?)`,
        [event.event_type, ts, ts, id, ts],
      );
    }
    const status = event.delivery_status;
    const isFinal =
      status === "pending" ? "delivery_status = 'pending'" : "last_event_us IS NULL OR last_event_us <= ?";
    return this.#raw(
      `UPDATE messages SET delivery_status = ?, ${later} ${message} AND (delivery_status IS NULL OR delivery_status = 'pending' OR ${isFinal})`,
      status === "pending" ? [status, ts, ts, id] : [status, ts, ts, id, ts],
    );
  }

  #raw(sql: string, values: readonly Cell[]): SqlStatement {
    let text = this.#texts.get(sql);
    if (text === undefined) {
      text = withPlaceholders(sql, this.#dialect);
      this.#texts.set(sql, text);
    }
    return { sql: text, parameters: values };
  }
}

function keyOf({ user_message_id }: TransportEvent): MessageKey {
  return { direction: "outbound", message_id: user_message_id };
}

// PostgreSQL refuses to write a row twice in one statement; the last of equal messages is what would remain.
function latest(items: readonly MessageItem[]): MessageItem[] {
  const byKey = new Map<string, MessageItem>();
  for (const item of items) {
    const key = `${item.direction} ${clean(item.message.message_id)}`;
    const other = byKey.get(key);
    byKey.set(key, other === undefined ? item : { ...item, into: merged(other.into, item.into) });
  }
  return [...byKey.values()];
}

function merged(first: BatchChoice, second: BatchChoice): BatchChoice {
  const ids = [first.batchId, second.batchId, ...(first.batchIds ?? []), ...(second.batchIds ?? [])];
  const usesTag = (choice: BatchChoice): boolean => choice.batchId === undefined && choice.tag !== undefined;
  const tag = usesTag(second) ? second.tag : usesTag(first) ? first.tag : undefined;
  return { tag, batchIds: ids.filter((id) => id !== undefined) };
}

/** The messages that these answer, each with the time of its first answer. */
function answers(items: readonly MessageItem[]): Cell[][] {
  const first = new Map<string, number>();
  for (const { direction, message } of items) {
    if (direction === "inbound" || message.in_reply_to === null) continue;
    const id = clean(message.in_reply_to);
    const at = timestampUs(message.timestamp);
    first.set(id, Math.min(at, first.get(id) ?? at));
  }
  return [...first].map(([id, at]) => ["inbound", id, at, at]);
}

// `stored_us` is that of this group only where the event was not known before. The cross join keeps SQLite from beginning with all batches.
function freshEvents(rows: string, storedUs: string): string {
  return (
    `SELECT t.batch_id, e.event_id, e.ts_us, e.status FROM events e ` +
    `CROSS JOIN message_batches t WHERE t.direction = 'outbound' AND t.message_id = e.user_message_id ` +
    `AND e.event_id IN (VALUES ${rows}) AND e.stored_us = CAST(${storedUs} AS BIGINT)`
  );
}

/** The newest event of the message, of some kinds. */
function newestStatus(kinds: string): string {
  return `SELECT e.status FROM events e WHERE e.user_message_id = messages.message_id AND ${kinds} ORDER BY e.ts_us DESC, e.event_id DESC LIMIT 1`;
}

function overtakenText(rows: string): string {
  const accepted = newestStatus(`e.status IN ('ack', 'nack')`);
  const delivered = newestStatus(`e.status IN ('delivery_report.failed', 'delivery_report.delivered')`);
  const pending = newestStatus(`e.status = 'delivery_report.pending'`);
  const latestUs = `SELECT max(e.ts_us) FROM events e WHERE e.user_message_id = messages.message_id`;
  return (
    `UPDATE messages SET accept_status = coalesce(accept_status, (${accepted})), ` +
    `delivery_status = coalesce(delivery_status, replace(coalesce((${delivered}), (${pending})), 'delivery_report.', '')), ` +
    `last_event_us = coalesce(last_event_us, (${latestUs})) WHERE direction = 'outbound' AND message_id IN (VALUES ${rows}) ` +
    `AND last_event_us IS NULL AND EXISTS (SELECT 1 FROM events e WHERE e.user_message_id = messages.message_id)`
  );
}
