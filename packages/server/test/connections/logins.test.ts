// Logging in and out: passwords, tokens, services, sessions and the events that tell of them.

import { errno, Password } from "@switchboard/protocol";
import { describe, expect, test } from "vitest";
import type { SessionLog } from "../../src/auth/index.ts";
import { remotePeer, unixPeer } from "../../src/testing/memory-connection.ts";
import { authenticate, authenticateByToken, newServer, settle, tokenOf } from "./kit.ts";

const refused = { name: "error", args: { code: errno.EACCES } };

describe("passwords", () => {
  test("S4 a call before login of a method that does not exist gets EACCES", async () => {
    const client = newServer().connect();
    expect(await client.call("nothing.here")).toMatchObject(refused);
  });

  test("S5 a method open to all is answered before login", async () => {
    const client = newServer().connect();
    expect(await client.call("test.address")).toMatchObject({ name: "response", args: "192.0.2.1,50000" });
  });

  test("S6 wrong password and unknown user get the same answer, and the connection stays open", async () => {
    const server = newServer();
    const client = server.connect();
    const first = await authenticate(client, "root", "wrong");
    const second = await authenticate(client, "nobody", "wrong");
    expect(first).toMatchObject(refused);
    expect(second.args).toEqual(first.args);
    expect(await authenticate(client, "root", "correct")).toMatchObject({ name: "response" });
    expect(client.closed).toBeUndefined();
  });

  test("S7 the right password without a group that has access gets EACCES", async () => {
    expect(await authenticate(newServer().connect(), "guest", "guest")).toMatchObject(refused);
  });

  test("S8 a login answers token, lifetime and name", async () => {
    const server = newServer();
    const answer = await authenticate(server.connect(), "root", "correct");
    expect(answer.args).toEqual([expect.stringMatching(/^[A-Za-z0-9]{32}$/), 600, "root"]);
    const local = await authenticate(server.connect(unixPeer), "root", "");
    expect(local.args).toEqual([expect.any(String), null, "root"]);
  });

  test("no password is asked for on a trusted socket, unless the client wants it checked; elsewhere always", async () => {
    const server = newServer();
    const args = { username: "root", password: new Password("wrong"), check_password: true };
    const client = server.connect(unixPeer);
    client.send({ namespace: "rpc", name: "auth", id: "1", args });
    expect(await client.next()).toMatchObject(refused);
    const untrusted = server.connect({ ...unixPeer, isTrusted: false });
    expect(await authenticate(untrusted, "root", "")).toMatchObject(refused);
    const loopback = server.connect({ host: "127.0.0.1", port: 1, isLocal: true, isTrusted: false });
    expect(await authenticate(loopback, "root", "")).toMatchObject(refused);
  });

  test("two logins at a time on one connection are refused, so that guessing is not done in parallel", async () => {
    const client = newServer().connect();
    const answers = await Promise.all([authenticate(client, "root", "a"), authenticate(client, "root", "b")]);
    expect(answers.map(({ args }) => (args as { code: number }).code).toSorted((a, b) => a - b)).toEqual([13, 35]);
  });

  test("a second login replaces the first: another user, another session", async () => {
    const server = newServer();
    const client = await server.logIn("root");
    await authenticate(client, "ada", "lovelace");
    expect(await client.call("test.who")).toMatchObject({ args: "ada" });
    expect(server.events.filter(([name]) => name === "server.client_logout")).toHaveLength(1);
  });
});

