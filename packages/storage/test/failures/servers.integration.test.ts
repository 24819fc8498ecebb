// What goes wrong with a server: not there, killed, connection cut, no answer, login refused. Writes go on when it is back.

import { type KeyValueStore, type Sql, openKeyValue, openSql } from "@switchboard/storage";
import { TcpProxy, describeWithServer, freePort, until } from "@switchboard/testkit";
import { Redis } from "ioredis";
import { sql } from "kysely";
import { afterEach, describe, expect, it } from "vitest";
import { codeOf } from "../code-of.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function keyValueOn(port: number, answerTimeoutMs = 10_000): Promise<KeyValueStore> {
  const store = await openKeyValue({ driver: "redis", url: `redis://127.0.0.1:${port}`, answerTimeoutMs });
  closers.push(() => store.close());
  return store;
}

async function sqlOn(port: number, transactionTimeoutMs = 30_000): Promise<Sql> {
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const handle = await openSql({ driver: "postgresql", url, transactionTimeoutMs, maxConnections: 2 });
  closers.push(() => handle.close());
  return handle;
}

async function proxyTo(port: number): Promise<TcpProxy> {
  const proxy = await TcpProxy.start({ targetPort: port });
  closers.push(() => proxy.close());
  return proxy;
}

const isUp = (handle: Sql) => async (): Promise<boolean> =>
  (await codeOf(sql`SELECT 1`.execute(handle.db))) === "resolved";

describe("a server that is not there", () => {
  it("fails opening with STORAGE_CONNECTION_LOST, and tells no password", async () => {
    const port = await freePort();
    const fails = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);
    const redis = `redis://user:pass-word@127.0.0.1:${port}`;
    const postgresql = `postgresql://user:pass-word@127.0.0.1:${port}/db`;
    const errors = [
      await fails(openKeyValue({ driver: "redis", url: redis, connectTimeoutMs: 200 })),
      await fails(openSql({ driver: "postgresql", url: postgresql, connectTimeoutMs: 200 })),
    ];
    for (const error of errors) {
      expect(error).toMatchObject({ code: "STORAGE_CONNECTION_LOST", retryable: true });
      const { stack, cause } = error as Error;
      expect(stack).toContain(`127.0.0.1:${port}`);
      expect(`${stack}${JSON.stringify(error)}${String((cause as Error | undefined)?.stack)}`).not.toContain(
        "pass-word",
      );
    }
  });

  it("fails opening with STORAGE_ARGUMENT_INVALID when its URL is none", async () => {
    expect(await codeOf(openKeyValue({ driver: "redis", url: "secret stuff" }))).toBe("STORAGE_ARGUMENT_INVALID");
    expect(await codeOf(openSql({ driver: "postgresql", url: "secret stuff" }))).toBe("STORAGE_ARGUMENT_INVALID");
  });
});

