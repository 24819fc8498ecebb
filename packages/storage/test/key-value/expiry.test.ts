// Expired keys leave by themselves, and leave nothing behind.

import { TestClock } from "@switchboard/core/testing";
import { openKeyValue } from "@switchboard/storage";
import { openSqlite } from "@switchboard/storage/sqlite";
import { tempFolder, until } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { Engine } from "../../src/key-value/engine/engine.ts";
import { MemoryStore } from "../../src/key-value/memory/memory-store.ts";

it("8 memory: sweeping removes what has expired, and only that", () => {
  const store = new MemoryStore();
  const engine = new Engine(store);
  for (let index = 0; index < 2_500; index++) engine.run(["set", `short${index}`, "1", 1_000 + index], 0);
  engine.run(["set", "long", "1", 60_000], 0);
  engine.run(["set", "stays", "1", undefined], 0);
  engine.run(["set", "short0", "1", undefined], 0);
  expect(engine.nextExpiry()).toBe(1_001);
  // A thousand at a time.
  expect(engine.sweep(10_000)).toBe(2_001);
  expect(engine.sweep(10_000)).toBe(3_001);
  expect(engine.sweep(10_000)).toBe(60_000);
  expect([...store.keys()]).toEqual(["short0", "long", "stays"]);
});

it("8 memory: a store forgets expired keys without being asked for them", async () => {
  const clock = new TestClock();
  const store = await openKeyValue({ driver: "memory", clock });
  for (let index = 0; index < 100; index++) await store.set(`key${index}`, "1", { ttlMs: 500 });
  await store.set("later", "1", { ttlMs: 7_200_000 });
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(1_000);
  await clock.advance(7_200_000);
  // Nothing is left to wait for.
  expect(clock.pendingTimers).toBe(0);
  await store.close();
});

it("8 SQLite: rows of expired keys and their elements leave the file, found by an index", async () => {
  const path = `${tempFolder()}/key-value.db`;
  const clock = new TestClock();
  const store = await openKeyValue({ driver: "sqlite", path, clock });
  for (let index = 0; index < 20; index++) {
    await store.hset(`hash${index}`, { a: "1", b: "2" });
    await store.pexpire(`hash${index}`, 5_000);
    await store.rpush(`list${index}`, "a", "b");
    await store.pexpire(`list${index}`, 5_000);
  }
  await store.sadd("stays", "member");
  const database = openSqlite(path, { readOnly: true });
  const count = (table: string): unknown => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"];
  expect(["keys", "members", "elements"].map(count)).toEqual([41, 41, 40]);
  await until(async () => {
    await clock.advance(1_000);
    return count("keys") === 1;
  });
  expect(["keys", "members", "elements"].map(count)).toEqual([1, 1, 0]);
  const plan = database
    .prepare("EXPLAIN QUERY PLAN SELECT id FROM keys WHERE expires_at <= 5 ORDER BY expires_at LIMIT 9")
    .all();
  expect(JSON.stringify(plan)).toContain("keys_by_expiry");
  expect(JSON.stringify(plan)).not.toContain("SCAN");
  database.close();
  await store.close();
});

it("8 SQLite: what expired while nobody had the file open leaves it soon after it is opened", async () => {
  const path = `${tempFolder()}/key-value.db`;
  const clock = new TestClock();
  const first = await openKeyValue({ driver: "sqlite", path, clock });
  await first.set("key", "1", { ttlMs: 1_000 });
  await first.close();
  await clock.advance(3_600_000);
  const second = await openKeyValue({ driver: "sqlite", path, clock });
  const database = openSqlite(path, { readOnly: true });
  await clock.advance(1_000);
  expect(await until(() => database.prepare("SELECT count(*) AS n FROM keys").get()?.["n"] === 0)).toBe(true);
  database.close();
  await second.close();
});
