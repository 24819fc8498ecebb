// Session tokens over a restart of the server, and what makes them worthless for good. A real datastore below, connections in memory above.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TestClock } from "@switchboard/core/testing";
import { errno, type ServerFrame } from "@switchboard/protocol";
import { openSql, type Sql, StorageError } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KeptTokens } from "../../src/auth/index.ts";
import { Datastore } from "../../src/datastore/index.ts";
import { type MemoryClient, unixPeer } from "../../src/testing/memory-connection.ts";
import { authenticate, authenticateByToken, newServer, settle, type TestServer, tokenOf } from "./kit.ts";

const lifetimeMs = 600_000;
const patient = { timeout: 20_000 };
const refused = { namespace: "rpc", name: "error", args: { code: errno.EACCES } };
const accepted = { name: "response", args: [expect.any(String), 600, "root"] };
let folder: string;
let clock: TestClock;
let sql: Sql;
let datastore: Datastore;
let kept: KeptTokens;
let server: TestServer;

beforeEach(async () => {
  folder = tempFolder();
  clock = new TestClock();
  sql = await openSql({ driver: "sqlite", path: join(folder, "server.db") });
  datastore = await Datastore.open(sql, { clock });
  await start();
});

afterEach(async () => {
  datastore.close();
  await sql.close();
});

async function start(): Promise<void> {
  kept = await KeptTokens.open(datastore, { lifetimeMs, clock });
  server = newServer({ clock, keptTokens: kept });
}

/** The next start without an end of the last one: nothing is written any more, as after a kill. */
const crash = start;

async function restart(): Promise<void> {
  await server.context.logins.close();
  await start();
}

async function logIn(client: MemoryClient): Promise<string> {
  return tokenOf(await authenticate(client, "root", "correct"));
}

function byToken(token: string, client = server.connect()): Promise<ServerFrame> {
  return authenticateByToken(client, token);
}

