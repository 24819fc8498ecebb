// The segments of fresh messages in the database, and the bitmaps of those that are settled in part.

import type { SqliteDatabase, SqliteStatement } from "@switchboard/storage/sqlite";
import type { PageRow } from "./batch.ts";
import { contentEnd, readPublishedAt } from "./codec.ts";

/** Reads and writes the tables `segment` and `progress`. */
export class SegmentRows {
  readonly #insert: SqliteStatement;
  readonly #remove: SqliteStatement;
  readonly #progress: SqliteStatement;
  readonly #forget: SqliteStatement;
  readonly #read: SqliteStatement;
  readonly #payload: SqliteStatement;

  constructor(database: SqliteDatabase) {
    this.#insert = database.prepare("INSERT INTO segment (seq, lane, count, payload) VALUES (?, ?, ?, ?)");
    this.#remove = database.prepare("DELETE FROM segment WHERE seq = ?");
    this.#progress = database.prepare(
      "INSERT INTO progress (segment, done) VALUES (?, ?) ON CONFLICT (segment) DO UPDATE SET done = excluded.done",
    );
    this.#forget = database.prepare("DELETE FROM progress WHERE segment = ?");
    this.#read = database.prepare(
      `SELECT seq, count, payload, done FROM segment LEFT JOIN progress ON progress.segment = segment.seq
       WHERE lane = ? AND seq > ? ORDER BY seq`,
    );
    this.#payload = database.prepare("SELECT payload FROM segment WHERE seq = ?");
  }

  insert(lane: number, seq: number, count: number, payload: Uint8Array): void {
    this.#insert.run(seq, lane, count, payload);
  }

  /** Removes a segment; `stored` says that it may have a bitmap. */
  remove(seq: number, stored: boolean): void {
    this.#remove.run(seq);
    if (stored) this.#forget.run(seq);
  }

  /** Notes which messages of a segment are settled. */
  progress(seq: number, done: Uint8Array): void {
    this.#progress.run(seq, done);
  }

  /** The segments of a lane behind segment `after`, in order. */
  *read(lane: number, after: number): Generator<PageRow> {
    for (const row of this.#read.iterate(lane, after)) {
      yield {
        seq: Number(row["seq"]),
        count: Number(row["count"]),
        done: (row["done"] as Uint8Array | null) ?? undefined,
        payload: row["payload"] as Uint8Array,
      };
    }
  }

  /** One message's bytes; undefined when its segment is gone. */
  entry(segment: number, index: number): Buffer | undefined {
    const payload = this.#payload.get(segment)?.["payload"];
    return payload instanceof Uint8Array ? messageAt(asBuffer(payload), index) : undefined;
  }

  /** Publishing time of the first waiting message behind segment `after`. */
  oldest(lane: number, after: number): number | undefined {
    for (const row of this.read(lane, after)) {
      for (const { index, entry } of messages(row)) if (!isDone(row.done, index)) return readPublishedAt(entry, 0);
    }
    return undefined;
  }
}

/** Every message of a stored segment. */
export function* messages(row: PageRow): Generator<{ readonly index: number; readonly entry: Buffer }> {
  const payload = asBuffer(row.payload);
  let offset = 0;
  for (let index = 0; index < row.count; index++) {
    const end = contentEnd(payload, offset);
    yield { index, entry: payload.subarray(offset, end) };
    offset = end;
  }
}

/** Tells whether a bitmap has a bit set. */
export function isDone(done: Uint8Array | undefined, index: number): boolean {
  return done !== undefined && (((done[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

function messageAt(payload: Buffer, index: number): Buffer {
  let offset = 0;
  for (let passed = 0; passed < index; passed++) offset = contentEnd(payload, offset);
  return payload.subarray(offset, contentEnd(payload, offset));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
