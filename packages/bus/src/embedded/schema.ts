// The embedded bus's data format, version 1: the tables, and the check that a file is ours and not newer than this program.

import type { SqliteDatabase } from "@switchboard/storage/sqlite";
import { BusError } from "../errors.ts";

const formatVersion = 1;
const applicationId = 0x53_42_42_55; // "SBBU"

// A lane holds the messages of one queue with one priority. Numbers (`seq`) are given out once, over all lanes, and grow, so segments
// are appended at one end of their table and mostly removed at the other; SQLite uses freed pages again.
const tables = `
  CREATE TABLE state (clean INTEGER NOT NULL);
  INSERT INTO state VALUES (1);
  CREATE TABLE exchange (name TEXT PRIMARY KEY, type TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE queue (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    retries INTEGER NOT NULL DEFAULT 0, parked INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE binding (
    exchange TEXT NOT NULL, routing_key TEXT NOT NULL, queue INTEGER NOT NULL, PRIMARY KEY (exchange, routing_key, queue)
  ) WITHOUT ROWID;
  CREATE TABLE lane (
    id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, priority INTEGER NOT NULL,
    depth INTEGER NOT NULL, claimed INTEGER NOT NULL, last INTEGER NOT NULL
  );
  CREATE TABLE segment (seq INTEGER PRIMARY KEY, lane INTEGER NOT NULL, count INTEGER NOT NULL, payload BLOB NOT NULL);
  CREATE INDEX segment_lane ON segment (lane);
  CREATE TABLE progress (segment INTEGER PRIMARY KEY, done BLOB NOT NULL);
  CREATE TABLE retry (
    seq INTEGER PRIMARY KEY, queue INTEGER NOT NULL, priority INTEGER NOT NULL, due_at INTEGER NOT NULL,
    deliveries INTEGER NOT NULL, claimed INTEGER NOT NULL, suspected INTEGER NOT NULL,
    published_at INTEGER NOT NULL, history TEXT NOT NULL, entry BLOB NOT NULL
  );
  CREATE INDEX retry_due ON retry (queue, claimed, due_at);
  CREATE INDEX retry_age ON retry (queue);
  CREATE TABLE parked (
    number INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, seq INTEGER NOT NULL, priority INTEGER NOT NULL,
    attempt INTEGER NOT NULL, parked_at INTEGER NOT NULL, history TEXT NOT NULL, entry BLOB NOT NULL
  );
  CREATE UNIQUE INDEX parked_seq ON parked (queue, seq);
  CREATE INDEX parked_order ON parked (queue);
`;

/**
 * Creates the tables in an empty file, or checks that the file has them.
 *
 * @throws {BusError} BUS_FORMAT_UNKNOWN
 */
export function prepareSchema(database: SqliteDatabase, path: string): void {
  const version = pragma(database, "user_version");
  const owner = pragma(database, "application_id");
  const objects = Number(database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.["count"]);
  if (objects === 0 && version === 0) {
    database.exec(
      `BEGIN; ${tables} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}; COMMIT`,
    );
    return;
  }
  if (owner !== applicationId) throw unknown(path, "it belongs to another program", { owner });
  if (version !== formatVersion) {
    throw unknown(path, `it has format version ${version}, this program knows version ${formatVersion}`, { version });
  }
}

function pragma(database: SqliteDatabase, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

function unknown(path: string, why: string, details: Readonly<Record<string, unknown>>): BusError {
  return new BusError("BUS_FORMAT_UNKNOWN", `${path} cannot be used: ${why}`, { details: { path, ...details } });
}
