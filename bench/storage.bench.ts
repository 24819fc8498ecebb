// Key-value stores and the SQL handle against the plain libraries under them. Plain SQLite runs in the same thread and blocks it, which is the
// most it can do and what ours must not; the ratios say what the way to a thread costs, and what group commit wins back.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openKeyValue, openSql, type KeyValue } from "@switchboard/storage";
import { openSqlite, type SqliteDatabase } from "@switchboard/storage/sqlite";
import { startRedis } from "@switchboard/testkit";
import { Redis } from "ioredis";
import { type Contender, fact, header, race } from "./harness.ts";

const keys = 10_000;
// Another one each time: SQLite writes nothing, and so synchronises nothing, when a row gets the bytes that it has.
let lastValue = 0;
const newValue = (): string => String(++lastValue).padStart(200, "v");
const keyOf = (index: number): string => `bench:${index % keys}`;

header("storage", ["ioredis", "kysely"]);
const folder = mkdtempSync(`${tmpdir()}/switchboard-bench-`);
const redisServer = await startRedis();
const redis = new Redis(redisServer.url);
const plain = plainSqlite(`${folder}/plain.db`);
const stores = {
  "KeyValue, SQLite": await openKeyValue({ driver: "sqlite", path: `${folder}/key-value.db` }),
  "KeyValue, memory": await openKeyValue({ driver: "memory" }),
  "KeyValue, Redis": await openKeyValue({ driver: "redis", url: redisServer.url }),
};

for (const inFlight of [1, 64, 512]) {
  const set = (name: string, call: (index: number) => unknown): Contender => contender(name, inFlight, call);
  await race({
    title: `set 200 bytes, ${inFlight} in flight (SQLite with fsync, Redis with its log)`,
    operations: inFlight === 1 ? 2_000 : 20_000,
    rounds: 5,
    contenders: [
      { name: "plain SQLite, a commit per in-flight window", run: (operations) => plain.set(operations, inFlight) },
      set("KeyValue, SQLite", (index) => stores["KeyValue, SQLite"].set(keyOf(index), newValue())),
      set("ioredis", (index) => redis.set(keyOf(index), newValue())),
      set("KeyValue, Redis", (index) => stores["KeyValue, Redis"].set(keyOf(index), newValue())),
      set("KeyValue, memory", (index) => stores["KeyValue, memory"].set(keyOf(index), newValue())),
    ],
    targets: [{ of: "KeyValue, Redis", against: "ioredis", atLeast: inFlight === 1 ? 0.75 : 0.85 }],
  });
  await race({
    title: `get 200 bytes, ${inFlight} in flight`,
    operations: inFlight === 1 ? 5_000 : 40_000,
    rounds: 5,
    contenders: [
      { name: "plain SQLite", run: (operations) => plain.get(operations) },
      get("KeyValue, SQLite", inFlight, stores["KeyValue, SQLite"]),
      contender("ioredis", inFlight, (index) => redis.get(keyOf(index))),
      get("KeyValue, Redis", inFlight, stores["KeyValue, Redis"]),
      get("KeyValue, memory", inFlight, stores["KeyValue, memory"]),
    ],
    targets: [{ of: "KeyValue, Redis", against: "ioredis", atLeast: inFlight === 1 ? 0.75 : 0.85 }],
  });
}

await sqlRaces();
await eventLoop();

for (const store of Object.values(stores)) await store.close();
redis.disconnect();
plain.database.close();
await redisServer.stop();
rmSync(folder, { recursive: true });

async function sqlRaces(): Promise<void> {
  const sql = await openSql({ driver: "sqlite", path: `${folder}/sql.db` });
  await sql.migrate("bench", [{ name: "1", up: ["CREATE TABLE kv (k TEXT PRIMARY KEY, v TEXT NOT NULL)"] }]);
  const db = sql.db.withTables<{ kv: { k: string; v: string } }>();
  const upsert = (index: number) => {
    const v = newValue();
    return db
      .insertInto("kv")
      .values({ k: keyOf(index), v })
      .onConflict((conflict) => conflict.column("k").doUpdateSet({ v }));
  };
  const inFlight = 64;
  await race({
    title: `SQL on SQLite: insert or update a row, ${inFlight} in flight`,
    operations: 10_000,
    rounds: 5,
    contenders: [
      { name: "plain SQLite, a commit per row", run: (operations) => plain.set(operations, 1) },
      { name: "plain SQLite, a commit per 64 rows", run: (operations) => plain.set(operations, 64) },
      contender("Sql", inFlight, (index) => upsert(index).execute()),
      contender("Sql, transactions of one", 1, (index) =>
        db.transaction().execute((transaction) => transaction.executeQuery(upsert(index))),
      ),
      contender("Sql, batches of four", inFlight / 4, (index) =>
        index % 4 === 0 ? sql.batch([0, 1, 2, 3].map((step) => upsert(index + step))) : undefined,
      ),
    ],
  });
  await race({
    title: `SQL on SQLite: select a row by key, ${inFlight} in flight`,
    operations: 20_000,
    rounds: 5,
    contenders: [
      { name: "plain SQLite", run: (operations) => plain.get(operations) },
      contender("Sql", inFlight, (index) =>
        db.selectFrom("kv").select("v").where("k", "=", keyOf(index)).executeTakeFirst(),
      ),
    ],
  });
  await sql.close();
}

async function eventLoop(): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await contender("", 512, (index) => stores["KeyValue, SQLite"].set(keyOf(index), newValue())).run(100_000);
  delay.disable();
  const p99 = delay.percentile(99) / 1e6;
  fact("event-loop delay while 512 SQLite sets are in flight, p99", `${p99.toFixed(1)} ms`, p99 < 10);
}

/** Calls with up to `inFlight` of them without an answer. */
function contender(name: string, inFlight: number, call: (index: number) => unknown): Contender {
  return {
    name,
    run: async (operations) => {
      let next = 0;
      const worker = async (): Promise<void> => {
        while (next < operations) await call(next++);
      };
      await Promise.all(Array.from({ length: inFlight }, worker));
    },
  };
}

function get(name: string, inFlight: number, store: KeyValue): Contender {
  return {
    ...contender(name, inFlight, (index) => store.get(keyOf(index))),
    check: async () => {
      const value = newValue();
      await store.set(keyOf(0), value);
      if ((await store.get(keyOf(0))) !== value) throw new Error(`${name} does not return what was stored`);
    },
  };
}

/** SQLite in this thread, with one table of texts. */
function plainSqlite(path: string): {
  readonly database: SqliteDatabase;
  set(operations: number, perCommit: number): Promise<void>;
  get(operations: number): Promise<void>;
} {
  const database = openSqlite(path);
  database.exec("CREATE TABLE kv (k TEXT PRIMARY KEY, v TEXT NOT NULL)");
  const upsert = database.prepare("INSERT INTO kv VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v");
  const select = database.prepare("SELECT v FROM kv WHERE k = ?");
  return {
    database,
    set: async (operations, perCommit) => {
      for (let index = 0; index < operations;) {
        database.exec("BEGIN IMMEDIATE");
        for (let step = 0; step < perCommit && index < operations; step++) upsert.run(keyOf(index++), newValue());
        database.exec("COMMIT");
      }
    },
    get: async (operations) => {
      for (let index = 0; index < operations; index++) select.get(keyOf(index));
    },
  };
}
