// Messages that were set aside, in parking order.

import type { SqliteDatabase, SqliteStatement, SqliteValue } from "@switchboard/storage/sqlite";
import type { DeliveryFailure } from "../bus.ts";
import type { Change, ParkedRow, ParkedSelection, Place, StoredPage } from "./protocol.ts";
import type { SegmentRows } from "./segment-rows.ts";

type Park = Extract<Change, { kind: "park" }>;

/** Reads and writes the table `parked`. */
export class ParkedRows {
  readonly #segments: SegmentRows;
  readonly #insert: SqliteStatement;
  readonly #fromRetry: SqliteStatement;
  readonly #count: SqliteStatement;
  readonly #one: SqliteStatement;
  readonly #after: SqliteStatement;
  readonly #dropOne: SqliteStatement;
  readonly #dropFirst: SqliteStatement;

  constructor(database: SqliteDatabase, segments: SegmentRows) {
    const columns = "queue, seq, priority, attempt, parked_at, history, entry";
    this.#segments = segments;
    this.#insert = database.prepare(`INSERT INTO parked (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
    this.#fromRetry = database.prepare(
      `INSERT INTO parked (${columns})
       SELECT queue, seq, priority, ?, ?, iif(?3 IS NULL, history, json_insert(history, '$[#]', json(?3))), entry
       FROM retry WHERE seq = ?4`,
    );
    this.#count = database.prepare("UPDATE queue SET parked = parked + ? WHERE id = ?");
    this.#one = database.prepare(`SELECT number, ${columns} FROM parked WHERE queue = ? AND seq = ?`);
    this.#after = database.prepare(
      `SELECT number, ${columns} FROM parked WHERE queue = ? AND number > ? ORDER BY number LIMIT ?`,
    );
    this.#dropOne = database.prepare("DELETE FROM parked WHERE queue = ? AND seq = ?");
    this.#dropFirst = database.prepare(
      "DELETE FROM parked WHERE number IN (SELECT number FROM parked WHERE queue = ? ORDER BY number LIMIT ?)",
    );
  }

  /** Parks a fresh message, which lies in a segment. */
  parkFresh({ seq, queue, priority, attempt, parkedAt, failure }: Park, place: Place): void {
    const entry = this.#segments.entry(place.segment, place.index);
    if (entry === undefined) return;
    const history = JSON.stringify(failure === undefined ? [] : [failure]);
    this.#insert.run(queue, seq, priority, attempt, parkedAt, history, entry);
    this.#count.run(1, queue);
  }

  /** Parks a copy of a retry; removing the retry is the caller's business. */
  parkRetry({ seq, queue, attempt, parkedAt, failure }: Park): void {
    const last = failure === undefined ? null : JSON.stringify(failure);
    const { changes } = this.#fromRetry.run(attempt, parkedAt, last, seq);
    this.#count.run(Number(changes), queue);
  }

  /** The rows selected, in parking order; those chosen by number in the order asked for. */
  read(queue: number, which: ParkedSelection): StoredPage {
    if ("seqs" in which) {
      const found = which.seqs.map((seq) => this.#one.get(queue, seq)).filter((row) => row !== undefined);
      return { rows: found.map(toParkedRow), more: false };
    }
    const rows: ParkedRow[] = [];
    let bytes = 0;
    for (const row of this.#after.iterate(queue, which.after, which.limit + 1)) {
      if (rows.length >= which.limit || bytes >= which.maxBytes) return { rows, more: true };
      const parked = toParkedRow(row);
      rows.push(parked);
      bytes += parked.entry.length;
    }
    return { rows, more: false };
  }

  /** Removes the rows with these numbers, or the first so many. Returns how many there were. */
  drop(queue: number, which: readonly number[] | number): number {
    let dropped = 0;
    if (typeof which === "number") dropped = Number(this.#dropFirst.run(queue, which).changes);
    else for (const seq of which) dropped += Number(this.#dropOne.run(queue, seq).changes);
    this.#count.run(-dropped, queue);
    return dropped;
  }
}

function toParkedRow(row: Record<string, SqliteValue>): ParkedRow {
  return {
    number: Number(row["number"]),
    seq: Number(row["seq"]),
    priority: Number(row["priority"]),
    attempt: Number(row["attempt"]),
    parkedAt: Number(row["parked_at"]),
    history: JSON.parse(String(row["history"])) as DeliveryFailure[],
    entry: row["entry"] as Uint8Array,
  };
}
