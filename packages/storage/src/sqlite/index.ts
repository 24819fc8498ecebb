// Plain, synchronous SQLite: the engine under the embedded bus and the SQLite drivers of this package.
// Node 22 and later bring it along (`node:sqlite`); for Node 20 the same interface comes from a package.
// Every call blocks its thread, so long work belongs into a worker thread; how to start one is here, too.

import { statfsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { StorageError, type StorageErrorCode } from "../errors.ts";

export { startWorker } from "../thread/start-worker.ts";
export { makeFolder, makeFolderOf } from "./make-folder.ts";

/** What SQLite stores and returns. Text must not contain U+0000: depending on the version of Node it is cut there when written or read. */
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
  /**
   * Rolls back what is open and closes the file. On Node 20, where statements were prepared, the file's handles (and an exclusive lock) stay
   * until the statements have been collected or the thread has ended.
   */
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
  /** How long a statement waits for another connection's lock, milliseconds, default 5_000. Exclusive opening does not wait. */
  readonly busyTimeoutMs?: number;
  /** True: statements that write are refused. The file must exist and be in WAL mode. Default false. */
  readonly readOnly?: boolean;
  /** How much of the file is kept in memory at most, once it has been used. KiB, default 2_000. */
  readonly cacheKb?: number;
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
}

const require = createRequire(import.meta.url);
const nodeMajor = Number(process.versions.node.split(".")[0]);

function loadSqlite(): SqliteModule {
  if (nodeMajor < 22) return require("@photostructure/sqlite");
  // Node 22 warns once in each thread that it is experimental, which nobody who starts a gateway can do anything about.
  // oxlint-disable-next-line typescript/unbound-method -- it is put back as it was
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return require("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * Opens `path` (created when absent, its folder is not) in WAL mode, with foreign keys enforced.
 *
 * A file that can be read but not written is refused here, not at the first write.
 *
 * @throws {StorageError} STORAGE_LOCKED, STORAGE_CORRUPT, STORAGE_PERMISSION, STORAGE_PATH_INVALID, STORAGE_DISK_FULL, STORAGE_IO,
 *   STORAGE_FAILED.
 */
export function openSqlite(path: string, options: SqliteOptions = {}): SqliteDatabase {
  const { synchronous = "full", exclusive = false, busyTimeoutMs = 5_000, readOnly = false, cacheKb = 2_000 } = options;
  let database: SqliteDatabase | undefined;
  try {
    database = new (loadSqlite().DatabaseSync)(path);
    database.exec(`PRAGMA busy_timeout = ${exclusive ? 0 : busyTimeoutMs}; PRAGMA foreign_keys = ON`);
    database.exec(`PRAGMA cache_size = -${cacheKb}`);
    if (readOnly) {
      database.exec("PRAGMA query_only = ON");
      return withRollback(database);
    }
    if (exclusive) database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = ${synchronous}`);
    // Takes the lock that exclusive mode then keeps, and finds out whether the file may be written; writes nothing.
    database.exec(exclusive ? "BEGIN EXCLUSIVE; COMMIT" : "BEGIN IMMEDIATE; COMMIT");
    return withRollback(database);
  } catch (error) {
    database?.close();
    throw sqliteError(error, path);
  }
}

// The package for Node 20 leaves a connection open behind the scenes until its prepared statements have been collected. Then at least its
// locks must not stay.
function withRollback(database: SqliteDatabase): SqliteDatabase {
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => database.prepare(sql),
    close: () => {
      try {
        database.exec("ROLLBACK");
      } catch {
        // No transaction was open.
      }
      database.close();
    },
  };
}

// Primary result codes, https://www.sqlite.org/rescode.html; extended codes carry the primary one in their low byte.
const codeByResult: Readonly<Record<number, StorageErrorCode>> = {
  3: "STORAGE_PERMISSION", // SQLITE_PERM
  5: "STORAGE_LOCKED", // SQLITE_BUSY
  6: "STORAGE_LOCKED", // SQLITE_LOCKED
  8: "STORAGE_PERMISSION", // SQLITE_READONLY
  10: "STORAGE_IO", // SQLITE_IOERR
  11: "STORAGE_CORRUPT", // SQLITE_CORRUPT
  13: "STORAGE_DISK_FULL", // SQLITE_FULL
  14: "STORAGE_PERMISSION", // SQLITE_CANTOPEN
  19: "STORAGE_CONSTRAINT", // SQLITE_CONSTRAINT
  23: "STORAGE_PERMISSION", // SQLITE_AUTH
  26: "STORAGE_CORRUPT", // SQLITE_NOTADB
};

const constraintByResult: Readonly<Record<number, string>> = {
  275: "check", // SQLITE_CONSTRAINT_CHECK
  787: "foreign key", // SQLITE_CONSTRAINT_FOREIGNKEY
  1299: "not null", // SQLITE_CONSTRAINT_NOTNULL
  1555: "unique", // SQLITE_CONSTRAINT_PRIMARYKEY
  2067: "unique", // SQLITE_CONSTRAINT_UNIQUE
};

// Until Node 20 goes: errors of its `all` and `iterate` come without a number.
const resultByMessage: readonly (readonly [RegExp, number])[] = [
  [/^UNIQUE constraint failed/, 2067],
  [/^FOREIGN KEY constraint failed/, 787],
  [/^NOT NULL constraint failed/, 1299],
  [/^CHECK constraint failed/, 275],
  [/constraint failed/, 19],
  [/^database disk image is malformed/, 11],
  [/^file is not a database/, 26],
  [/^database or disk is full/, 13],
  [/^database is locked/, 5],
  [/^database table is locked/, 6],
  [/^disk I\/O error/, 10],
  [/^attempt to write a readonly database/, 8],
  [/^unable to open database file/, 14],
  [/^out of memory/, 7],
];

/** SQLite's (extended) result code of what it threw, https://www.sqlite.org/rescode.html; undefined for anything else. */
export function sqliteResult(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errcode } = error as { errcode?: unknown };
  if (typeof errcode === "number") return errcode;
  return resultByMessage.find(([message]) => message.test(error.message))?.[1];
}

/** Turns what SQLite threw while working on `path` into a {@link StorageError}; one that is a StorageError already is returned as it is. */
export function sqliteError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const result = sqliteResult(error);
  const reason = error instanceof Error ? error.message : String(error);
  const constraint = result === undefined ? undefined : constraintByResult[result];
  return new StorageError(codeOf(result, path), `${path}: ${reason}`, {
    cause: error,
    details: { path, sqliteCode: result, ...(constraint === undefined ? {} : { constraint }) },
  });
}

function codeOf(result: number | undefined, path: string): StorageErrorCode {
  const code = (result === undefined ? undefined : codeByResult[result & 0xff]) ?? "STORAGE_FAILED";
  const isCannotOpen = result !== undefined && (result & 0xff) === 14;
  // On a full disk creating or growing one of the files beside the database fails with these, not with SQLITE_FULL.
  if ((code === "STORAGE_IO" || isCannotOpen) && isDiskFull(path)) return "STORAGE_DISK_FULL";
  if (isCannotOpen && !canHoldDatabase(path)) return "STORAGE_PATH_INVALID";
  return code;
}

function isDiskFull(path: string): boolean {
  try {
    const { bavail, files, ffree } = statfsSync(dirname(resolve(path)));
    return bavail === 0 || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}

function canHoldDatabase(path: string): boolean {
  try {
    return isFolder(dirname(resolve(path))) && !isFolder(path);
  } catch {
    // The folder may not be looked into, which is a matter of permission.
    return true;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