describe("tokens", () => {
  test("S9 a token logs in another connection under a new token; the first goes on", async () => {
    const server = newServer();
    const first = server.connect();
    const token = tokenOf(await authenticate(first, "root", "correct"));
    server.events.length = 0;
    const second = server.connect();
    const answer = await authenticateByToken(second, token);
    expect(answer).toMatchObject({ name: "response", args: [expect.any(String), 600, "root"] });
    expect(tokenOf(answer)).not.toBe(token);
    expect(server.events.filter(([name]) => name === "server.client_login")).toHaveLength(1);
    expect(server.events.filter(([name]) => name === "server.client_loggin")).toHaveLength(1);
    expect(await first.call("test.who")).toMatchObject({ args: "root" });
    expect(await second.call("test.who")).toMatchObject({ args: "root" });
  });

  test("S10 tokens of other kinds do not log in", async () => {
    const server = newServer();
    const principal = { kind: "user", name: "root", roles: new Set(["admin"]) } as const;
    for (const kind of ["shell", "file", "link"] as const) {
      const { value } = server.context.logins.tokens.issue({
        kind,
        lifetimeMs: null,
        username: "root",
        data: { principal },
      });
      expect(await authenticateByToken(server.connect(), value)).toMatchObject(refused);
    }
    expect(await authenticateByToken(server.connect(), "x".repeat(32))).toMatchObject(refused);
  });

  test("S11 idle beyond the lifetime: a logout frame with a reason, then the end; the token is dead", async () => {
    const server = newServer();
    const client = server.connect();
    const token = tokenOf(await authenticate(client, "root", "correct"));
    await server.clock.advance(600_000);
    expect(await client.next()).toMatchObject({
      namespace: "events",
      name: "logout",
      args: { reason: "session was inactive for 600 seconds" },
    });
    expect(client.closed).toBeDefined();
    expect(await authenticateByToken(server.connect(), token)).toMatchObject(refused);
  });

  test("S12 a call within each lifetime keeps the session", async () => {
    const server = newServer();
    const client = await server.logIn();
    for (let round = 0; round < 5; round++) {
      await server.clock.advance(500_000);
      expect(await client.call("test.ping")).toMatchObject({ args: "pong" });
    }
  });

  test("answers and fragments do not keep a session", async () => {
    const server = newServer();
    const client = await server.logIn();
    await server.clock.advance(500_000);
    client.send({ namespace: "rpc", name: "response", id: "x", args: null });
    client.send({ namespace: "rpc", name: "continue", id: "x", args: 2 });
    await server.clock.advance(100_000);
    expect(client.closed).toBeDefined();
  });

  test("a token outlives a connection that was cut, for reconnecting, but not one that was logged out", async () => {
    const server = newServer();
    for (const peer of [remotePeer, unixPeer]) {
      const client = server.connect(peer);
      const token = tokenOf(await authenticate(client, "root", "correct"));
      client.close();
      const again = server.connect(peer);
      const answer = await authenticateByToken(again, token);
      expect(answer).toMatchObject({ name: "response" });
      again.connection.logout("bye");
      await settle();
      expect(await authenticateByToken(server.connect(peer), tokenOf(answer))).toMatchObject(refused);
      await server.clock.advance(600_000);
      expect(await authenticateByToken(server.connect(peer), token)).toMatchObject(refused);
    }
    await settle();
    expect(server.context.logins.tokens.size).toBe(0);
  });

  test("whoever was locked out or lost roles since the token was issued gains nothing by it", async () => {
    const server = newServer();
    const token = tokenOf(await authenticate(server.connect(), "root", "correct"));
    server.people["root"] = { username: "root", groups: ["operators"], password: "correct" };
    const demoted = server.connect();
    await authenticateByToken(demoted, token);
    expect([...(demoted.connection.principal?.roles ?? [])]).toEqual(["operator"]);
    delete server.people["root"];
    expect(await authenticateByToken(server.connect(), token)).toMatchObject(refused);
    expect(await server.context.logins.ofToken(token)).toBeUndefined();
  });

  test("a link logs in once", async () => {
    const server = newServer();
    const { logins } = server.context;
    const link = logins.createLink({ kind: "user", name: "root", roles: new Set(["admin"]) });
    const client = server.connect();
    expect(await logins.byLink(client.connection, link)).toEqual([expect.any(String), 600, "root"]);
    await expect(logins.byLink(server.connect().connection, link)).rejects.toMatchObject({ code: "AUTH_REFUSED" });
    expect(await authenticateByToken(server.connect(), link)).toMatchObject(refused);
  });
});

