// Messages that were delivered before and wait for their next delivery. Each is a row of its own, and its deliveries are counted
// before they happen, so that the count is right whatever becomes of the process.

import type { SqliteDatabase, SqliteStatement } from "@switchboard/storage/sqlite";
import { readPublishedAt } from "./codec.ts";
import type { Change, Claim, Claimed, ClaimedRetry } from "./protocol.ts";
import type { SegmentRows } from "./segment-rows.ts";

const maxClaimBytes = 1_048_576;

/** Reads and writes the table `retry`. */
export class RetryRows {
  readonly #segments: SegmentRows;
  readonly #insert: SqliteStatement;
  readonly #again: SqliteStatement;
  readonly #release: SqliteStatement;
  readonly #remove: SqliteStatement;
  readonly #count: SqliteStatement;
  readonly #due: SqliteStatement;
  readonly #claim: SqliteStatement;
  readonly #nextDue: SqliteStatement;
  readonly #delayed: SqliteStatement;
  readonly #oldest: SqliteStatement;

  constructor(database: SqliteDatabase, segments: SegmentRows) {
    this.#segments = segments;
    this.#insert = database.prepare(
      `INSERT INTO retry (seq, queue, priority, due_at, deliveries, claimed, suspected, published_at, history, entry)
       VALUES (?, ?, ?, ?, 1, 0, 0, ?, ?, ?)`,
    );
    this.#again = database.prepare(
      "UPDATE retry SET due_at = ?, claimed = 0, history = json_insert(history, '$[#]', json(?)) WHERE seq = ?",
    );
    this.#release = database.prepare("UPDATE retry SET claimed = 0, deliveries = deliveries - 1 WHERE seq = ?");
    this.#remove = database.prepare("DELETE FROM retry WHERE seq = ?");
    this.#count = database.prepare("UPDATE queue SET retries = retries + ? WHERE id = ?");
    this.#due = database.prepare(
      `SELECT seq, priority, deliveries, suspected, entry FROM retry
       WHERE queue = ? AND claimed = 0 AND due_at <= ? ORDER BY due_at, seq LIMIT ?`,
    );
    this.#claim = database.prepare(
      "UPDATE retry SET claimed = 1, deliveries = deliveries + 1, suspected = 0 WHERE seq = ?",
    );
    this.#nextDue = database.prepare("SELECT min(due_at) AS due_at FROM retry WHERE queue = ? AND claimed = 0");
    this.#delayed = database.prepare(
      "SELECT count(*) AS count FROM retry WHERE queue = ? AND claimed = 0 AND due_at > ?",
    );
    this.#oldest = database.prepare(
      "SELECT published_at FROM retry WHERE queue = ? AND claimed = 0 ORDER BY seq LIMIT 1",
    );
  }

  /** Makes a retry of a fresh message. */
  defer({ seq, place, queue, priority, dueAt, failure }: Extract<Change, { kind: "defer" }>): void {
    const entry = this.#segments.entry(place.segment, place.index);
    if (entry === undefined) return;
    this.#insert.run(seq, queue, priority, dueAt, readPublishedAt(entry, 0), JSON.stringify([failure]), entry);
    this.#count.run(1, queue);
  }

  /** Sets the next due time of a retry that failed. */
  deferAgain({ seq, dueAt, failure }: Extract<Change, { kind: "deferAgain" }>): void {
    this.#again.run(dueAt, JSON.stringify(failure), seq);
  }

  /** Takes a claim back. */
  release(seq: number): void {
    this.#release.run(seq);
  }

  remove(seq: number, queue: number): void {
    const { changes } = this.#remove.run(seq);
    this.#count.run(-Number(changes), queue);
  }

  /** Hands out retries that are due, counting one delivery more for each. */
  claim({ queue, now, limit }: Claim): Claimed {
    const retries: ClaimedRetry[] = [];
    let bytes = 0;
    for (const row of this.#due.iterate(queue, now, limit)) {
      const entry = row["entry"] as Uint8Array;
      retries.push({
        seq: Number(row["seq"]),
        priority: Number(row["priority"]),
        deliveries: Number(row["deliveries"]),
        suspected: row["suspected"] === 1,
        entry,
      });
      bytes += entry.length;
      if (bytes >= maxClaimBytes) break;
    }
    for (const { seq } of retries) this.#claim.run(seq);
    const dueAt = this.#nextDue.get(queue)?.["due_at"];
    return { queue, retries, nextDueAt: typeof dueAt === "number" ? dueAt : undefined };
  }

  /** How many retries of a queue wait for their time. */
  delayed(queue: number, now: number): number {
    return Number(this.#delayed.get(queue, now)?.["count"]);
  }

  /** Publishing time of the queue's oldest retry that is in no handler. */
  oldest(queue: number): number | undefined {
    const time = this.#oldest.get(queue)?.["published_at"];
    return typeof time === "number" ? time : undefined;
  }
}
