// What the built-in services answer, to whom, and what they do.

import { errno, Password } from "@switchboard/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import type { Principal, TokenKind } from "../../src/auth/index.ts";
import { administrator, listen } from "../events/kit.ts";
import { type TestConnection, type TestServer, testServer } from "./kit.ts";

let server: TestServer;
let alice: TestConnection;
let root: TestConnection;

beforeEach(async () => {
  server = await testServer();
  alice = server.connect("alice", { sessionId: 1 });
  root = server.connect("root", { principal: administrator, sessionId: 2 });
});

const denied = { errno: errno.EACCES };

describe("management", () => {
  it("tells state, names and connections", async () => {
    const { as, clock } = server;
    expect(await as(alice, "management.status")).toEqual({ "started-at": clock.now() / 1000, "connected-clients": 2 });
    expect(await as(alice, "management.ping")).toBe("pong");
    expect(await as(alice, "management.wait_ready")).toBe(true);
    server.host.events.registerSource("source", {});
    expect(await as(alice, "management.get_event_sources")).toEqual(["source"]);
    expect(await as(alice, "management.get_plugin_names")).toEqual([]);
    expect(await as(alice, "management.get_connected_clients")).toEqual([
      { resource: "test", user: "alice", address: "192.0.2.1,4711" },
      { resource: "test", user: "root", address: "192.0.2.1,4711" },
    ]);
  });

  it("S5 tells a stranger its address", async () => {
    const stranger = server.connect("stranger", { principal: undefined });
    expect(await server.as(stranger, "management.get_sender_address")).toBe("192.0.2.1,4711");
    await expect(server.as(stranger, "management.ping")).rejects.toMatchObject(denied);
  });

  it("ends a session by its number, naming who did it", async () => {
    await expect(server.as(alice, "management.kick_session", 2)).rejects.toMatchObject(denied);
    await expect(server.as(root, "management.kick_session", 9)).rejects.toMatchObject({ errno: errno.ENOENT });
    await server.as(root, "management.kick_session", 1);
    expect([alice.reasons, root.reasons]).toEqual([["the session was ended by root"], []]);
  });

  it("switches features per connection", async () => {
    const { as } = server;
    expect(await as(alice, "management.get_available_features")).toEqual(
      expect.arrayContaining(["streaming_responses", "strict_validation"]),
    );
    await as(alice, "management.enable_features", ["streaming_responses"]);
    expect(await as(alice, "management.get_enabled_features")).toEqual(["streaming_responses"]);
    expect(await as(root, "management.get_enabled_features")).toEqual([]);
    await expect(as(alice, "management.enable_features", ["strict_validation", "magic"])).rejects.toMatchObject({
      errno: errno.EINVAL,
    });
    expect(await as(alice, "management.get_enabled_features")).toEqual(["streaming_responses"]);
  });

  it("sets the level of the log", async () => {
    expect(await server.as(alice, "management.get_logging_level")).toBe("INFO");
    await server.as(root, "management.set_logging_level", "WARNING");
    expect(server.logControl.level).toBe("warn");
    expect(await server.as(alice, "management.get_logging_level")).toBe("WARNING");
    await expect(server.as(root, "management.set_logging_level", "LOUD")).rejects.toMatchObject({
      errno: errno.EINVAL,
    });
    await expect(server.as(alice, "management.set_logging_level", "DEBUG")).rejects.toMatchObject(denied);
  });

  it("stops the server for administrators, under both names", async () => {
    await expect(server.as(alice, "management.shutdown")).rejects.toMatchObject(denied);
    await expect(server.as(alice, "management.die_you_gravy_sucking_pig_dog")).rejects.toMatchObject(denied);
    expect(await server.as(root, "management.shutdown")).toBeNull();
    await new Promise(setImmediate);
    expect(server.stopped()).toBe(true);
  });

  it("S86 collects what plugins contribute to the debug archive, secrets masked", async () => {
    server.host.hooks.registerDebug("disks", () => [
      { type: "AttachData", name: "x", data: { key: new Password("s3cret") } },
    ]);
    const found = await server.as(root, "management.collect_debug", "disks");
    expect(found).toEqual([{ type: "AttachData", name: "x", data: { key: "********" } }]);
    await expect(server.as(root, "management.collect_debug", "none")).rejects.toMatchObject({ errno: errno.ENOENT });
  });

  it("reloads plugins, for administrators", async () => {
    await expect(server.as(alice, "management.reload_plugins")).rejects.toMatchObject(denied);
    expect(await server.as(root, "management.reload_plugins")).toBeNull();
    expect(await server.as(root, "plugins.list")).toEqual([]);
    await expect(server.as(root, "plugins.reload", "none")).rejects.toMatchObject({ errno: errno.ENOENT });
  });
});

