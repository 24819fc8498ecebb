// What a client does, against a server in memory and on a clock under control.

import { TestClock } from "@switchboard/core/testing";
import { RpcError } from "@switchboard/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { ClientError, connect, missedEventName } from "../src/index.ts";
import { MemoryPeer } from "../src/testing/index.ts";
import { all, closeAll, login, names, rejection, settled, setup } from "./kit.ts";

afterEach(closeAll);

describe("login", () => {
  it("sends user, password and resource, and keeps token, lifetime and name", async () => {
    const { client, peer } = await setup(
      { login: () => ["k".repeat(32), 600, "ada"] },
      { resource: "demo", login: { ...login, checkPassword: true } },
    );
    expect(client.state).toBe("ready");
    expect([client.token, client.tokenLifetimeMs, client.username]).toEqual(["k".repeat(32), 600_000, "ada"]);
    const [frame] = peer.received;
    expect(frame).toMatchObject({ name: "auth", args: { username: "ada", check_password: true, resource: "demo" } });
    expect(frame?.name === "auth" && frame.args.password.reveal()).toBe("secret");
    expect(names(peer)).toEqual(["auth", "management.enable_features"]);
  });

  it("logs in by token and as a service", async () => {
    const { peer } = await setup({}, { login: { token: "t" } });
    expect(peer.received[0]).toMatchObject({ name: "auth_token", args: { token: "t" } });
    const service = await setup({}, { login: { service: "weatherd" } });
    expect(service.peer.received[0]).toMatchObject({ name: "auth_service", args: { name: "weatherd" } });
    expect([service.client.token, service.client.username]).toEqual([undefined, "weatherd"]);
  });

  it("rejects when the server refuses, with its answer as cause, and connects no more", async () => {
    const refuse = (): never => {
      throw new RpcError(13, "wrong user or password");
    };
    const peer = new MemoryPeer({ login: refuse });
    const error = await rejection(connect({ openSocket: peer.openSocket, login, clock: new TestClock() }));
    expect(error).toMatchObject({ code: "CLIENT_LOGIN_REFUSED", retryable: false, cause: { errno: 13 } });
    await settled();
    expect([peer.opened, peer.connections]).toEqual([1, 0]);
  });

  it("needs the features that were asked for by name, and does without the usual one", async () => {
    const lacking = {
      management: {
        enable_features: () => {
          throw new RpcError(22, 'expected strict_validation, got "magic"');
        },
      },
    };
    const without = await setup({ services: lacking });
    expect(without.client.state).toBe("ready");
    const peer = new MemoryPeer({ services: lacking });
    const options = { openSocket: peer.openSocket, login, clock: new TestClock(), features: ["magic"] };
    const error = await rejection(connect(options));
    expect(error).toMatchObject({ code: "CLIENT_OPTION_INVALID", retryable: false, cause: { errno: 22 } });
    expect((error as Error).message).toContain("got magic");
    await settled();
    expect(peer.connections).toBe(0);
  });

  it("can be done later, or not at all", async () => {
    const services = { test: { open: () => 1 } };
    const { client, peer } = await setup({ services }, { login: undefined as never });
    client.on("a.*", () => undefined);
    expect(await client.call("test.open")).toBe(1);
    expect(names(peer)).toEqual(["test.open"]);
    await client.login(login);
    expect(names(peer).slice(1)).toEqual(["auth", "management.enable_features", "subscribe"]);
    expect(client.username).toBe("ada");
  });
});