describeWithServer("redis", "Redis", (server) => {
  it("killed: calls reject with STORAGE_CONNECTION_LOST; started again: they succeed, and nothing resolved is lost", async () => {
    const store = await keyValueOn(server().port);
    await store.set("before", "1");
    const atomic = (): Promise<unknown> =>
      store.atomic(async (group) => {
        await group.get("before");
        group.set("group", "1");
      });
    await atomic();
    await server().kill();
    expect(await codeOf(store.set("key", "1"))).toBe("STORAGE_CONNECTION_LOST");
    expect(await codeOf(store.get("before"))).toBe("STORAGE_CONNECTION_LOST");
    expect(await codeOf(store.keys())).toBe("STORAGE_CONNECTION_LOST");
    await server().start();
    await until(async () => (await codeOf(store.set("key", "2"))) === "resolved");
    expect([await store.get("before"), await store.get("key")]).toEqual(["1", "2"]);
    // The new process does not know the script yet.
    expect(await codeOf(atomic())).toBe("resolved");
  });

  it("cut off while a call is under way: the call rejects, is not repeated, and the next ones succeed", async () => {
    const proxy = await proxyTo(server().port);
    const store = await keyValueOn(proxy.port);
    await store.delete("counter");
    expect(await store.incrby("counter")).toBe(1);
    proxy.stall();
    const calls = [codeOf(store.incrby("counter")), codeOf(store.get("counter"))];
    proxy.cut();
    expect(await Promise.all(calls)).toEqual(["STORAGE_CONNECTION_LOST", "STORAGE_CONNECTION_LOST"]);
    await proxy.heal();
    await until(async () => (await codeOf(store.get("counter"))) === "resolved");
    expect(Number(await store.get("counter"))).toBe(1);
  });

  it("that answers nothing any more counts as lost after answerTimeoutMs", async () => {
    const proxy = await proxyTo(server().port);
    const store = await keyValueOn(proxy.port, 100);
    // On a busy machine a server that is well may take longer, too.
    await until(async () => (await codeOf(store.set("key", "1"))) === "resolved");
    proxy.stall();
    expect(await codeOf(store.get("key"))).toBe("STORAGE_CONNECTION_LOST");
    await proxy.heal();
    await until(async () => (await codeOf(store.get("key"))) === "resolved");
  });

  it("that wants a password fails opening with STORAGE_PERMISSION at once", async () => {
    const admin = new Redis(server().url);
    closers.push(() => admin.disconnect());
    await admin.config("SET", "requirepass", "pass-word");
    const url = (password: string): string => `redis://:${password}@127.0.0.1:${server().port}`;
    const error: unknown = await openKeyValue({ driver: "redis", url: url("wrong-word") }).catch(
      (error: unknown) => error,
    );
    const none: unknown = await codeOf(openKeyValue({ driver: "redis", url: server().url }));
    const right = await openKeyValue({ driver: "redis", url: url("pass-word") });
    expect(await codeOf(right.get("key"))).toBe("resolved");
    await right.close();
    await admin.config("SET", "requirepass", "");
    expect(error).toMatchObject({ code: "STORAGE_PERMISSION", retryable: false });
    expect(none).toBe("STORAGE_PERMISSION");
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain("wrong-word");
  });

  it("out of memory fails writes with STORAGE_MEMORY_FULL until there is room", async () => {
    const store = await keyValueOn(server().port);
    const admin = new Redis(server().url);
    closers.push(() => admin.disconnect());
    await admin.config("SET", "maxmemory", "1");
    const code = await codeOf(store.set("key", "1"));
    await admin.config("SET", "maxmemory", "0");
    expect([code, await codeOf(store.set("key", "1"))]).toEqual(["STORAGE_MEMORY_FULL", "resolved"]);
  });
});