describe("a session's token", () => {
  test.each([
    ["a restart", restart],
    ["a crash", crash],
  ])("logs in after %s, as often as the server starts, until its lifetime is over", async (_what, startAgain) => {
    let token = await logIn(server.connect());
    for (let round = 0; round < 3; round++) {
      await startAgain();
      await clock.advance(400_000);
      const answer = await byToken(token);
      expect(answer).toMatchObject(accepted);
      token = tokenOf(answer);
    }
    await startAgain();
    await clock.advance(lifetimeMs);
    expect(await byToken(token)).toMatchObject(refused);
  });

  test("of a local client, which has no lifetime, gets one when the server starts without it", async () => {
    const tokens = [await logIn(server.connect(unixPeer)), await logIn(server.connect(unixPeer))] as const;
    await clock.advance(10 * lifetimeMs);
    await crash();
    await clock.advance(lifetimeMs - 1);
    expect(await byToken(tokens[0])).toMatchObject(accepted);
    await clock.advance(1);
    expect(await byToken(tokens[1])).toMatchObject(refused);
  });

  test("that was used lives on from then: to the millisecond after a restart, to a quarter of its lifetime at most after a crash", async () => {
    const ends: Record<string, number> = {};
    for (const [name, startAgain] of Object.entries({ restart, crash })) {
      const client = server.connect();
      const token = await logIn(client);
      await clock.advance(500_000);
      await client.call("test.ping");
      // Too soon after the last use to be kept.
      await clock.advance(90_000);
      await client.call("test.ping");
      const written = new Date(clock.now() - 90_000 + lifetimeMs);
      await expect.poll(() => datastore.exists("session_tokens", [["expires_at", "=", written]]), patient).toBe(true);
      await startAgain();
      let passed = 0;
      for (; (await byToken(token)).name === "response"; passed += 30_000) await clock.advance(30_000);
      ends[name] = passed;
    }
    expect(ends["restart"]).toBe(lifetimeMs);
    expect(ends["crash"]).toBe(lifetimeMs - 90_000);
  });

  test("is worthless after logout, also after a restart, and so are those that it came from", async () => {
    const first = await logIn(server.connect());
    const middle = server.connect();
    const second = tokenOf(await byToken(first, middle));
    middle.close();
    const last = server.connect();
    const third = tokenOf(await byToken(second, last));
    last.connection.logout("bye");
    await server.context.logins.settled();
    for (const startAgain of [settle, crash, restart]) {
      await startAgain();
      expect(await byToken(second)).toMatchObject(refused);
      expect(await byToken(third)).toMatchObject(refused);
    }
    // Its connection was open when the other one logged out.
    expect(await byToken(first)).toMatchObject(accepted);
  });

  test("can be used again when the connection was cut while it logged in", async () => {
    const client = server.connect();
    const token = await logIn(client);
    client.close();
    const cut = server.connect();
    const answer = byToken(token, cut).catch(() => "closed");
    cut.close();
    expect(await answer).toBe("closed");
    await expect.poll(async () => datastore.query("session_tokens", [], { count: true }), patient).toBe(1);
    expect(await byToken(token)).toMatchObject(accepted);
  });

  test("is worthless after its user's tokens were ended, also one that nobody has used since the last restart", async () => {
    const tokens = [await logIn(server.connect()), await logIn(server.connect())];
    await restart();
    const other = tokenOf(await authenticate(server.connect(), "ada", "lovelace"));
    await byToken(tokens[0] ?? "");
    await server.context.logins.revokeTokensOf("root");
    for (const startAgain of [settle, crash, restart]) {
      await startAgain();
      for (const token of tokens) expect(await byToken(token)).toMatchObject(refused);
    }
    expect(await byToken(other)).toMatchObject({ name: "response" });
  });

  test("is worthless when the password was changed while the server was not there to hear of it", async () => {
    const token = await logIn(server.connect());
    await crash();
    const root = { username: "root", groups: ["wheel"], password: "another", passwordVersion: 1 };
    server.people["root"] = root;
    expect(await byToken(token)).toMatchObject(refused);
    expect(await server.context.logins.ofToken(token)).toBeUndefined();
  });

  test("of whoever changed the password goes on, also after a restart", async () => {
    const client = server.connect();
    const token = await logIn(client);
    server.people["root"] = { username: "root", groups: ["wheel"], password: "another", passwordVersion: 1 };
    await server.context.logins.revokeTokensOf("root", client.connection);
    await crash();
    server.people["root"] = { username: "root", groups: ["wheel"], password: "another", passwordVersion: 1 };
    expect(await byToken(token)).toMatchObject(accepted);
  });

  test("gives the roles that its user has now, and none to one who may not log in any more", async () => {
    const token = await logIn(server.connect());
    await crash();
    server.people["root"] = { username: "root", groups: ["operators"], password: "correct" };
    expect([...((await server.context.logins.ofToken(token))?.roles ?? [])]).toEqual(["operator"]);
    delete server.people["root"];
    expect(await byToken(token)).toMatchObject(refused);
  });

  test("is nowhere on disk; its digest is, and does not log in", async () => {
    const token = await logIn(server.connect());
    await restart();
    const again = tokenOf(await byToken(token));
    const records = await datastore.query("session_tokens");
    expect(records).toHaveLength(2);
    for (const { id } of records) {
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      expect(await byToken(String(id))).toMatchObject(refused);
    }
    const text = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), "latin1"))
      .join("");
    expect(text.includes(String(records[0]?.id))).toBe(true);
    for (const value of [token, again]) expect(text.includes(value)).toBe(false);
  });

  test("that cannot be forgotten on disk is not accepted either", async () => {
    const client = server.connect();
    const token = await logIn(client);
    const other = await logIn(server.connect());
    await datastore.lock();
    client.connection.logout("bye");
    const late = byToken(token);
    datastore.close();
    datastore.unlock();
    await server.context.logins.settled();
    expect(await late).toMatchObject(refused);
    expect(await byToken(token)).toMatchObject(refused);
    // In memory nothing is lost.
    expect(await server.context.logins.ofToken(other)).toBeDefined();
    datastore = await Datastore.open(sql, { clock });
  });

  test("is removed from the disk once it has expired", async () => {
    await logIn(server.connect());
    await clock.advance(lifetimeMs + 60_000);
    await clock.advance(60_000);
    await settle();
    await expect.poll(async () => datastore.query("session_tokens", [], { count: true }), patient).toBe(0);
  });
});

