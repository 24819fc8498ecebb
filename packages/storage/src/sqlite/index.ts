// Plain, synchronous SQLite: the engine under the embedded bus and the SQLite dialects of this package.
// Node 22 and later bring it along (`node:sqlite`); for Node 20 the same interface comes from a package.

import { createRequire } from "node:module";
import { StorageError, type StorageErrorCode } from "../errors.ts";

/** What SQLite stores and returns. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** A prepared statement. Errors are raw; pass them through {@link sqliteError}. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  get(...values: SqliteValue[]): Record<string, SqliteValue> | undefined;
  all(...values: SqliteValue[]): Record<string, SqliteValue>[];
  iterate(...values: SqliteValue[]): IterableIterator<Record<string, SqliteValue>>;
}

/** An open database file. Errors are raw; pass them through {@link sqliteError}. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** How to open a database file. */
export interface SqliteOptions {
  /**
   * `full` (default): a commit survives power loss. `normal`: the file stays whole, the last commits may be lost with the power,
   * never by the death of the process.
   */
  readonly synchronous?: "full" | "normal";
  /** True: no other process may open the file while this one has it. Default false. */
  readonly exclusive?: boolean;
  /** How long a statement waits for another connection's lock, milliseconds, default 5_000. */
  readonly busyTimeoutMs?: number;
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
}

const require = createRequire(import.meta.url);
const nodeMajor = Number(process.versions.node.split(".")[0]);

function loadSqlite(): SqliteModule {
  return nodeMajor >= 22 ? require("node:sqlite") : require("@photostructure/sqlite");
}

/**
 * Opens `path` (created when absent, its folder is not) in WAL mode.
 *
 * @throws {StorageError} STORAGE_LOCKED, STORAGE_CORRUPT, STORAGE_PERMISSION, STORAGE_DISK_FULL, STORAGE_FAILED.
 */
export function openSqlite(path: string, options: SqliteOptions = {}): SqliteDatabase {
  const { synchronous = "full", exclusive = false, busyTimeoutMs = 5_000 } = options;
  let database: SqliteDatabase | undefined;
  try {
    database = new (loadSqlite().DatabaseSync)(path);
    database.exec(`PRAGMA busy_timeout = ${exclusive ? 0 : busyTimeoutMs}`);
    if (exclusive) database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = ${synchronous}`);
    // In exclusive mode the lock is taken by the first write, so write nothing, but as a writer.
    if (exclusive) database.exec("BEGIN EXCLUSIVE; COMMIT");
    return database;
  } catch (error) {
    database?.close();
    throw sqliteError(error, path);
  }
}

// Primary result codes, https://www.sqlite.org/rescode.html; extended codes carry the primary one in their low byte.
const codeByResult: Readonly<Record<number, StorageErrorCode>> = {
  3: "STORAGE_PERMISSION", // SQLITE_PERM
  5: "STORAGE_LOCKED", // SQLITE_BUSY
  6: "STORAGE_LOCKED", // SQLITE_LOCKED
  8: "STORAGE_PERMISSION", // SQLITE_READONLY
  11: "STORAGE_CORRUPT", // SQLITE_CORRUPT
  13: "STORAGE_DISK_FULL", // SQLITE_FULL
  14: "STORAGE_PERMISSION", // SQLITE_CANTOPEN
  23: "STORAGE_PERMISSION", // SQLITE_AUTH
  26: "STORAGE_CORRUPT", // SQLITE_NOTADB
};

/** Turns what SQLite threw while working on `path` into a {@link StorageError}; one that is a StorageError already is returned as it is. */
export function sqliteError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const result = (error as { errcode?: unknown } | null)?.errcode;
  const code = (typeof result === "number" ? codeByResult[result & 0xff] : undefined) ?? "STORAGE_FAILED";
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError(code, `${path}: ${reason}`, { cause: error, details: { path, sqliteCode: result } });
}