describeWithServer("postgresql", "PostgreSQL", (server) => {
  it("killed: statements reject with STORAGE_CONNECTION_LOST; started again: they succeed", async () => {
    const handle = await sqlOn(server().port);
    await sql`CREATE TABLE IF NOT EXISTS kept (n BIGINT)`.execute(handle.db);
    await sql`INSERT INTO kept VALUES (1)`.execute(handle.db);
    // One connection is idle, one sits in a transaction between two statements.
    let insideCode: unknown;
    const transaction = handle.db.transaction().execute(async (transaction) => {
      await sql`INSERT INTO kept VALUES (2)`.execute(transaction);
      await server().kill();
      // The server's other processes end when they notice that the first one has, which takes them a moment.
      insideCode = await until(async () => {
        const code = await codeOf(sql`SELECT 1`.execute(transaction));
        return code === "resolved" ? undefined : code;
      });
    });
    expect(await codeOf(transaction)).toBe("STORAGE_CONNECTION_LOST");
    expect(insideCode).toBe("STORAGE_CONNECTION_LOST");
    expect(await codeOf(sql`INSERT INTO kept VALUES (4)`.execute(handle.db))).toBe("STORAGE_CONNECTION_LOST");
    await server().start();
    await until(isUp(handle));
    await sql`INSERT INTO kept VALUES (5)`.execute(handle.db);
    expect((await sql`SELECT n FROM kept ORDER BY n`.execute(handle.db)).rows).toEqual([{ n: 1 }, { n: 5 }]);
  });

  it("cut off while a statement is under way: it rejects, and the next ones succeed", async () => {
    const proxy = await proxyTo(server().port);
    const handle = await sqlOn(proxy.port);
    const sleeping = codeOf(sql`SELECT pg_sleep(60)`.execute(handle.db));
    await until(async () => proxy.connections > 0);
    proxy.cut();
    expect(await sleeping).toBe("STORAGE_CONNECTION_LOST");
    await until(isUp(handle));
  });

  it("halted: statements reject with STORAGE_CONNECTION_LOST, awake again: they succeed; a long statement is waited for", async () => {
    const url = `postgresql://postgres@127.0.0.1:${server().port}/postgres`;
    // On a busy machine a server that is well may need a second to say so.
    const handle = await openSql({ driver: "postgresql", url, answerTimeoutMs: 3_000, connectTimeoutMs: 600_000 });
    closers.push(() => handle.close());
    const one = (): Promise<unknown> => codeOf(sql`SELECT 1`.execute(handle.db));
    expect(await codeOf(sql`SELECT pg_sleep(4)`.execute(handle.db))).toBe("resolved");
    server().hang();
    expect(await one()).toBe("STORAGE_CONNECTION_LOST");
    // From now on at once: a new connection would have ten minutes to come about.
    expect(await one()).toBe("STORAGE_CONNECTION_LOST");
    server().wake();
    await until(isUp(handle));
  });

  it("ends a transaction that does nothing for too long", async () => {
    const handle = await sqlOn(server().port, 50);
    const outcome = handle.db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(transaction);
      const process = sql`SELECT 1 FROM pg_stat_activity WHERE pid = ${rows[0]?.pid}`;
      await until(async () => (await process.execute(handle.db)).rows.length === 0);
      // What it said before it ended has come; now it can be read.
      await new Promise((resolve) => setImmediate(resolve));
      await sql`SELECT 1`.execute(transaction);
    });
    expect(await codeOf(outcome)).toBe("STORAGE_TRANSACTION_TIMEOUT");
    await until(isUp(handle));
  });

  it("rejects what would wait for a connection beyond maxPending", async () => {
    const url = `postgresql://postgres@127.0.0.1:${server().port}/postgres`;
    const handle = await openSql({ driver: "postgresql", url, maxConnections: 1, maxPending: 2 });
    closers.push(() => handle.close());
    const codes = await Promise.all(
      Array.from({ length: 5 }, () => codeOf(sql`SELECT pg_sleep(0.05)`.execute(handle.db))),
    );
    // One runs, or waits for the only connection as well; two wait; the others are too many.
    const resolved = codes.filter((code) => code === "resolved").length;
    expect(resolved).toBeGreaterThanOrEqual(2);
    expect(codes.slice(resolved)).toEqual(Array.from({ length: 5 - resolved }, () => "STORAGE_OVERLOADED"));
    expect(resolved).toBeLessThan(5);
  });

  it("tells transactions that met apart from mistakes", async () => {
    const handle = await sqlOn(server().port);
    await sql`CREATE TABLE IF NOT EXISTS met (n BIGINT)`.execute(handle.db);
    const serializable = (): Promise<void> =>
      handle.db
        .transaction()
        .setIsolationLevel("serializable")
        .execute(async (transaction) => {
          const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM met`.execute(transaction);
          await sql`SELECT pg_sleep(0.05)`.execute(transaction);
          await sql`INSERT INTO met VALUES (${rows[0]?.n})`.execute(transaction);
        });
    const codes = await Promise.all([codeOf(serializable()), codeOf(serializable())]);
    expect(codes.toSorted()).toEqual(["STORAGE_CONFLICT", "resolved"]);
  });

  it("that refuses a login fails opening at once", async () => {
    const url = `postgresql://nobody-known:pass-word@127.0.0.1:${server().port}/postgres`;
    const error: unknown = await openSql({ driver: "postgresql", url }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "STORAGE_PERMISSION" });
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain("pass-word");
  });

  it("tells no values of rows that break a rule", async () => {
    const handle = await sqlOn(server().port);
    await sql`CREATE TABLE IF NOT EXISTS secrets (token TEXT PRIMARY KEY)`.execute(handle.db);
    await sql`INSERT INTO secrets VALUES ('hunter2')`.execute(handle.db);
    const error: unknown = await sql`INSERT INTO secrets VALUES (${"hunter2"})`
      .execute(handle.db)
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "STORAGE_CONSTRAINT", details: { constraint: "unique", table: "secrets" } });
    expect(JSON.stringify([error, (error as Error).cause]) + (error as Error).stack).not.toContain("hunter2");
  });
});