describe("calls", () => {
  it("resolve with the result, whatever the order of the answers", async () => {
    const waiting: ((value: string) => void)[] = [];
    const slow = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
    const { client } = await setup({ services: { test: { slow, add: (a: number, b: number) => a + b } } });
    const first = client.call("test.slow");
    expect(await client.call("test.add", [1, 2])).toBe(3);
    waiting[0]?.("late");
    expect(await first).toBe("late");
  });

  it("pass arguments by name, and none as an empty list", async () => {
    const { client, peer } = await setup({ services: { test: { echo: (value: unknown) => value ?? null } } });
    expect(await client.call("test.echo", { text: "hi" })).toEqual({ text: "hi" });
    expect(await client.call("test.echo")).toBeNull();
    const args = peer.received.flatMap((frame) => (frame.name === "call" ? [frame.args.args] : []));
    expect(args.slice(1)).toEqual([{ text: "hi" }, []]);
  });

  it("reject with the server's number, message and extra", async () => {
    const extra = [{ path: [0], message: "expected a number", code: 22 }];
    const fail = (): never => {
      throw new RpcError(22, "arguments do not match", { extra });
    };
    const { client } = await setup({ services: { test: { fail } } });
    const error = await rejection(client.call("test.fail"));
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ errno: 22, message: "arguments do not match", extra });
  });

  it("time out, tell the server to stop, and ignore an answer that comes late", async () => {
    let answer: (value: string) => void = () => undefined;
    const slow = (): Promise<string> => new Promise((resolve) => (answer = resolve));
    const { client, peer, clock } = await setup({ services: { test: { slow } } });
    const failed = rejection(client.call("test.slow", [], { timeoutMs: 5_000 }));
    await clock.advance(4_999);
    expect(peer.received.at(-1)?.name).toBe("call");
    await clock.advance(1);
    expect(await failed).toMatchObject({ code: "CLIENT_TIMEOUT", retryable: true });
    await settled();
    expect(peer.received.at(-1)).toMatchObject({ name: "abort", id: peer.received.at(-2)?.id });
    answer("late");
    expect(await client.call("management.ping")).toBe("pong");
  });

  it("are given up by a signal, before and during", async () => {
    const { client, peer } = await setup({ services: { test: { slow: () => new Promise(() => undefined) } } });
    const controller = new AbortController();
    const failed = rejection(client.call("test.slow", [], { signal: controller.signal }));
    await settled();
    controller.abort(new Error("no longer wanted"));
    expect(await failed).toMatchObject({ message: "no longer wanted" });
    await settled();
    expect(names(peer).slice(-2)).toEqual(["test.slow", "abort"]);
    expect(await rejection(client.call("test.slow", [], { signal: controller.signal }))).toBe(controller.signal.reason);
    expect(names(peer).slice(-2)).toEqual(["test.slow", "abort"]);
  });

  it("reject for arguments that cannot be written, and for a malformed answer", async () => {
    const { client, peer, errors } = await setup({ services: { test: { slow: () => new Promise(() => undefined) } } });
    const ring: unknown[] = [];
    ring.push(ring);
    expect(await rejection(client.call("test.echo", ring))).toMatchObject({ code: "PROTOCOL_VALUE_INVALID" });
    const failed = rejection(client.call("test.slow"));
    await settled();
    peer.pushText(JSON.stringify({ namespace: "rpc", name: "error", id: peer.received.at(-1)?.id, args: "no" }));
    expect(await failed).toMatchObject({ code: "PROTOCOL_FRAME_INVALID" });
    peer.pushText("no JSON at all");
    peer.push({ namespace: "rpc", name: "error", id: null, args: { code: 22, message: "unknown frame" } });
    expect(await client.call("management.ping")).toBe("pong");
    expect(errors).toMatchObject([{ code: "PROTOCOL_FRAME_INVALID" }, { errno: 22 }]);
  });

  it("collect a result that comes in pieces", async () => {
    const count = function* (to: number): Iterable<number> {
      for (let n = 1; n <= to; n++) yield n;
    };
    const { client, peer } = await setup({ services: { test: { count } } });
    expect(await client.call("test.count", [40])).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(peer.received.filter(({ name }) => name === "continue").map(({ args }) => args)).toEqual([2, 3, 4]);
  });
});

