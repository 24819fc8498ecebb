// What happens when the connection to the database is lost: calls are tried again, and nothing is stored twice.

import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { openSql, type Sql, StorageError } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import type { KyselyPlugin } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Access } from "../../src/datastore/access.ts";
import { Datastore } from "../../src/datastore/index.ts";

const lost = (): StorageError => new StorageError("STORAGE_CONNECTION_LOST", "the connection broke");

describe("a lost connection", () => {
  let database: Sql;
  let datastore: Datastore;
  let clock: TestClock;
  /** How many statements fail next, after the database has carried them out. */
  let failures = 0;
  /** Of the datastore itself. */
  let ownTimers = 0;

  beforeEach(async () => {
    failures = 0;
    clock = new TestClock();
    database = await openSql({ driver: "sqlite", path: `${tempFolder()}/datastore.db` });
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (failures === 0) return result;
        failures--;
        throw lost();
      },
    };
    const flaky: Sql = {
      dialect: database.dialect,
      db: database.db.withPlugin(plugin),
      migrate: (namespace, migrations) => database.migrate(namespace, migrations),
      batch: (statements) => database.batch(statements),
      procedure: (module) => database.procedure(module),
      close: () => database.close(),
    };
    datastore = await Datastore.open(flaky, { clock });
    await datastore.createCollection("things", "text");
    await datastore.createCollection("numbered", "serial");
    ownTimers = clock.pendingTimers;
  });
  afterEach(async () => {
    datastore.close();
    await database.close();
  });

  /** Lets statements run, and time pass while somebody waits for it, until the promise is settled. */
  async function settled<Result>(promise: Promise<Result>): Promise<PromiseSettledResult<Result>> {
    const done = new AbortController();
    const outcome = Promise.allSettled([promise]).then(([result]) => {
      done.abort();
      return result;
    });
    while (!done.signal.aborted) {
      await new Promise((resolve) => setImmediate(resolve));
      if (clock.pendingTimers > ownTimers) await clock.advance(100);
    }
    return outcome;
  }

  it("a query is tried again", async () => {
    await datastore.insert("things", { n: 1 }, "a");
    failures = 3;
    expect(await settled(datastore.getById("things", "a"))).toMatchObject({ status: "fulfilled", value: { n: 1 } });
  });

  it("after ten seconds it is an error", async () => {
    failures = 1_000;
    const before = clock.now();
    expect(await settled(datastore.getById("things", "a"))).toMatchObject({
      reason: { code: "STORAGE_CONNECTION_LOST", retryable: true },
    });
    expect(1_000 - failures).toBe(11);
    expect(clock.now() - before).toBe(10_000);
  });

  it("a call that the database leaves without an answer for that long is not begun again", async () => {
    let attempts = 0;
    const access = new Access(clock, silentLogger);
    const silent = access.run(async () => {
      attempts++;
      await new Promise<void>((resolve) => clock.setTimer(resolve, 10_000));
      throw lost();
    });
    expect(await settled(silent)).toMatchObject({ reason: { code: "STORAGE_CONNECTION_LOST" } });
    expect(attempts).toBe(1);
  });

  it("an insert that was carried out before the connection broke is not a duplicate", async () => {
    failures = 1;
    expect(await settled(datastore.insert("things", { n: 1 }, "a"))).toMatchObject({ status: "fulfilled", value: "a" });
    expect(await datastore.query("things", null, { count: true })).toBe(1);
  });

  it("an insert of a key that somebody else has is one", async () => {
    await datastore.insert("things", { n: 1 }, "a");
    await clock.advance(1);
    failures = 0;
    expect(await settled(datastore.insert("things", { n: 2 }, "a"))).toMatchObject({
      reason: { code: "DATASTORE_DUPLICATE_KEY" },
    });
    expect(await datastore.getById("things", "a")).toMatchObject({ n: 1 });
  });

  it("an insert that the database numbers is not tried again, since it might be stored twice", async () => {
    failures = 1;
    expect(await settled(datastore.insert("numbered", {}))).toMatchObject({
      reason: { code: "STORAGE_CONNECTION_LOST" },
    });
    expect(await datastore.query("numbered", null, { count: true })).toBe(1);
  });

  it("an update is tried again, a rename is not", async () => {
    await datastore.insert("things", { n: 1 }, "a");
    failures = 1;
    expect(await settled(datastore.update("things", "a", { n: 2 }))).toMatchObject({ status: "fulfilled" });
    expect(await datastore.getById("things", "a")).toMatchObject({ n: 2 });
    failures = 1;
    expect(await settled(datastore.update("things", "a", { id: "b" }))).toMatchObject({
      reason: { code: "STORAGE_CONNECTION_LOST" },
    });
  });
});
