// What only the SQLite driver has to prove: that the event loop goes on, whose turn it is to write, and when a transaction is ended for it.

import type { Worker } from "node:worker_threads";
import { TestClock } from "@switchboard/core/testing";
import { type Sql, openSql } from "@switchboard/storage";
import { openSqlite } from "@switchboard/storage/sqlite";
import { tempFolder } from "@switchboard/testkit";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { codeOf } from "../code-of.ts";

type Tables = { things: { id: number } };

const path = `${tempFolder()}/sql.db`;
const clock = new TestClock();
let handle: Sql | undefined;
// Node announces each thread that starts; the first one writes.
let writerThread: Worker | undefined;
process.once("worker", (worker: Worker) => (writerThread = worker));
beforeAll(async () => {
  handle = await openSql({ driver: "sqlite", path, clock, maxPending: 50 });
  await handle.migrate("test", [{ name: "1", up: ["CREATE TABLE things (id INTEGER PRIMARY KEY)"] }]);
});
beforeEach(async () => {
  await things().deleteFrom("things").execute();
});
afterAll(async () => {
  await handle?.close();
});

function things(): Kysely<Tables> {
  if (handle === undefined) throw new Error("not open");
  return handle.db.withTables<Tables>();
}
const insert = (db: Kysely<Tables>, id: number): Promise<unknown> => db.insertInto("things").values({ id }).execute();
const slow = sql<{
  n: number;
}>`SELECT count(*) AS n FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) SELECT x FROM c)`;

it("a long query holds up neither the event loop nor writes nor other reads", async () => {
  const order: string[] = [];
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns++;
    if (!isOver) setImmediate(turn);
  };
  turn();
  await Promise.all([
    slow.execute(things()).then(({ rows }) => order.push(`long ${rows[0]?.n}`)),
    insert(things(), 1)
      .then(() => things().selectFrom("things").selectAll().execute())
      .then((rows) => order.push(`short ${rows.length}`)),
  ]);
  isOver = true;
  expect(order).toEqual(["short 1", "long 3000000"]);
  expect(turns).toBeGreaterThan(100);
});

it("statements called at once share a commit", async () => {
  const before = walFrames(path);
  await Promise.all(Array.from({ length: 40 }, (_, id) => insert(things(), id)));
  // One page of one table changes; alone, each would have written it once.
  expect(walFrames(path) - before).toBeLessThan(10);
});

it("a transaction that does nothing for too long is rolled back, and those who waited go on", async () => {
  const errors: unknown[] = [];
  const stuck = things()
    .transaction()
    .execute(async (transaction) => {
      await insert(transaction, 1);
      // The mistake: waiting inside for something that waits for the transaction to end.
      const outside = insert(things(), 2);
      await clock.advance(29_000);
      await transaction.selectFrom("things").selectAll().execute();
      // A statement starts the time anew.
      await clock.advance(29_000);
      expect(await codeOf(transaction.selectFrom("things").selectAll().execute())).toBe("resolved");
      await clock.advance(30_000);
      await outside;
      errors.push(await codeOf(insert(transaction, 3)));
    });
  expect(await codeOf(stuck)).toBe("STORAGE_TRANSACTION_TIMEOUT");
  expect(errors).toEqual(["STORAGE_TRANSACTION_TIMEOUT"]);
  expect(await things().selectFrom("things").selectAll().execute()).toEqual([{ id: 2 }]);
  expect(clock.pendingTimers).toBe(0);
});

it("what waits for a transaction is bounded", async () => {
  const waiting: Promise<unknown>[] = [];
  await things()
    .transaction()
    .execute(async (transaction) => {
      await insert(transaction, 1_000);
      for (let id = 0; id < 60; id++) waiting.push(codeOf(insert(things(), id)));
      await transaction.selectFrom("things").selectAll().execute();
    });
  const codes = await Promise.all(waiting);
  // The transaction's own statement may take up the fiftieth place.
  const resolved = codes.filter((code) => code === "resolved").length;
  expect([49, 50]).toContain(resolved);
  expect(codes.slice(resolved)).toEqual(Array.from({ length: 60 - resolved }, () => "STORAGE_OVERLOADED"));
});