describe("streams", () => {
  const produced: number[] = [];
  let ended = false;
  const services = {
    test: {
      count: async function* (to: number): AsyncIterable<number> {
        try {
          for (let n = 1; n <= to; n++) {
            produced.push(n);
            yield n;
          }
        } finally {
          ended = true;
        }
      },
      list: () => [1, 2],
      one: () => 42,
      failing: async function* (): AsyncIterable<number> {
        yield 1;
        throw new RpcError(5, "the disk is broken");
      },
    },
  };

  afterEach(() => {
    produced.length = 0;
    ended = false;
  });

  it("ask for a piece only when the one before was read, and stop the producer when left", async () => {
    const { client, peer } = await setup({ services });
    const read: unknown[] = [];
    for await (const item of client.stream("test.count", [1_000])) {
      await settled();
      read.push(item);
      expect(produced.length).toBeLessThanOrEqual(Math.ceil(read.length / 16) * 16);
      if (read.length === 20) break;
    }
    await settled();
    expect(read).toEqual(produced.slice(0, 20));
    expect(produced).toHaveLength(32);
    expect([ended, peer.received.at(-1)?.name]).toEqual([true, "abort"]);
    expect(await client.call("management.ping")).toBe("pong");
  });

  it("begin when they are read and end with the last item", async () => {
    const { client, peer } = await setup({ services });
    const stream = client.stream("test.count", [16]);
    await settled();
    expect(names(peer)).not.toContain("test.count");
    expect(await all(stream)).toHaveLength(16);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await all(client.stream("test.count", [0]))).toEqual([]);
    expect(names(peer)).not.toContain("abort");
  });

  it("give the items of an array, and a single value", async () => {
    const { client } = await setup({ services });
    expect(await all(client.stream("test.list"))).toEqual([1, 2]);
    expect(await all(client.stream("test.one"))).toEqual([42]);
  });

  it("fail where the producer did, after what came before", async () => {
    const { client } = await setup({ services });
    const stream = client.stream("test.failing");
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    expect(await rejection(stream.next())).toMatchObject({ errno: 5 });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("time out while a piece is awaited, not while nobody reads", async () => {
    const { client, clock } = await setup({
      services: {
        test: {
          stuck: async function* (): AsyncIterable<number> {
            for (let n = 0; n < 16; n++) yield n;
            await new Promise(() => undefined);
          },
        },
      },
    });
    const stream = client.stream("test.stuck", [], { timeoutMs: 1_000 });
    for (let n = 0; n < 16; n++) {
      await clock.advance(5_000);
      expect(await stream.next()).toEqual({ done: false, value: n });
    }
    const failed = rejection(stream.next());
    await clock.advance(1_000);
    expect(await failed).toMatchObject({ code: "CLIENT_TIMEOUT" });
  });

  it("are given up by a signal, and fail with the connection", async () => {
    const { client, peer } = await setup({ services });
    const controller = new AbortController();
    const stream = client.stream("test.count", [1_000], { signal: controller.signal });
    await stream.next();
    controller.abort(new Error("enough"));
    for (let n = 0; n < 15; n++) await stream.next();
    expect(await rejection(stream.next())).toMatchObject({ message: "enough" });
    const other = client.stream("test.count", [1_000]);
    await other.next();
    peer.cut();
    await settled();
    for (let n = 0; n < 15; n++) await other.next();
    expect(await rejection(other.next())).toMatchObject({ code: "CLIENT_CONNECTION_LOST", retryable: true });
  });
});

describe("events", () => {
  it("reach handlers and loops by mask; the server hears of a mask once, and of its end once", async () => {
    const { client, peer } = await setup();
    const seen: string[] = [];
    const stops = [1, 2].map((n) => client.on(["task.*", "*"], ({ name }) => seen.push(`${n}:${name}`)));
    const stream = client.events("task.*");
    await settled();
    peer.emit("task.created", { id: 1 });
    expect(await stream.next()).toEqual({ done: false, value: { name: "task.created", args: { id: 1 } } });
    expect(seen).toEqual(["1:task.created", "2:task.created"]);
    for (const stop of stops) stop();
    stops[0]?.();
    await stream.return();
    await settled();
    const told = peer.received.flatMap((frame) =>
      frame.name === "subscribe" || frame.name === "unsubscribe" ? [[frame.name, frame.id, frame.args]] : [],
    );
    expect(told).toEqual([
      ["subscribe", null, ["task.*", "*"]],
      ["unsubscribe", null, ["*"]],
      ["unsubscribe", null, ["task.*"]],
    ]);
  });

  it("say how many were dropped when nobody reads", async () => {
    const { client, peer } = await setup();
    const stream = client.events("n", { maxBuffered: 3 });
    await settled();
    for (let n = 1; n <= 5; n++) peer.emit("n", { n });
    await settled();
    const read = [await stream.next(), await stream.next(), await stream.next(), await stream.next()];
    expect(read.map(({ value }) => value)).toEqual([
      { name: missedEventName, args: { reason: "buffer full", count: 2 } },
      { name: "n", args: { n: 3 } },
      { name: "n", args: { n: 4 } },
      { name: "n", args: { n: 5 } },
    ]);
  });

  it("come from bursts too, and are emitted", async () => {
    const { client, peer, errors } = await setup();
    const seen: unknown[] = [];
    client.on("sensor.*", ({ args }) => seen.push(args));
    client.on("sensor.*", () => {
      throw new Error("a handler's mistake");
    });
    await settled();
    const events = [1, 2].map((value) => ({ name: "sensor.read", args: { value } }));
    peer.push({ namespace: "events", name: "event_burst", id: null, args: { events } });
    client.emit("sensor.read", { value: 3 });
    await settled();
    expect(seen).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }]);
    expect(errors).toHaveLength(3);
  });

  it("loops end with the client, and throw what ended it", async () => {
    const { client } = await setup();
    const stream = client.events("*");
    await client.close();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await client.events("*").next()).toEqual({ done: true, value: undefined });
    const other = await setup({}, { login: { token: "t" } });
    const loggedOut = other.client.events("*");
    other.peer.logout("session was inactive for 600 seconds");
    expect(await rejection(loggedOut.next())).toMatchObject({ code: "CLIENT_LOGGED_OUT" });
  });
});