describe("services", () => {
  const service = { namespace: "rpc", name: "auth_service", id: "1", args: { name: "daemon" } } as const;

  test("a local daemon logs in under an allowed name", async () => {
    const server = newServer();
    const client = server.connect(unixPeer);
    client.send(service);
    expect(await client.next()).toMatchObject({ name: "response", id: "1", args: [] });
    expect(server.events).toContainEqual(["server.service_login", expect.objectContaining({ name: "daemon" })]);
    client.close();
    await settle();
    expect(server.events).toContainEqual(["server.service_logout", expect.objectContaining({ name: "daemon" })]);
  });

  test("S13 from a remote address, or under another name, the answer is EACCES, not silence", async () => {
    const server = newServer();
    const remote = server.connect();
    remote.send(service);
    expect(await remote.next()).toMatchObject({ ...refused, id: "1" });
    const stranger = server.connect(unixPeer);
    stranger.send({ ...service, args: { name: "dispatcher" } });
    expect(await stranger.next()).toMatchObject(refused);
  });
});

describe("relays", () => {
  const setup = { namespace: "transport", name: "setup", id: "s", args: ["198.51.100.7", 50_122] } as const;

  test("S14 a remote peer that announces another address is refused, and gains nothing", async () => {
    const server = newServer();
    const client = server.connect();
    client.send({ ...setup, args: ["127.0.0.1", 1] });
    expect(client.take()).toMatchObject([{ name: "error", id: "s", args: { code: errno.EPERM } }]);
    expect(client.closed).toMatchObject({ code: 1008 });
  });

  test("a trusted relay is believed in its first frame, and only then", async () => {
    const server = newServer();
    const client = server.connect(unixPeer);
    client.send(setup);
    expect(await client.call("test.address")).toMatchObject({ args: "198.51.100.7,50122" });
    expect(server.events).toContainEqual([
      "server.client_transport_connected",
      expect.objectContaining({ old_address: "unix,0", new_address: "198.51.100.7,50122" }),
    ]);
    expect(await authenticate(client, "root", "")).toMatchObject({ args: [expect.any(String), 600, "root"] });
    client.send(setup);
    expect(client.closed).toBeDefined();
  });

  test("whoever comes through a relay is not local: no service login", async () => {
    const client = newServer().connect(unixPeer);
    client.send(setup);
    client.send({ namespace: "rpc", name: "auth_service", id: "1", args: { name: "daemon" } });
    expect(await client.next()).toMatchObject(refused);
  });
});

describe("sessions", () => {
  test("each login has a record, ended with the connection, and events tell of both", async () => {
    const sessions: [string, unknown][] = [];
    const sessionLog = {
      begin: async (session: unknown) => sessions.push(["begin", session]),
      end: async (id: unknown) => void sessions.push(["end", id]),
    } as unknown as SessionLog;
    const server = newServer({ sessionLog });
    const client = server.connect();
    await authenticate(client, "root", "correct");
    expect(client.connection.sessionId).toBe(1);
    client.close();
    await settle();
    expect(sessions).toEqual([
      ["begin", { address: "192.0.2.1,50000", resource: null, username: "root" }],
      ["end", 1],
    ]);
    expect(server.events.map(([name]) => name)).toEqual([
      "server.client_connected",
      "session.changed",
      "server.client_login",
      "server.client_logout",
      "session.changed",
      "server.client_disconnected",
    ]);
    const again = server.connect();
    await authenticate(again, "root", "correct");
    again.connection.logout("bye");
    await settle();
    expect(server.events.slice(-3).map(([name]) => name)).toEqual([
      "server.client_logout",
      "session.changed",
      "server.client_disconnected",
    ]);
    expect(server.events[1]?.[1]).toEqual({ operation: "create", ids: [1] });
    expect(server.events[4]?.[1]).toEqual({ operation: "update", ids: [1] });
  });

  test("a connection that goes away while it logs in leaves no session and no token behind", async () => {
    const server = newServer();
    const client = server.connect();
    const answer = authenticate(client, "root", "correct").catch(() => "closed");
    client.close();
    expect(await answer).toBe("closed");
    await settle();
    expect(client.connection.principal).toBeUndefined();
    expect(server.context.logins.tokens.size).toBe(0);
    expect(server.context.connections.size).toBe(0);
  });
});