it("a transaction that commits is followed at once by the next one who waits, in order", async () => {
  const order: number[] = [];
  const run = (id: number): Promise<void> =>
    things()
      .transaction()
      .execute(async (transaction) => {
        await insert(transaction, id);
        order.push(id);
        await transaction.selectFrom("things").selectAll().execute();
        order.push(id);
      });
  await Promise.all([run(1), run(2), run(3)]);
  expect(order).toEqual([1, 1, 2, 2, 3, 3]);
});

it("a transaction whose thread dies is lost as a whole, and the next one works", async () => {
  const lost = things()
    .transaction()
    .execute(async (transaction) => {
      await insert(transaction, 1);
      await writerThread?.terminate();
      // Must not slip into the thread that takes over.
      await insert(transaction, 2);
    });
  expect(await codeOf(lost)).toBe("STORAGE_CONNECTION_LOST");
  expect(await things().selectFrom("things").selectAll().execute()).toEqual([]);
  expect(
    await codeOf(
      things()
        .transaction()
        .execute((transaction) => insert(transaction, 3)),
    ),
  ).toBe("resolved");
  expect(await things().selectFrom("things").selectAll().execute()).toEqual([{ id: 3 }]);
});

it("statements that SQLite allows only outside of transactions run, those that would break one do not", async () => {
  expect(await codeOf(sql`VACUUM`.execute(things()))).toBe("resolved");
  expect((await sql`PRAGMA user_version`.execute(things())).rows).toEqual([{ user_version: 0 }]);
  expect(await codeOf(sql`BEGIN`.execute(things()))).toBe("STORAGE_ARGUMENT_INVALID");
  expect(await codeOf(sql`commit`.execute(things()))).toBe("STORAGE_ARGUMENT_INVALID");
  await sql.raw("INSERT INTO things VALUES (1); INSERT INTO things VALUES (2)").execute(things());
  expect(await codeOf(sql.raw("INSERT INTO things VALUES (3); INSERT INTO things VALUES (1)").execute(things()))).toBe(
    "STORAGE_CONSTRAINT",
  );
  expect(await things().selectFrom("things").selectAll().execute()).toEqual([{ id: 1 }, { id: 2 }]);
});

it.each([true, new Date(0), { a: 1 }, [1], Symbol("s")])(
  "a parameter %s is refused, and nothing else suffers",
  async (value) => {
    const bad = things()
      .insertInto("things")
      .values({ id: value as unknown as number })
      .execute();
    expect(await Promise.all([codeOf(insert(things(), 1)), codeOf(bad), codeOf(insert(things(), 2))])).toEqual([
      "resolved",
      "STORAGE_ARGUMENT_INVALID",
      "resolved",
    ]);
  },
);

it("a whole number that JavaScript cannot hold is an error, not another number", async () => {
  const other = openSqlite(path);
  other.exec("INSERT INTO things VALUES (9007199254740993)");
  other.close();
  expect(await codeOf(things().selectFrom("things").selectAll().execute())).toBe("STORAGE_FAILED");
});

it("more streams than one thread takes at a time are refused, and their places come free", async () => {
  await insert(things(), 1);
  await insert(things(), 2);
  const streams = Array.from({ length: 201 }, () =>
    things().selectFrom("things").selectAll().stream(1)[Symbol.asyncIterator](),
  );
  const codes = await Promise.all(streams.map((stream) => codeOf(stream.next())));
  expect(codes.filter((code) => code === "STORAGE_OVERLOADED").length).toBeGreaterThanOrEqual(1);
  for (const stream of streams) await stream.return?.(undefined);
  const again = things().selectFrom("things").selectAll().stream(1)[Symbol.asyncIterator]();
  expect(await again.next()).toEqual({ done: false, value: { id: 1 } });
  await again.return?.(undefined);
});

/** How many pages the write-ahead log has taken so far. */
function walFrames(file: string): number {
  const database = openSqlite(file);
  const { log } = database.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() ?? {};
  database.close();
  return Number(log);
}