describe("a lost connection", () => {
  it("fails what is pending, comes back after a pause, and restores login, features, masks and services", async () => {
    const services = { test: { slow: () => new Promise(() => undefined) } };
    const { client, peer, clock } = await setup({ services });
    const states: string[] = [];
    client.onStateChange((state) => states.push(state));
    const stream = client.events("task.*");
    await client.offer("weather", { methods: { today: () => "rain" } });
    const token = client.token;
    const failed = rejection(client.call("test.slow"));
    await settled();
    const before = peer.received.length;
    peer.cut();
    expect(await failed).toMatchObject({ code: "CLIENT_CONNECTION_LOST", retryable: true });
    expect(await rejection(client.call("test.slow"))).toMatchObject({ code: "CLIENT_CONNECTION_LOST" });
    const ready = client.ready();
    await clock.advance(499);
    expect(peer.opened).toBe(1);
    await clock.advance(1);
    await ready;
    expect(states).toEqual(["reconnecting", "ready"]);
    const restored = peer.received.slice(before);
    expect(restored.map((frame) => (frame.name === "call" ? frame.args.method : frame.name))).toEqual([
      "auth_token",
      "management.enable_features",
      "subscribe",
      "plugin.register_service",
      "plugin.resume_service",
    ]);
    expect(restored[0]).toMatchObject({ args: { token } });
    expect(client.token).not.toBe(token);
    peer.emit("task.created", { id: 2 });
    expect([(await stream.next()).value, (await stream.next()).value]).toEqual([
      { name: missedEventName, args: { reason: "connection lost", count: null } },
      { name: "task.created", args: { id: 2 } },
    ]);
  });

  it("is tried again after longer and longer pauses", async () => {
    const { peer, clock, client } = await setup({}, { reconnect: { minDelayMs: 100, maxDelayMs: 1_000 } });
    peer.refuse();
    peer.cut();
    await settled();
    const at: number[] = [];
    const start = clock.now();
    client.onStateChange(() => at.push(clock.now() - start));
    await clock.advance(100 + 200 + 400 + 800 + 1_000 - 1);
    expect(peer.refused).toBe(4);
    peer.accept();
    await clock.advance(1);
    expect(client.state).toBe("ready");
    expect(at).toEqual([2_500]);
  });

  it("tells when the next attempt comes, and makes it at once when it is asked to", async () => {
    const { peer, clock, client } = await setup({}, { reconnect: { minDelayMs: 100, maxDelayMs: 1_000 } });
    expect(client.nextAttempt).toBeUndefined();
    peer.refuse();
    peer.cut();
    await settled();
    expect(client.nextAttempt).toEqual({ number: 1, at: clock.now() + 100 });
    await clock.advance(100);
    expect(client.nextAttempt).toEqual({ number: 2, at: clock.now() + 200 });
    peer.accept();
    client.tryNow();
    await settled();
    expect([client.state, client.nextAttempt]).toEqual(["ready", undefined]);
    client.tryNow();
    expect(client.state).toBe("ready");
  });

  it("logs in with the password when the token has died with the server", async () => {
    let known = "";
    let serial = 0;
    const { client, peer, clock } = await setup({
      login: (frame) => {
        if (frame.name === "auth_token" && frame.args.token !== known) throw new RpcError(13, "unknown token");
        known = `token-${++serial}`;
        return [known, 600, "ada"];
      },
    });
    known = "";
    peer.cut();
    await clock.advance(500);
    expect([client.state, client.token]).toEqual(["ready", "token-2"]);
    expect(names(peer).slice(2, 4)).toEqual(["auth_token", "auth"]);
  });

  it("ends the client when the login is refused then, or when it may not come back", async () => {
    let isOpen = true;
    const { client, peer, clock } = await setup(
      {
        login: () => {
          if (!isOpen) throw new RpcError(13, "unknown token");
          return ["t", 600, "ada"];
        },
      },
      { login: { token: "t" } },
    );
    isOpen = false;
    const closed = rejection(all(client.events("*")));
    await settled();
    peer.cut();
    await clock.advance(500);
    expect(client.state).toBe("closed");
    expect(await closed).toMatchObject({ code: "CLIENT_LOGIN_REFUSED" });
    const other = await setup({}, { reconnect: false });
    other.peer.cut();
    await settled();
    expect(other.client.state).toBe("closed");
    expect(await rejection(other.client.call("a.b"))).toMatchObject({ code: "CLIENT_CONNECTION_LOST" });
  });

  it("is noticed by silence after a ping, and not while anything is answered", async () => {
    const { client, peer, clock } = await setup({}, { heartbeatMs: 1_000 });
    await clock.advance(10_000);
    expect(names(peer).filter((name) => name === "management.ping").length).toBeGreaterThan(5);
    expect([client.state, peer.opened]).toEqual(["ready", 1]);
    peer.silence();
    await clock.advance(2_000);
    expect(client.state).toBe("reconnecting");
    peer.silence(false);
    await clock.advance(500);
    expect([client.state, peer.opened]).toEqual(["ready", 2]);
  });

  it("a token is kept alive by pings at least three times in its lifetime", async () => {
    const { peer, clock } = await setup({ login: () => ["t", 6, "ada"] });
    await clock.advance(6_000);
    expect(names(peer).filter((name) => name === "management.ping")).toHaveLength(3);
  });
});

