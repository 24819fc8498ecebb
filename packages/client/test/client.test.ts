// Login, calls and streams, against a server in memory and on a clock under control.

import { TestClock } from "@switchboard/core/testing";
import { RpcError } from "@switchboard/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../src/index.ts";
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