describe("event", () => {
  it("lists one's subscriptions and lets only administrators and services hold events back", async () => {
    const { caller, outlet } = listen(server.host.events, ["a", "b.*"]);
    expect(await server.as(caller, "event.get_my_subscriptions")).toEqual(["a", "b.*"]);
    await expect(server.as(alice, "event.suspend")).rejects.toMatchObject(denied);
    await server.as(root, "event.suspend");
    void server.host.events.emit("a");
    expect(outlet.names()).toEqual([]);
    await server.as(root, "event.resume");
    expect(outlet.names()).toEqual(["a"]);
  });
});

describe("lock", () => {
  it("S96 frees the lock of a client that disconnects, and a free lock is released without letting two in", async () => {
    const { as } = server;
    await as(alice, "lock.init", "x");
    await as(alice, "lock.release", "x");
    expect(await as(alice, "lock.acquire", "x", null)).toBe(true);
    const second = as(root, "lock.acquire", "x");
    expect(await as(root, "lock.is_locked", "x")).toBe(true);
    await expect(as(root, "lock.release", "x")).rejects.toMatchObject({ errno: errno.EPERM });
    alice.close();
    expect(await second).toBe(true);
    expect(await as(alice, "lock.acquire", "x", 0)).toBe(false);
    await as(root, "lock.release", "x");
    await as(root, "lock.release", "x");
    expect(await as(root, "lock.acquire", "x", 0)).toBe(true);
    expect(await as(root, "lock.acquire", "x", 0)).toBe(false);
    expect([await as(root, "lock.is_set", "x"), await as(root, "lock.get_locks")]).toEqual([true, ["x"]]);
  });

  it("S96 a client that leaves while it waits is not given the lock", async () => {
    await server.as(root, "lock.acquire", "x");
    const waiting = server.as(alice, "lock.acquire", "x");
    alice.close();
    expect(await waiting).toBe(false);
    await server.as(root, "lock.release", "x");
    expect(await server.as(root, "lock.is_locked", "x")).toBe(false);
  });
});

describe("session", () => {
  it("tells who one is, and who is there", async () => {
    expect(await server.as(alice, "session.whoami")).toBe("alice");
    expect(await server.as(alice, "session.get_my_session_id")).toBe(1);
    expect(await server.as(alice, "session.get_live_user_sessions")).toEqual([
      { id: 1, username: "alice", address: "192.0.2.1,4711", resource: "test" },
      { id: 2, username: "root", address: "192.0.2.1,4711", resource: "test" },
    ]);
    expect(await server.as(alice, "session.query", [], { count: true })).toBe(0);
  });

  it("sends a text to one session, if it listens, or to all", async () => {
    const { events } = server.host;
    const subscription = events.connect(root, root.outlet);
    await server.as(alice, "session.send_to_session", 2, "not heard");
    subscription.subscribe(["session.message"]);
    const other = listen(events, ["session.*"]);
    await server.as(alice, "session.send_to_session", 2, "hello");
    await server.as(alice, "session.send_to_all", "everybody");
    const messages = root.outlet.events().map(({ args }) => args["message"]);
    expect(messages).toEqual(["hello", "everybody"]);
    expect(root.outlet.events()[0]?.args).toMatchObject({ sender_id: 1, sender_name: "alice" });
    expect(other.outlet.events()).toHaveLength(1);
    await expect(server.as(alice, "session.send_to_session", 9, "x")).rejects.toMatchObject({ errno: errno.ENOENT });
  });
});