describe("the end", () => {
  it("by the server's logout is told as such, and is final for who has nothing but a token", async () => {
    const services = { test: { slow: () => new Promise(() => undefined) } };
    const { client, peer, clock } = await setup({ services }, { login: { token: "t" } });
    const seen: unknown[] = [];
    client.onStateChange((state, error) => seen.push(state, error));
    const failed = rejection(client.call("test.slow"));
    await settled();
    peer.logout("session was inactive for 600 seconds");
    const error = await failed;
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({
      code: "CLIENT_LOGGED_OUT",
      details: { reason: "session was inactive for 600 seconds" },
    });
    await clock.advance(60_000);
    expect(seen).toEqual(["closed", error]);
    expect(peer.opened).toBe(1);
  });

  it("by the server's logout is followed by another login with the password, not with the dead token", async () => {
    const { client, peer, clock } = await setup();
    const seen: unknown[] = [];
    client.onStateChange((state, error) => seen.push([state, (error as ClientError | undefined)?.code]));
    peer.logout("the server stops");
    await clock.advance(500);
    expect(seen).toEqual([
      ["reconnecting", "CLIENT_LOGGED_OUT"],
      ["ready", undefined],
    ]);
    expect(names(peer).slice(2)).toEqual(["auth", "management.enable_features"]);
  });

  it("by close() fails what is pending, twice is once, and no timer stays", async () => {
    const { client, clock, peer } = await setup({ services: { test: { slow: () => new Promise(() => undefined) } } });
    const failed = rejection(client.call("test.slow"));
    await client.close();
    await client.close();
    expect(await failed).toMatchObject({ code: "CLIENT_CLOSED" });
    expect(await rejection(client.call("a.b"))).toMatchObject({ code: "CLIENT_CLOSED" });
    expect(await rejection(client.ready())).toMatchObject({ code: "CLIENT_CLOSED" });
    await settled();
    expect([clock.pendingTimers, peer.connections]).toEqual([0, 0]);
  });

  it("of the connection right after the last answer is not taken for ready", async () => {
    const { client, peer, clock } = await setup({}, { login: undefined as never, features: [] });
    const original = peer.openSocket;
    let opened = 0;
    const other = await connect({
      clock,
      random: () => 0,
      openSocket: (url, handlers) =>
        original(url, {
          ...handlers,
          onOpen: () => {
            handlers.onOpen();
            // In the same turn, before anybody could see that it was open.
            if (++opened === 2) handlers.onClose("closed at once");
          },
        }),
    });
    peer.cut();
    await clock.advance(500);
    expect([other.state, opened]).toEqual(["reconnecting", 2]);
    await clock.advance(1_000);
    expect([other.state, opened]).toEqual(["ready", 3]);
    const closing = connect({
      clock,
      openSocket: (url, handlers) => original(url, handlers),
    });
    await Promise.all([closing.then((third) => third.close()), other.close(), client.close()]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes also while the client is on its way back", async () => {
    const { client, clock, peer } = await setup();
    peer.refuse();
    peer.cut();
    await clock.advance(700);
    expect(client.state).toBe("reconnecting");
    await client.close();
    await clock.advance(60_000);
    expect([client.state, clock.pendingTimers]).toEqual(["closed", 0]);
  });

  it("a first connection that fails or hangs rejects", async () => {
    const peer = new MemoryPeer();
    peer.refuse("connect ECONNREFUSED");
    const options = { openSocket: peer.openSocket, clock: new TestClock() };
    expect(await rejection(connect(options))).toMatchObject({ code: "CLIENT_CONNECT_FAILED", retryable: true });
    const clock = new TestClock();
    const hanging = { openSocket: () => ({ send: () => undefined, close: () => undefined }), clock };
    const failed = rejection(connect(hanging));
    await clock.advance(10_000);
    expect(await failed).toMatchObject({ code: "CLIENT_TIMEOUT" });
    expect(await rejection(connect({ timeoutMs: -1 }))).toMatchObject({ code: "CLIENT_OPTION_INVALID" });
  });
});
