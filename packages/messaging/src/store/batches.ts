// Batches, tags, and everything that is asked of a batch: its messages and events by key and by time, counts, statuses. All by indexes that
// begin with the batch; pages go by the last row of the page before, so they stay right while messages arrive.

import type { Clock } from "@switchboard/core";
import type { Sql } from "@switchboard/storage";
import { type Kysely, sql } from "kysely";
import { isJsonObject } from "../message/json.ts";
import { asciiJson } from "./ascii-json.ts";
import type { StoreTables } from "./schema.ts";
import { clean, type StoredDirection, timestampOfUs } from "./rows.ts";

/** A tag: a pool and a name in it. It stands for an address or a campaign. */
export type BatchTag = readonly [pool: string, name: string];

/** A set of messages that belong together. */
export interface Batch {
  readonly batch_id: string;
  /** Those it was started with; a tag that has moved on is still here. */
  readonly tags: readonly BatchTag[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a tag stands for now. */
export interface TagInfo {
  readonly tag: BatchTag;
  readonly current_batch: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** From when to when, both included; default from the beginning to the end. Microseconds since 1970. */
export interface TimeRange {
  readonly fromUs?: number;
  readonly toUs?: number;
}

/** A page of a list. */
export interface PageRequest {
  /** 1 to 10_000, default 1_000. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Some of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Give it as `after` for the next page; undefined on the last one. */
  readonly next: string | undefined;
}

/** A message of a batch, as lists have it. */
export interface BatchKey {
  readonly message_id: string;
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
  readonly timestamp: string;
  /** Who wrote an inbound one, whom an outbound one went to. */
  readonly address: string;
}

/** An event of a batch, as lists have it. */
export interface BatchEventKey {
  readonly event_id: string;
  readonly timestamp: string;
  /** `ack`, `nack`, `delivery_report.delivered`, … */
  readonly status: string;
}

/** Counts of what became of a batch's outbound messages. */
export interface BatchStatus {
  readonly sent: number;
  readonly ack: number;
  readonly nack: number;
  readonly delivery_report: number;
  readonly "delivery_report.pending": number;
  readonly "delivery_report.failed": number;
  readonly "delivery_report.delivered": number;
}

const noStatus: BatchStatus = {
  sent: 0,
  ack: 0,
  nack: 0,
  delivery_report: 0,
  "delivery_report.pending": 0,
  "delivery_report.failed": 0,
  "delivery_report.delivered": 0,
};

const throughputWindowMs = 300_000;

/** The batches of a store. */
export class Batches {
  readonly #sql: Sql;
  readonly #db: Kysely<StoreTables>;
  readonly #clock: Clock;
  readonly #newId: () => string;

  constructor(options: { readonly sql: Sql; readonly clock: Clock; readonly newId: () => string }) {
    this.#sql = options.sql;
    this.#db = options.sql.db.withTables<StoreTables>();
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  /** Starts a batch and returns its id. Each tag stands for it from now on, whatever it stood for before. */
  async start(options: { readonly tags?: readonly BatchTag[]; readonly metadata?: object } = {}): Promise<string> {
    const { tags = [], metadata = {} } = options;
    const batch_id = this.#newId();
    const texts = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
    const db = this.#db;
    await this.#sql.batch([
      db.insertInto("batches").values({ batch_id, metadata: asciiJson(texts), created_us: this.#clock.now() * 1_000 }),
      ...tags.flatMap(([pool, tag]) => [
        db
          .insertInto("batch_tags")
          .values({ batch_id, pool: clean(pool), tag: clean(tag) })
          .onConflict((conflict) => conflict.doNothing()),
        db
          .insertInto("current_tags")
          .values({ pool: clean(pool), tag: clean(tag), batch_id, metadata: "{}" })
          .onConflict((conflict) => conflict.columns(["pool", "tag"]).doUpdateSet({ batch_id })),
      ]),
    ]);
    return batch_id;
  }

  /** Ends a batch: its tags stand for nothing. Its messages stay, and it still lists its tags. */
  async finish(batchId: string): Promise<void> {
    await this.#sql.batch([
      this.#db.updateTable("current_tags").set({ batch_id: null }).where("batch_id", "=", batchId),
      this.#db
        .updateTable("batches")
        .set({ finished_us: this.#clock.now() * 1_000 })
        .where("batch_id", "=", batchId),
    ]);
  }

  /** Returns a batch, or undefined. */
  async get(batchId: string): Promise<Batch | undefined> {
    const found = await this.#db.selectFrom("batches").selectAll().where("batch_id", "=", batchId).executeTakeFirst();
    if (found === undefined) return undefined;
    const tags = await this.#db
      .selectFrom("batch_tags")
      .select(["pool", "tag"])
      .where("batch_id", "=", batchId)
      .orderBy("pool")
      .orderBy("tag")
      .execute();
    const metadata = objectOf(found.metadata) as Record<string, string>;
    return { batch_id: found.batch_id, tags: tags.map(({ pool, tag }) => [pool, tag] as const), metadata };
  }

  /** Returns the ids of all batches, in key order. */
  async list(): Promise<string[]> {
    const rows = await this.#db.selectFrom("batches").select("batch_id").orderBy("batch_id").execute();
    return rows.map(({ batch_id }) => batch_id);
  }

  /** Returns what a tag stands for; one that is not known stands for nothing. */
  async tag(tag: BatchTag): Promise<TagInfo> {
    const [pool, name] = tag;
    const found = await this.#db
      .selectFrom("current_tags")
      .selectAll()
      .where("pool", "=", clean(pool))
      .where("tag", "=", clean(name))
      .executeTakeFirst();
    return { tag, current_batch: found?.batch_id ?? null, metadata: objectOf(found?.metadata ?? "{}") };
  }

  /** The ids of a batch's messages, in key order. */
  async keys(batchId: string, direction: StoredDirection, page: PageRequest = {}): Promise<Page<string>> {
    const { limit = 1_000, after } = page;
    let query = this.#db
      .selectFrom("message_batches")
      .select("message_id")
      .where("batch_id", "=", batchId)
      .where("direction", "=", direction);
    if (after !== undefined) query = query.where("message_id", ">", after);
    const rows = await query
      .orderBy("message_id")
      .limit(limit + 1)
      .execute();
    return pageOf(
      rows.map(({ message_id }) => message_id),
      limit,
      (id) => id,
    );
  }

  /** A batch's messages by time, oldest first, or newest first with `reverse`. */
  async messages(
    batchId: string,
    direction: StoredDirection,
    options: PageRequest & TimeRange & { readonly reverse?: boolean } = {},
  ): Promise<Page<BatchKey>> {
    const { limit = 1_000, reverse = false } = options;
    const order = reverse ? "desc" : "asc";
    const query = within(
      this.#db
        .selectFrom("message_batches")
        .select(["ts_us", "message_id", "remote_addr"])
        .where("batch_id", "=", batchId)
        .where("direction", "=", direction),
      options,
      "message_id",
    );
    const rows = await query
      .orderBy("ts_us", order)
      .orderBy("message_id", order)
      .limit(limit + 1)
      .execute();
    const page = pageOf(rows, limit, ({ ts_us, message_id }) => `${ts_us} ${message_id}`);
    const keyOf = ({ ts_us, message_id, remote_addr }: (typeof rows)[number]): BatchKey => ({
      message_id,
      timestamp: timestampOfUs(ts_us),
      address: remote_addr,
    });
    return { ...page, rows: page.rows.map(keyOf) };
  }

  /** A batch's events by time, newest first. */
  async events(batchId: string, options: PageRequest & TimeRange = {}): Promise<Page<BatchEventKey>> {
    const { limit = 1_000 } = options;
    const query = within(
      this.#db.selectFrom("event_batches").select(["ts_us", "event_id", "status"]).where("batch_id", "=", batchId),
      { ...options, reverse: true },
      "event_id",
    );
    const rows = await query
      .orderBy("ts_us", "desc")
      .orderBy("event_id", "desc")
      .limit(limit + 1)
      .execute();
    const page = pageOf(rows, limit, ({ ts_us, event_id }) => `${ts_us} ${event_id}`);
    const keyOf = ({ ts_us, event_id, status }: (typeof rows)[number]): BatchEventKey => ({
      event_id,
      timestamp: timestampOfUs(ts_us),
      status,
    });
    return { ...page, rows: page.rows.map(keyOf) };
  }

  /** How many messages a batch has, and of how many people. */
  async statistics(
    batchId: string,
    direction: StoredDirection,
    range: TimeRange = {},
  ): Promise<{ readonly total: number; readonly unique_addresses: number }> {
    const query = within(
      this.#db
        .selectFrom("message_batches")
        .select([sql<number>`count(*)`.as("total"), sql<number>`count(DISTINCT remote_addr)`.as("unique_addresses")])
        .where("batch_id", "=", batchId)
        .where("direction", "=", direction),
      range,
      "message_id",
    );
    return await query.executeTakeFirstOrThrow();
  }

  /** How many of `inbound`, `outbound` or `events` a batch has, by its counters. */
  async count(batchId: string, what: "inbound" | "outbound" | "events"): Promise<number> {
    return (await this.#counters(batchId)).get(what) ?? 0;
  }

  /** What became of a batch's outbound messages. */
  async status(batchId: string): Promise<BatchStatus> {
    const counters = await this.#counters(batchId);
    return Object.fromEntries(Object.keys(noStatus).map((name) => [name, counters.get(name) ?? 0])) as never;
  }

  /** How many messages came in the `sampleMs` (default 300_000) that end with the newest one, both ends included. */
  async throughput(
    batchId: string,
    direction: StoredDirection,
    sampleMs: number = throughputWindowMs,
  ): Promise<number> {
    const [newest] = (await this.messages(batchId, direction, { limit: 1, reverse: true })).rows;
    if (newest === undefined) return 0;
    const toUs =
      Date.parse(`${newest.timestamp.replace(" ", "T").slice(0, 23)}Z`) * 1_000 + Number(newest.timestamp.slice(23));
    return (await this.statistics(batchId, direction, { fromUs: toUs - sampleMs * 1_000, toUs })).total;
  }

  /** Takes everything out of a batch and forgets it. Messages and events themselves stay. */
  async clear(batchId: string): Promise<void> {
    const db = this.#db;
    await this.#sql.batch([
      ...(["message_batches", "event_batches", "batch_counters", "batch_tags"] as const).map((table) =>
        db.deleteFrom(table).where("batch_id", "=", batchId),
      ),
      db.updateTable("current_tags").set({ batch_id: null }).where("batch_id", "=", batchId),
      db.deleteFrom("batches").where("batch_id", "=", batchId),
    ]);
  }

  /** True when a counter of messages is further than `threshold` (default 0.01 of it) from the real number. */
  async needsReconciliation(batchId: string, threshold = 0.01): Promise<boolean> {
    for (const direction of ["inbound", "outbound"] as const) {
      const { total } = await this.statistics(batchId, direction);
      const counted = await this.count(batchId, direction);
      if (Math.abs(counted - total) > total * threshold && total > 0) return true;
    }
    return false;
  }

  /** Counts anew what the counters of a batch stand for. */
  async reconcile(batchId: string): Promise<void> {
    const count = (counter: string, from: string): ReturnType<typeof sql> =>
      sql`INSERT INTO batch_counters (batch_id, counter, value)
          SELECT CAST(${batchId} AS TEXT), CAST(${counter} AS TEXT), count(*) FROM ${sql.raw(from)} batch_id = ${batchId}`;
    await this.#sql.batch([
      this.#db.deleteFrom("batch_counters").where("batch_id", "=", batchId),
      ...[
        count("inbound", "message_batches WHERE direction = 'inbound' AND"),
        count("outbound", "message_batches WHERE direction = 'outbound' AND"),
        count("sent", "message_batches WHERE direction = 'outbound' AND"),
        count("events", "event_batches WHERE"),
        count("delivery_report", "event_batches WHERE status LIKE 'delivery_report.%' AND"),
      ].map((one) => ({ compile: () => one.compile(this.#db) })),
      {
        compile: () =>
          sql`INSERT INTO batch_counters (batch_id, counter, value)
              SELECT batch_id, status, count(*) FROM event_batches WHERE batch_id = ${batchId} GROUP BY batch_id, status`.compile(
            this.#db,
          ),
      },
    ]);
  }

  async #counters(batchId: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#db
      .selectFrom("batch_counters")
      .select(["counter", "value"])
      .where("batch_id", "=", batchId)
      .execute();
    return new Map(rows.map(({ counter, value }) => [counter, value]));
  }
}

interface Filterable {
  where(...condition: never[]): unknown;
}

// The builder's types of three different queries have nothing in common that could be named.
function within<Query extends Filterable>(
  query: Query,
  { fromUs, toUs, after, reverse = false }: TimeRange & { readonly after?: string; readonly reverse?: boolean },
  id: "message_id" | "event_id",
): Query {
  const conditions = [
    fromUs === undefined ? undefined : sql<boolean>`ts_us >= ${fromUs}`,
    toUs === undefined ? undefined : sql<boolean>`ts_us <= ${toUs}`,
    after === undefined
      ? undefined
      : sql<boolean>`(ts_us, ${sql.ref(id)}) ${sql.raw(reverse ? "<" : ">")} (${Number(after.split(" ", 1)[0])}, ${after.slice(after.indexOf(" ") + 1)})`,
  ];
  return conditions.reduce<Query>(
    (so, condition) => (condition === undefined ? so : (so.where(condition as never) as Query)),
    query,
  );
}

function pageOf<Row>(rows: readonly Row[], limit: number, tokenOf: (row: Row) => string): Page<Row> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? tokenOf(last) : undefined };
}

function objectOf(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json);
  return isJsonObject(value) ? { ...value } : {};
}