describe("while the datastore is away", () => {
  const lost = (): never => {
    throw new StorageError("STORAGE_CONNECTION_LOST", "gone");
  };
  const goAway = (): void => void Object.defineProperty(server.people, "root", { get: lost });

  test("whoever was in comes back by its token as it was, as often as it likes", async () => {
    let token = await logIn(server.connect());
    goAway();
    for (let round = 0; round < 3; round++) {
      await clock.advance(400_000);
      const client = server.connect();
      const answer = await byToken(token, client);
      expect(answer).toMatchObject(accepted);
      expect([...(client.connection.principal?.roles ?? [])]).toEqual(["admin"]);
      client.close();
      token = tokenOf(answer);
      expect([...((await server.context.logins.ofToken(token))?.roles ?? [])]).toEqual(["admin"]);
    }
    await clock.advance(lifetimeMs);
    expect(await byToken(token)).toMatchObject(refused);
  });

  test("nobody does who was logged out, or whose account was changed", async () => {
    const client = server.connect();
    const tokens = [await logIn(client), await logIn(server.connect())] as const;
    goAway();
    client.connection.logout("bye");
    await server.context.logins.settled();
    expect(await byToken(tokens[0])).toMatchObject(refused);
    expect(await byToken(tokens[1])).toMatchObject(accepted);
    await server.context.logins.revokeTokensOf("root");
    expect(await byToken(tokens[1])).toMatchObject(refused);
  });

  test("nobody does whose token is from before a restart, since its roles are not known, or who was ended meanwhile", async () => {
    const before = await logIn(server.connect());
    await crash();
    const client = server.connect();
    const token = await logIn(client);
    goAway();
    const unavailable = { name: "error", args: { code: errno.EAGAIN, extra: { code: "AUTH_UNAVAILABLE" } } };
    expect(await byToken(before)).toMatchObject(unavailable);
    const late = byToken(token);
    client.connection.logout("bye");
    expect(await late).toMatchObject(refused);
  });

  test("a token without an end gets the lifetime that was read last", async () => {
    let lifetime = (): number => lifetimeMs;
    server = newServer({ clock, keptTokens: kept, tokenLifetimeMs: () => lifetime() });
    await logIn(server.connect());
    const client = server.connect(unixPeer);
    const token = await logIn(client);
    goAway();
    lifetime = lost;
    client.close();
    await server.context.logins.settled();
    await clock.advance(lifetimeMs - 1);
    expect(await byToken(token)).toMatchObject(accepted);
  });
});

describe("a login that is under way when the account changes", () => {
  test.each(["by password", "by token", "by link"])(
    "%s fails, and leaves no session and no token behind",
    async (how) => {
      const { logins } = server.context;
      const token = await logIn(server.connect());
      const link = logins.createLink({ kind: "user", name: "root", roles: new Set() });
      // The old password has been found right, and the login is on its way.
      const add = kept.add.bind(kept);
      let isHeld = false;
      let go = (): void => undefined;
      kept.add = async (...args) => {
        isHeld = true;
        await new Promise<void>((resolve) => (go = resolve));
        await add(...args);
      };
      const client = server.connect();
      const login =
        how === "by link"
          ? logins.byLink(client.connection, link).catch((error: unknown) => error)
          : how === "by token"
            ? byToken(token, client)
            : authenticate(client, "root", "correct");
      await expect.poll(() => isHeld, patient).toBe(true);
      await logins.revokeTokensOf("root");
      go();
      expect(await login).toMatchObject(how === "by link" ? { code: "AUTH_REFUSED" } : refused);
      expect(client.connection.principal).toBeUndefined();
      expect(logins.tokens.size).toBe(0);
      expect(await datastore.query("session_tokens")).toEqual([]);
      kept.add = add;
      expect(await authenticate(server.connect(), "root", "correct")).toMatchObject(accepted);
    },
  );
});
