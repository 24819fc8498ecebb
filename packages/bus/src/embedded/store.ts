// Everything the embedded bus does to its database, synchronously. Runs in the writer thread; knows no consumers and no promises.

import { closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { SwitchboardError } from "@switchboard/core";
import { makeFolderOf, openSqlite, type SqliteDatabase, sqliteError } from "@switchboard/storage/sqlite";
import { type BulkVisitor, encodePage, type PageRow, visitBulk } from "./batch.ts";
import { ParkedRows } from "./parked-rows.ts";
import {
  type BatchMessage,
  type Change,
  type Claimed,
  fileName,
  type Page,
  type Questions,
  type QueueFacts,
  type StoredState,
} from "./protocol.ts";
import { loadState, recover } from "./recovery.ts";
import { RetryRows } from "./retry-rows.ts";
import { prepareSchema } from "./schema.ts";
import { SegmentRows } from "./segment-rows.ts";

// How much the write-ahead log may hold before it is copied into the file: 4 MiB, SQLite's default.
const checkpointPages = 1_000;
// A file that wastes this much and holds little is rewritten, which takes some milliseconds.
const wastefulBytes = 67_108_864;
const rewrittenBytes = 4_194_304;

/** The database of an embedded bus. */
export class Store {
  readonly parked: ParkedRows;
  readonly #database: SqliteDatabase;
  readonly #path: string;
  readonly #retries: RetryRows;
  readonly #segments: SegmentRows;
  readonly #change: (change: Change) => void;
  readonly #visitor: BulkVisitor;
  readonly #transaction: { begin(): void; commit(): void; rollBack(): void };

  /**
   * Opens the database in `folder`, which is created when absent.
   *
   * @throws {StorageError} STORAGE_LOCKED, STORAGE_CORRUPT, STORAGE_PERMISSION, STORAGE_DISK_FULL
   * @throws {BusError} BUS_FORMAT_UNKNOWN
   */
  static open(folder: string): Store {
    const path = join(folder, fileName);
    let database: SqliteDatabase | undefined;
    try {
      makeFolder(folder);
      database = openSqlite(path, { synchronous: "full", exclusive: true });
      database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
      prepareSchema(database, path);
      return new Store(database, path);
    } catch (error) {
      database?.close();
      throw error instanceof SwitchboardError ? error : sqliteError(error, path);
    }
  }

  private constructor(database: SqliteDatabase, path: string) {
    this.#database = database;
    this.#path = path;
    const segments = new SegmentRows(database);
    this.#segments = segments;
    this.#retries = new RetryRows(database, segments);
    this.parked = new ParkedRows(database, segments);
    this.#change = changer(database, this.#retries, this.parked);
    this.#transaction = transactions(database);
    const lane = database.prepare(
      `INSERT INTO lane (id, queue, priority, depth, claimed, last) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET depth = depth + excluded.depth, claimed = excluded.claimed, last = excluded.last`,
    );
    this.#visitor = {
      lane: (id, queue, priority, change, claimed, last) => void lane.run(id, queue, priority, change, claimed, last),
      insert: (id, seq, count, payload) => segments.insert(id, seq, count, payload),
      remove: (seq, stored) => segments.remove(seq, stored),
      progress: (seq, done) => segments.progress(seq, done),
    };
  }

  /** What is stored. After an unclean end, messages that may have been in a handler at that moment become retries first. */
  load(now: number): StoredState {
    return this.transaction(() => loadState(this.#database, recover(this.#database, this.#segments, now)));
  }

  /** Writes a batch: all of it, or nothing. Returns what it claims. */
  apply({ changes, bytes, claims }: BatchMessage): Claimed[] {
    return this.transaction(() => {
      for (const change of changes) this.#change(change);
      visitBulk(bytes, this.#visitor);
      return claims.map((claim) => this.#retries.claim(claim));
    });
  }

  /** Runs `work` in a transaction; an error undoes all of it. */
  transaction<Result>(work: () => Result): Result {
    try {
      this.#transaction.begin();
      const result = work();
      this.#transaction.commit();
      return result;
    } catch (error) {
      this.#transaction.rollBack();
      throw sqliteError(error, this.#path);
    }
  }

  /** The segments of a lane behind segment `after`, up to about `maxBytes`, one at least. */
  page({ lane, after, maxBytes }: Questions["page"]["ask"]): Page {
    const rows: PageRow[] = [];
    let bytes = 0;
    for (const row of this.#segments.read(lane, after)) {
      rows.push(row);
      bytes += row.payload.length;
      if (bytes >= maxBytes) return { bytes: encodePage(rows), end: false };
    }
    return { bytes: encodePage(rows), end: true };
  }

  /** What only the database knows of a queue. */
  facts({ queue, now, unread }: Questions["facts"]["ask"]): QueueFacts {
    const oldest = [
      this.#retries.oldest(queue),
      ...unread.map(({ lane, after }) => this.#segments.oldest(lane, after)),
    ];
    const times = oldest.filter((time) => time !== undefined);
    return { delayed: this.#retries.delayed(queue, now), oldest: times.length === 0 ? undefined : Math.min(...times) };
  }

  /** Gives the space of removed messages back to the file system, if there is much of it and little else. */
  shrink(): void {
    const [pageBytes = 0, pages = 0, free = 0] = ["page_size", "page_count", "freelist_count"].map((name) =>
      Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0]),
    );
    if (free * pageBytes < wastefulBytes || (pages - free) * pageBytes > rewrittenBytes) return;
    this.#database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Writes all that is stored to another file, as if the process had died now: what is in handlers is delivered again from there. */
  copyTo({ path }: Questions["copy"]["ask"]): void {
    try {
      makeFolder(dirname(path));
      this.#database.prepare("VACUUM INTO ?").run(path);
    } catch (error) {
      throw sqliteError(error, path);
    }
  }

  /** Closes the file; `clean` notes in it that everything was written and nothing is in a handler any more. */
  close({ clean }: Questions["close"]["ask"]): void {
    try {
      if (clean) this.transaction(() => this.#database.exec("UPDATE lane SET claimed = 0; UPDATE state SET clean = 1"));
    } finally {
      this.#database.close();
    }
  }
}

function changer(database: SqliteDatabase, retries: RetryRows, parked: ParkedRows): (change: Change) => void {
  const exchange = database.prepare("INSERT OR IGNORE INTO exchange (name, type) VALUES (?, ?)");
  const queue = database.prepare("INSERT OR IGNORE INTO queue (id, name) VALUES (?, ?)");
  const binding = database.prepare("INSERT OR IGNORE INTO binding (exchange, routing_key, queue) VALUES (?, ?, ?)");
  return (change) => {
    switch (change.kind) {
      case "exchange":
        exchange.run(change.name, change.type);
        return;
      case "queue":
        queue.run(change.id, change.name);
        return;
      case "binding":
        binding.run(change.exchange, change.routingKey, change.queue);
        return;
      case "defer":
        retries.defer(change);
        return;
      case "deferAgain":
        retries.deferAgain(change);
        return;
      case "release":
        retries.release(change.seq);
        return;
      case "finish":
        retries.remove(change.seq, change.queue);
        return;
      case "park":
        if (change.place === undefined) {
          parked.parkRetry(change);
          retries.remove(change.seq, change.queue);
        } else parked.parkFresh(change, change.place);
        return;
      case "unpark":
        parked.drop(change.queue, [change.seq]);
        return;
      default:
        change satisfies never;
    }
  };
}

function transactions(database: SqliteDatabase): { begin(): void; commit(): void; rollBack(): void } {
  const [begin, commit, rollBack] = ["BEGIN", "COMMIT", "ROLLBACK"].map((sql) => database.prepare(sql));
  return {
    begin: () => void begin?.run(),
    commit: () => void commit?.run(),
    rollBack() {
      try {
        rollBack?.run();
      } catch {
        // SQLite has rolled back by itself, as it does when the disk is full.
      }
    },
  };
}

// The folder's own entry must be safe before the first message in it is.
function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let path = folder; !existsSync(path); path = dirname(path)) missing.push(path);
  makeFolderOf(join(folder, fileName));
  for (const path of missing) {
    const parent = openSync(dirname(path), "r");
    try {
      fsyncSync(parent);
    } finally {
      closeSync(parent);
    }
  }
}
