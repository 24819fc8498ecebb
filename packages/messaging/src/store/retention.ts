// Forgets old messages, a few hundred at a time, so that those that are stored meanwhile do not wait.

import type { Sql } from "@switchboard/storage";
import { type Kysely, sql } from "kysely";
import type { BlockBuilder } from "./block-builder.ts";
import type { BlockMarks } from "./block-marks.ts";
import type { StoreTables } from "./schema.ts";

/** What is kept. */
export interface RetentionRules {
  /** How long messages are kept, by their own time. Milliseconds; default for ever. */
  readonly keepMs?: number;
  /** How many messages are kept, the newest; default all. */
  readonly maxMessages?: number;
}

/** What is pruned. */
export interface PruneTarget {
  readonly store: Sql;
  readonly marks: BlockMarks;
  readonly builder: BlockBuilder;
}

const stepSize = 200;
const eventsPerPrune = 1_000;

/**
 * Forgets what `rules` do not keep, with its events, its trail and its places in batches. Counters of batches stay: they count what was
 * stored. Returns how many messages were forgotten.
 */
export async function prune(target: PruneTarget, rules: RetentionRules, nowMs: number): Promise<number> {
  const { store, builder } = target;
  const db = store.db.withTables<StoreTables>();
  const beforeUs = await boundary(db, rules, nowMs);
  if (beforeUs === undefined) return 0;
  for (let forgotten = 0; ;) {
    const step = await pruneStep(target, db, beforeUs);
    forgotten += step;
    if (step < stepSize) {
      await pruneStray(target, db, beforeUs);
      await builder.forget(beforeUs);
      return forgotten;
    }
  }
}

/** What is older than this goes. Microseconds since 1970; undefined: all stays. */
async function boundary(
  db: Kysely<StoreTables>,
  { keepMs, maxMessages }: RetentionRules,
  nowMs: number,
): Promise<number | undefined> {
  const byAge = keepMs === undefined ? undefined : (nowMs - keepMs) * 1_000;
  if (maxMessages === undefined) return byAge;
  const firstTooMany = await db
    .selectFrom("messages")
    .select("ts_us")
    .orderBy("ts_us", "desc")
    .orderBy("message_id", "desc")
    .offset(maxMessages)
    .limit(1)
    .executeTakeFirst();
  // One microsecond more, since that one goes too.
  const byCount = firstTooMany === undefined ? undefined : firstTooMany.ts_us + 1;
  if (byAge === undefined || byCount === undefined) return byAge ?? byCount;
  return Math.max(byAge, byCount);
}

async function pruneStep({ store, marks }: PruneTarget, db: Kysely<StoreTables>, beforeUs: number): Promise<number> {
  const old = await db
    .selectFrom("messages")
    .select(["direction", "message_id", "ts_us"])
    .where("ts_us", "<", beforeUs)
    .orderBy("ts_us")
    .limit(stepSize)
    .execute();
  if (old.length === 0) return 0;
  const ids = old.map(({ message_id }) => message_id);
  const keys = sql.join(old.map(({ direction, message_id }) => sql`(${direction}, ${message_id})`));
  const own = sql<boolean>`(direction, message_id) IN (VALUES ${keys})`;
  const sent = old.filter(({ direction }) => direction === "outbound").map(({ message_id }) => message_id);
  const events = db.selectFrom("events").select("event_id").where("user_message_id", "in", sent);
  await store.batch([
    ...(sent.length === 0
      ? []
      : [
          db.deleteFrom("event_batches").where("event_id", "in", events),
          db.deleteFrom("events").where("user_message_id", "in", sent),
        ]),
    db.deleteFrom("message_batches").where(own),
    db.deleteFrom("message_facts").where(own),
    db.deleteFrom("message_trail").where("message_id", "in", ids),
    db.deleteFrom("messages").where(own),
    marks.gone(old[0]?.ts_us ?? beforeUs, old.at(-1)?.ts_us ?? beforeUs),
  ]);
  return old.length;
}

// Events, trails and facts of messages that were never stored, or are gone.
async function pruneStray({ store, builder }: PruneTarget, db: Kysely<StoreTables>, beforeUs: number): Promise<void> {
  const events = await oldEvents(builder, db, beforeUs);
  await store.batch([
    ...(events.length === 0
      ? []
      : [
          db.deleteFrom("event_batches").where("event_id", "in", events),
          db.deleteFrom("events").where("event_id", "in", events),
        ]),
    db.deleteFrom("message_trail").where("at_us", "<", beforeUs),
    db.deleteFrom("message_facts").where("ts_us", "<", beforeUs),
  ]);
}

/** Up to which id the events of a store have been looked at. */
const lookedAt = new WeakMap<BlockBuilder, string>();

/** Events are in no order of time, which would cost whoever stores one: so each time some others of them are looked at, until it was all of them. */
async function oldEvents(builder: BlockBuilder, db: Kysely<StoreTables>, beforeUs: number): Promise<string[]> {
  const some = await db
    .selectFrom("events")
    .select(["event_id", "ts_us"])
    .where("event_id", ">", lookedAt.get(builder) ?? "")
    .orderBy("event_id")
    .limit(eventsPerPrune)
    .execute();
  lookedAt.set(builder, some.length < eventsPerPrune ? "" : (some.at(-1)?.event_id ?? ""));
  return some.filter(({ ts_us }) => ts_us < beforeUs).map(({ event_id }) => event_id);
}