describe("users", () => {
  it("lets administrators manage accounts, without ever showing a password", async () => {
    const { as } = server;
    await expect(as(alice, "users.query")).rejects.toMatchObject(denied);
    await as(root, "users.create", "alice", { password: new Password("wonderland"), groups: ["operators"] });
    const { principal = { kind: "user", name: "root", roles: new Set() } } = root;
    const { value: token } = server.logins.tokens.issue({
      kind: "session",
      lifetimeMs: null,
      username: "root",
      data: { principal },
    });
    root.setLogin({ principal, resource: undefined, token, sessionId: 2 });
    expect(await as(root, "users.query", [["username", "=", "alice"]])).toMatchObject([
      { username: "alice", groups: ["operators"], locked: false },
    ]);
    expect(JSON.stringify(await as(root, "users.query"))).not.toMatch(/wonderland|password|scrypt/);
    await expect(as(root, "users.create", "bob", { admin: true })).rejects.toMatchObject({ errno: errno.EINVAL });
    await as(root, "users.update", "alice", { locked: true });
    expect(alice.reasons).toEqual(["the account was changed"]);
    // Whoever changed it stays who they are.
    expect(server.logins.tokens.find(token, "session")).toMatchObject({ username: "root", data: { principal } });
    await as(root, "users.delete", "alice");
    expect(alice.reasons).toEqual(["the account was changed", "the account was removed"]);
    await expect(as(root, "users.delete", "alice")).rejects.toMatchObject({ errno: errno.ENOENT });
    await expect(as(root, "users.delete", "root")).rejects.toMatchObject({ errno: errno.EPERM });
  });

  it("keeps the last administrator one, and says which roles groups give", async () => {
    const { as } = server;
    expect(await as(root, "users.groups")).toEqual([{ group: "wheel", roles: ["admin"] }]);
    const last = { errno: errno.EPERM, message: expect.stringContaining("is the last administrator") };
    await as(root, "users.create", "alice", { groups: ["wheel"] });
    await as(root, "users.create", "locked", { groups: ["wheel"], locked: true });
    await expect(as(root, "users.update", "alice", { locked: true })).rejects.toMatchObject(last);
    await expect(as(root, "users.update", "alice", { groups: [] })).rejects.toMatchObject(last);
    await expect(as(root, "users.delete", "alice")).rejects.toMatchObject(last);
    await as(root, "users.update", "alice", { full_name: "Alice" });
    await as(root, "users.update", "locked", { locked: false });
    const changes = ["alice", "locked"].map((name) => as(root, "users.update", name, { groups: [] }));
    const [one, other] = await Promise.allSettled(changes);
    expect([one?.status, other?.status]).toEqual(["fulfilled", "rejected"]);
    expect(await as(root, "users.query", [["username", "=", "locked"]])).toMatchObject([{ roles: ["admin"] }]);
  });

  it("ends all sessions of an account but the one it is asked from", async () => {
    await server.users.create("root", { groups: ["wheel"] });
    const elsewhere = server.connect("elsewhere", { principal: root.principal });
    await expect(server.as(alice, "users.end_sessions", "root")).rejects.toMatchObject(denied);
    await server.as(root, "users.end_sessions", "root");
    expect([root.reasons, elsewhere.reasons]).toEqual([[], ["an administrator ended the session"]]);
    const unknown = server.as(root, "users.end_sessions", "nobody");
    await expect(unknown).rejects.toMatchObject({ errno: errno.ENOENT, message: 'no user "nobody"' });
  });

  it("lets everybody change their own password, knowing the old one", async () => {
    await server.users.create("alice", { password: "wonderland", groups: ["wheel"] });
    const principalOf = (name: string): Principal => ({ kind: "user", name, roles: new Set() });
    const elsewhere = server.connect("elsewhere");
    const issue = (username: string, kind: TokenKind = "session"): string =>
      server.logins.tokens.issue({ kind, lifetimeMs: null, username, data: { principal: principalOf(username) } })
        .value;
    const [here, left, link, other] = [issue("alice"), issue("alice"), issue("alice", "link"), issue("bob")];
    alice.setLogin({
      principal: principalOf("alice"),
      resource: undefined,
      token: here,
      sessionId: 1,
    });
    await expect(server.as(alice, "users.change_password", "wrong", "looking-glass")).rejects.toMatchObject(denied);
    await server.as(alice, "users.change_password", "wonderland", new Password("looking-glass"));
    expect(await server.users.authenticate("alice", "looking-glass")).toMatchObject({ username: "alice" });
    expect([alice.reasons, elsewhere.reasons]).toEqual([[], ["the password was changed"]]);
    const find = (token: string, kind: TokenKind = "session"): boolean =>
      server.logins.tokens.find(token, kind) !== undefined;
    expect([find(here), find(left), find(link, "link"), find(other)]).toEqual([true, false, false, true]);
  });
});

