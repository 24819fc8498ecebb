// Plain SQLite: the settings that durability and correctness rest on, and what its errors become.

import { StorageError } from "@switchboard/storage";
import { type SqliteDatabase, openSqlite, sqliteError } from "@switchboard/storage/sqlite";
import { tempFolder } from "@switchboard/testkit";
import { afterEach, describe, expect, it } from "vitest";

const opened: SqliteDatabase[] = [];
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

function open(...args: Parameters<typeof openSqlite>): SqliteDatabase {
  const database = openSqlite(...args);
  opened.push(database);
  return database;
}

function pragma(database: SqliteDatabase, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

describe("openSqlite", () => {
  it("syncs every commit to the disk unless told otherwise, keeps a write-ahead log, enforces foreign keys, waits for locks", () => {
    const path = `${tempFolder()}/file.db`;
    const database = open(path);
    const settings = ["synchronous", "journal_mode", "foreign_keys", "busy_timeout"];
    expect(settings.map((name) => pragma(database, name))).toEqual([2, "wal", 1, 5_000]);
    const relaxed = open(path, { synchronous: "normal", busyTimeoutMs: 7 });
    expect([pragma(relaxed, "synchronous"), pragma(relaxed, "busy_timeout")]).toEqual([1, 7]);
  });

  it("refuses writes when opened for reading only", () => {
    const path = `${tempFolder()}/file.db`;
    open(path).exec("CREATE TABLE t (a)");
    const reader = open(path, { readOnly: true });
    expect(() => reader.exec("INSERT INTO t VALUES (1)")).toThrow(/readonly/);
    expect(reader.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 0 });
  });

  it("keeps others out when exclusive, and lets them in after closing", () => {
    const path = `${tempFolder()}/file.db`;
    const owner = openSqlite(path, { exclusive: true });
    expect(() => openSqlite(path, { busyTimeoutMs: 10 })).toThrow(expect.objectContaining({ code: "STORAGE_LOCKED" }));
    owner.close();
    expect(pragma(open(path), "journal_mode")).toBe("wal");
  });

  it("rolls back what is open when it closes, and frees the lock", () => {
    const path = `${tempFolder()}/file.db`;
    open(path).exec("CREATE TABLE t (a)");
    const writer = openSqlite(path);
    writer.exec("BEGIN IMMEDIATE");
    writer.prepare("INSERT INTO t VALUES (1)").run();
    writer.close();
    const other = open(path, { busyTimeoutMs: 10 });
    other.exec("INSERT INTO t VALUES (2)");
    expect(other.prepare("SELECT a FROM t").all()).toEqual([{ a: 2 }]);
  });
});

describe("sqliteError", () => {
  const thrown = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };

  it.each(["run", "get", "all", "iterate"] as const)("knows what %s threw, whatever the version of Node", (method) => {
    const database = open(`${tempFolder()}/file.db`);
    database.exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b CHECK (b > 0)); INSERT INTO t VALUES (1, 1)");
    const codes = ["INSERT INTO t VALUES (1, 1) RETURNING a", "INSERT INTO t VALUES (2, 0) RETURNING a"].map((text) => {
      const error = thrown(() => {
        const result = database.prepare(text)[method]();
        return method === "iterate" ? Array.from(result as Iterable<unknown>) : result;
      });
      const { code, details } = sqliteError(error, "file.db");
      return [code, details["constraint"], details["path"]];
    });
    expect(codes).toEqual([
      ["STORAGE_CONSTRAINT", "unique", "file.db"],
      ["STORAGE_CONSTRAINT", "check", "file.db"],
    ]);
  });

  it("leaves a StorageError as it is, and calls what it does not know STORAGE_FAILED", () => {
    const known = new StorageError("STORAGE_LOCKED", "mine");
    expect(sqliteError(known, "file.db")).toBe(known);
    expect(sqliteError("odd", "file.db")).toMatchObject({ code: "STORAGE_FAILED", message: "file.db: odd" });
  });
});
