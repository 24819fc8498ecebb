// What is done once, when the database is opened: find out what may have been in a handler when the last process died, and what there is.

import type { SqliteDatabase, SqliteValue } from "@switchboard/storage/sqlite";
import type { ExchangeType } from "../bus.ts";
import { describeLostConsumer } from "../retry.ts";
import { readPublishedAt } from "./codec.ts";
import type { StoredState } from "./protocol.ts";
import { isDone, messages, type SegmentRows } from "./segment-rows.ts";

type Row = Record<string, SqliteValue>;

/**
 * After an unclean end, counts one delivery for each message that may have been in a handler then, and returns how many there were.
 *
 * Of retries this is known exactly. Of fresh messages it is known up to a number per lane, `claimed`, which is written with the batches
 * and runs ahead of the handlers by what they settle in a few turns, at most `maxLookahead` (see `lane.ts`). Those become retries,
 * `suspected` until they are delivered once more: nothing is parked on suspicion alone.
 */
export function recover(database: SqliteDatabase, segments: SegmentRows, now: number): number {
  const clean = database.prepare("SELECT clean FROM state").get()?.["clean"] === 1;
  database.exec("UPDATE state SET clean = 0");
  if (clean) return 0;
  let recovered = recoverRetries(database, now);
  for (const lane of database.prepare("SELECT id, queue, priority, claimed FROM lane WHERE claimed > 0").all()) {
    recovered += recoverLane(database, segments, lane, now);
  }
  database.exec("UPDATE lane SET claimed = 0");
  return recovered;
}

function recoverRetries(database: SqliteDatabase, now: number): number {
  const lost = database.prepare("SELECT seq, deliveries FROM retry WHERE claimed = 1").all();
  const again = database.prepare(
    "UPDATE retry SET claimed = 0, due_at = 0, history = json_insert(history, '$[#]', json(?)) WHERE seq = ?",
  );
  for (const { seq = null, deliveries } of lost) {
    again.run(JSON.stringify(describeLostConsumer(Number(deliveries), now)), seq);
  }
  return lost.length;
}

function recoverLane(database: SqliteDatabase, segments: SegmentRows, lane: Row, now: number): number {
  const { id = null, queue = null, priority = null } = lane;
  const claimed = Number(lane["claimed"]);
  const insert = database.prepare(
    `INSERT INTO retry (seq, queue, priority, due_at, deliveries, claimed, suspected, published_at, history, entry)
     VALUES (?, ?, ?, 0, 1, 0, 1, ?, ?, ?)`,
  );
  const message = "the process ended while it held the message, which may have been in its handler";
  const history = JSON.stringify([{ ...describeLostConsumer(1, now), message }]);
  let recovered = 0;
  const rows = Array.from(upTo(segments.read(Number(id), 0), claimed)); // Read first: the loop removes them.
  for (const row of rows) {
    const done = new Uint8Array((row.count + 7) >> 3);
    let left = row.count;
    for (const { index, entry } of messages(row)) {
      const taken = isDone(row.done, index);
      if (!taken && row.seq + index > claimed) continue;
      done[index >> 3] = (done[index >> 3] ?? 0) | (1 << (index & 7));
      left--;
      if (taken) continue;
      insert.run(row.seq + index, queue, priority, readPublishedAt(entry, 0), history, entry);
      recovered++;
    }
    if (left === 0) segments.remove(row.seq, true);
    else segments.progress(row.seq, done);
  }
  database.prepare("UPDATE lane SET depth = depth - ? WHERE id = ?").run(recovered, id);
  database.prepare("UPDATE queue SET retries = retries + ? WHERE id = ?").run(recovered, queue);
  return recovered;
}

function* upTo<Item extends { readonly seq: number }>(rows: Iterable<Item>, last: number): Generator<Item> {
  for (const row of rows) {
    if (row.seq > last) return;
    yield row;
  }
}

/** Exchanges, queues, bindings and counters: as much as there are queues, however many messages wait. */
export function loadState(database: SqliteDatabase, recovered: number): StoredState {
  const all = (sql: string): Row[] => database.prepare(sql).all();
  const nextDue = database.prepare("SELECT min(due_at) AS due_at FROM retry WHERE queue = ? AND claimed = 0");
  return {
    exchanges: all("SELECT name, type FROM exchange").map(({ name, type }) => ({
      name: String(name),
      type: String(type) as ExchangeType,
    })),
    queues: all("SELECT id, name, retries, parked FROM queue").map((row) => {
      const dueAt = Number(row["retries"]) > 0 ? nextDue.get(Number(row["id"]))?.["due_at"] : undefined;
      return {
        id: Number(row["id"]),
        name: String(row["name"]),
        retries: Number(row["retries"]),
        parked: Number(row["parked"]),
        nextDueAt: typeof dueAt === "number" ? dueAt : undefined,
      };
    }),
    bindings: all("SELECT exchange, routing_key, queue FROM binding").map((row) => ({
      exchange: String(row["exchange"]),
      routingKey: String(row["routing_key"]),
      queue: Number(row["queue"]),
    })),
    lanes: all("SELECT id, queue, priority, depth, last FROM lane").map((row) => ({
      id: Number(row["id"]),
      queue: Number(row["queue"]),
      priority: Number(row["priority"]),
      depth: Number(row["depth"]),
      last: Number(row["last"]),
    })),
    recovered,
  };
}