describe("syslog", () => {
  it("shows the latest lines to administrators, and tells of new ones while somebody listens", async () => {
    const { ring } = server;
    for (let number = 0; number < 30; number++) {
      ring.write(JSON.stringify({ level: 30, time: 1_000 + number, pid: 1, msg: `line ${number}`, number }));
    }
    ring.write("no json");
    const lines = (await server.as(root, "syslog.query", [["level", "=", "INFO"]], {
      sort: ["-id"],
      limit: 2,
    })) as object[];
    expect(lines).toMatchObject([{ message: "line 29", fields: { number: 29 } }, { message: "line 28" }]);
    expect(ring.entries().length).toBeLessThanOrEqual(11);
    await expect(server.as(alice, "syslog.query")).rejects.toMatchObject(denied);
    const subscription = server.host.events.connect(root, root.outlet);
    subscription.subscribe(["syslog.changed"]);
    await new Promise(setImmediate);
    ring.write(JSON.stringify({ level: 50, time: 1, msg: "a" }));
    ring.write(JSON.stringify({ level: 50, time: 1, msg: "b" }));
    await new Promise(setImmediate);
    expect(root.outlet.events()).toMatchObject([
      { name: "syslog.changed", args: { operation: "create", ids: [31, 32] } },
    ]);
  });
});

describe("test and debug", () => {
  it("stream, sleep, fail and echo", async () => {
    const { services } = server.host;
    const items: unknown[] = [];
    for await (const item of services.stream("test.wrapped_stream", [2])) items.push(item);
    expect(items).toEqual([
      { id: 1, value: "item 1" },
      { id: 2, value: "item 2" },
    ]);
    expect(await server.as(alice, "test.sleep", 0)).toBeNull();
    await expect(server.as(alice, "test.rpcerror")).rejects.toMatchObject({
      errno: errno.EINVAL,
      extra: "This is a custom extra",
    });
    expect(await server.as(alice, "test.echo", { a: 1 })).toEqual({ a: 1 });
  });

  it("look into the process, for administrators and services", async () => {
    await expect(server.as(alice, "debug.dump_stacks")).rejects.toMatchObject(denied);
    const texts = (await server.as(root, "debug.dump_stacks")) as string[];
    expect(texts.map((text) => text.split("\n", 1)[0])).toEqual([
      "memory",
      "resources that keep the process alive",
      "connections",
      "event types",
      "plugins",
    ]);
  });
});
