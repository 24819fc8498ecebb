// What goes wrong with a database file: disk full, locked, damaged, not permitted, not there. Each is told by its code, and writing goes on
// when the cause has gone.

import { existsSync, mkdirSync, openSync, closeSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { openKeyValue, openSql, type KeyValueStore, type Sql } from "@switchboard/storage";
import { openSqlite } from "@switchboard/storage/sqlite";
import { type SmallDisk, smallDisk, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { sql } from "kysely";
import { afterEach, describe, expect, it } from "vitest";
import { codeOf } from "../code-of.ts";

type Tables = { things: { id: number; text: string } };

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function keyValueAt(path: string): Promise<KeyValueStore> {
  const store = await openKeyValue({ driver: "sqlite", path, lockTimeoutMs: 50 });
  closers.push(() => store.close());
  return store;
}

async function sqlAt(path: string): Promise<Sql> {
  const handle = await openSql({ driver: "sqlite", path, lockTimeoutMs: 50 });
  closers.push(() => handle.close());
  await handle.migrate("test", [
    { name: "1", up: ["CREATE TABLE things (id BIGINT PRIMARY KEY, text TEXT NOT NULL)"] },
  ]);
  return handle;
}

const big = "x".repeat(50_000);

describe("a full disk", () => {
  // The reporter counts by what stands in brackets.
  const disk: SmallDisk | undefined = smallDisk(4 * 1024 * 1024);
  const needs = disk === undefined ? " [needs a mounted disk, which takes root]" : "";
  const folder = disk?.path ?? "";
  const filler = `${folder}/filler`;
  const fill = (): void => writeFileSync(filler, Buffer.alloc(2 * 1024 * 1024));

  describe.runIf(disk !== undefined)(`really full${needs}`, () => {
    it("fails key-value writes with STORAGE_DISK_FULL while reads go on, and lets writes go on when there is room", async () => {
      fill();
      const store = await keyValueAt(`${folder}/key-value.db`);
      await store.set("early", "1");
      const stored: string[] = [];
      let code: unknown;
      for (let index = 0; code === undefined; index++) {
        const result = await codeOf(store.set(`key${index}`, big));
        if (result === "resolved") stored.push(`key${index}`);
        else code = result;
      }
      expect(code).toBe("STORAGE_DISK_FULL");
      // In one batch: the write fails, the reads around it do not.
      const together = await Promise.all([
        store.get("early"),
        codeOf(store.set("more", big)),
        codeOf(store.hset("hash", { field: big })),
        store.get("early"),
      ]);
      expect(together).toEqual(["1", "STORAGE_DISK_FULL", "STORAGE_DISK_FULL", "1"]);
      rmSync(filler);
      expect(await codeOf(store.set("more", big))).toBe("resolved");
      for (const key of stored) expect(await store.get(key)).toBe(big);
      expect([await store.exists("hash"), await store.get("more")]).toEqual([false, big]);
      await store.close();
      rmSync(`${folder}/key-value.db`);
    });

    it("fails SQL statements, batches and whole transactions, and lets them go on when there is room", async () => {
      fill();
      const handle = await sqlAt(`${folder}/sql.db`);
      const db = handle.db.withTables<Tables>();
      let last = 0;
      let code: unknown;
      while (code === undefined) {
        const result = await codeOf(db.insertInto("things").values({ id: ++last, text: big }).execute());
        if (result !== "resolved") code = result;
      }
      expect(code).toBe("STORAGE_DISK_FULL");
      const transaction = db.transaction().execute(async (transaction) => {
        await transaction.insertInto("things").values({ id: 10_001, text: "small" }).execute();
        for (let id = 10_002; id < 10_200; id++)
          await transaction.insertInto("things").values({ id, text: big }).execute();
      });
      expect(await codeOf(transaction)).toBe("STORAGE_DISK_FULL");
      const units = [20_001, 20_002, 20_003].map((id) =>
        codeOf(db.insertInto("things").values({ id, text: big }).execute()),
      );
      expect(await Promise.all(units)).toEqual(["STORAGE_DISK_FULL", "STORAGE_DISK_FULL", "STORAGE_DISK_FULL"]);
      const count = db.selectFrom("things").select((eb) => eb.fn.countAll<number>().as("n"));
      expect(await count.execute()).toEqual([{ n: last - 1 }]);
      rmSync(filler);
      await db.insertInto("things").values({ id: last, text: big }).execute();
      expect(await count.execute()).toEqual([{ n: last }]);
      await handle.close();
      rmSync(`${folder}/sql.db`);
    });

    it("fails opening with STORAGE_DISK_FULL", async () => {
      const fillUp = (): void => {
        const descriptor = openSync(filler, "a");
        expect(() => {
          for (;;) writeSync(descriptor, Buffer.alloc(64 * 1024));
        }).toThrow(/ENOSPC/);
        closeSync(descriptor);
      };
      let count = 0;
      const isFull = async (open: (path: string) => Promise<unknown>): Promise<boolean> => {
        fillUp();
        return (await codeOf(open(`${folder}/new/${++count}.db`))) === "STORAGE_DISK_FULL";
      };
      // What the tests before have removed may be closed, and its room given back, a moment later.
      expect(await until(() => isFull((path) => openKeyValue({ driver: "sqlite", path })))).toBe(true);
      expect(await until(() => isFull((path) => openSql({ driver: "sqlite", path })))).toBe(true);
      rmSync(filler);
    });
  });

  it("as SQLite's own limit tells it, fails writes until the limit is lifted", async () => {
    const handle = await sqlAt(`${tempFolder()}/sql.db`);
    const db = handle.db.withTables<Tables>();
    await sql`PRAGMA max_page_count = 30`.execute(db);
    const insert = (id: number): Promise<unknown> =>
      codeOf(db.insertInto("things").values({ id, text: big }).execute());
    const codes = [];
    for (let id = 0; id < 5; id++) codes.push(await insert(id));
    expect(codes.at(-1)).toBe("STORAGE_DISK_FULL");
    await sql`PRAGMA max_page_count = 100000`.execute(db);
    expect(await insert(100)).toBe("resolved");
  });
});

describe("a locked file", () => {
  it("fails opening with STORAGE_LOCKED while another process owns it, and opens when that is gone", async () => {
    const path = `${tempFolder()}/file.db`;
    await (await keyValueAt(path)).close();
    const owner = spawnNode(new URL("own-file.ts", import.meta.url), [path]);
    await owner.lines.next();
    expect(await codeOf(openKeyValue({ driver: "sqlite", path, lockTimeoutMs: 50 }))).toBe("STORAGE_LOCKED");
    expect(await codeOf(openSql({ driver: "sqlite", path, lockTimeoutMs: 50 }))).toBe("STORAGE_LOCKED");
    await owner.kill();
    const store = await keyValueAt(path);
    expect(await codeOf(store.set("key", "1"))).toBe("resolved");
  });

  it("fails writes while another connection has a transaction open, and lets reads and later writes go on", async () => {
    const folder = tempFolder();
    const store = await keyValueAt(`${folder}/key-value.db`);
    const handle = await sqlAt(`${folder}/sql.db`);
    const db = handle.db.withTables<Tables>();
    await store.set("key", "1");
    const others = ["key-value.db", "sql.db"].map((name) => openSqlite(`${folder}/${name}`));
    for (const other of others) other.exec("BEGIN IMMEDIATE");
    const insert = (id: number): Promise<unknown> => codeOf(db.insertInto("things").values({ id, text: "" }).execute());
    expect(
      await Promise.all([
        codeOf(store.set("key", "2")),
        store.get("key"),
        insert(1),
        insert(2),
        codeOf(db.transaction().execute(async () => undefined)),
        codeOf(db.selectFrom("things").selectAll().execute()),
      ]),
    ).toEqual(["STORAGE_LOCKED", "1", "STORAGE_LOCKED", "STORAGE_LOCKED", "STORAGE_LOCKED", "resolved"]);
    for (const other of others) other.close();
    expect([await codeOf(store.set("key", "2")), await insert(1)]).toEqual(["resolved", "resolved"]);
  });
});

describe("a damaged file", () => {
  it.each(["openKeyValue", "openSql"])(
    "that is no database fails %s with STORAGE_CORRUPT and is left alone",
    async (name) => {
      const path = `${tempFolder()}/file.db`;
      const text = "This is not a database. ".repeat(1_000);
      writeFileSync(path, text);
      const open =
        name === "openKeyValue" ? openKeyValue({ driver: "sqlite", path }) : openSql({ driver: "sqlite", path });
      const error: unknown = await open.catch((error: unknown) => error);
      expect(error).toMatchObject({ code: "STORAGE_CORRUPT", retryable: false });
      expect((error as Error).message).toContain(path);
      expect(statSync(path).size).toBe(text.length);
    },
  );

  it("with damaged pages fails the reads that meet them with STORAGE_CORRUPT", async () => {
    const path = `${tempFolder()}/file.db`;
    const writing = await sqlAt(path);
    const rows = Array.from({ length: 200 }, (_, id) => ({ id, text: "y".repeat(2_000) }));
    await writing.db.withTables<Tables>().insertInto("things").values(rows).execute();
    await writing.close();
    const descriptor = openSync(path, "r+");
    for (let page = 3; page < 60; page++) writeSync(descriptor, Buffer.alloc(4_096, 0xab), 0, 4_096, page * 4_096);
    closeSync(descriptor);
    const handle = await openSql({ driver: "sqlite", path });
    closers.push(() => handle.close());
    expect(await codeOf(handle.db.withTables<Tables>().selectFrom("things").selectAll().execute())).toBe(
      "STORAGE_CORRUPT",
    );
  });

  it("from a newer version fails with STORAGE_SCHEMA_NEWER", async () => {
    const path = `${tempFolder()}/file.db`;
    await (await keyValueAt(path)).close();
    const database = openSqlite(path);
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(await codeOf(openKeyValue({ driver: "sqlite", path }))).toBe("STORAGE_SCHEMA_NEWER");
  });
});

describe("a path that will not do", () => {
  it.each([
    ["a folder", (folder: string) => folder],
    ["below a file", (folder: string) => `${folder}/file/below/file.db`],
  ])("%s fails with STORAGE_PATH_INVALID", async (_, pathIn) => {
    const folder = tempFolder();
    writeFileSync(`${folder}/file`, "");
    const path = pathIn(folder);
    expect(await codeOf(openKeyValue({ driver: "sqlite", path }))).toBe("STORAGE_PATH_INVALID");
    expect(await codeOf(openSql({ driver: "sqlite", path }))).toBe("STORAGE_PATH_INVALID");
  });

  it("in a folder that is missing fails plain SQLite with STORAGE_PATH_INVALID", () => {
    expect(() => openSqlite(`${tempFolder()}/missing/file.db`)).toThrow(
      expect.objectContaining({ code: "STORAGE_PATH_INVALID" }),
    );
  });

  it("in memory or nowhere is refused for SQL", async () => {
    expect(await codeOf(openSql({ driver: "sqlite", path: ":memory:" }))).toBe("STORAGE_ARGUMENT_INVALID");
    expect(await codeOf(openSql({ driver: "sqlite", path: "" }))).toBe("STORAGE_ARGUMENT_INVALID");
    expect(existsSync(":memory:")).toBe(false);
  });
});

describe("missing permission", () => {
  const isRoot = process.getuid?.() === 0;
  it.each([
    ["a folder that may not be written", "folder"],
    ["a file that may not be written", "file"],
    ["a folder that may not be looked into", "closed"],
  ])("%s fails opening with STORAGE_PERMISSION, before any write", async (_, kind) => {
    const base = tempFolder();
    const folder = `${base}/data`;
    mkdirSync(folder);
    if (kind === "file") {
      const store = await openKeyValue({ driver: "sqlite", path: `${folder}/file.db` });
      await store.close();
    }
    // Root may do everything, so the child becomes nobody.
    const child = spawnNode(new URL("open-as-nobody.ts", import.meta.url), [folder, kind, isRoot ? "setuid" : "stay"]);
    const lines: string[] = [];
    for await (const line of child.lines) lines.push(line);
    expect(lines).toEqual(["openKeyValue STORAGE_PERMISSION", "openSql STORAGE_PERMISSION"]);
  });
});
