// Frames of a connection: good ones, bad ones, hostile ones.

import { readdirSync, readFileSync } from "node:fs";
import { decodeServerFrame, encodeFrame, errno, RpcError } from "@switchboard/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unixPeer } from "../../src/testing/memory-connection.ts";
import { newServer, settle } from "./kit.ts";

const invalid = { namespace: "rpc", name: "error", id: null, args: { code: errno.EINVAL } };

describe("bad frames are answered and the next one works", () => {
  test.each([
    ["S16 text that is not JSON", "this is not JSON"],
    ["S17 an unknown namespace", '{"namespace":"bogus","name":"call","id":"1","args":null}'],
    ["a logout, which only a server sends", '{"namespace":"events","name":"logout","id":null,"args":{"reason":"x"}}'],
    ["an array", "[]"],
    ["a deep document", `{"namespace":"rpc","name":"call","id":null,"args":${"[".repeat(500)}${"]".repeat(500)}}`],
    ["an id of another type", '{"namespace":"rpc","name":"call","id":7,"args":{"method":"test.ping","args":[]}}'],
  ])("%s", async (_, text) => {
    const client = await newServer().logIn();
    client.send(text);
    expect(await client.next()).toMatchObject(invalid);
    expect(await client.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("S18 a call without id is answered under null", async () => {
    const client = await newServer().logIn();
    client.send('{"namespace":"rpc","name":"call","args":{"method":"test.ping","args":[]}}');
    expect(await client.next()).toMatchObject({ name: "response", id: null, args: "pong" });
    expect(await client.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("a call without method or args is EINVAL under its id", async () => {
    const client = await newServer().logIn();
    client.send('{"namespace":"rpc","name":"call","id":"1","args":{"args":[]}}');
    client.send('{"namespace":"rpc","name":"call","id":"2","args":{"method":"test.ping"}}');
    expect(client.take()).toMatchObject([
      { ...invalid, id: "1" },
      { ...invalid, id: "2" },
    ]);
  });

  test("a member named __proto__ is refused and changes no prototype", async () => {
    const client = await newServer().logIn();
    client.send(
      '{"namespace":"rpc","name":"call","id":"1","args":{"method":"test.echo","args":[{"__proto__":{"polluted":1}}]}}',
    );
    expect(client.take()).toMatchObject([{ ...invalid, id: "1" }]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    client.send(
      '{"namespace":"rpc","name":"call","id":"2","args":{"method":"test.echo","args":[{"constructor":{"prototype":{"polluted":1}}}]}}',
    );
    await client.next();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("calls", () => {
  test("S33 a fast call is answered before slow ones", async () => {
    const server = newServer();
    const finish: (() => void)[] = [];
    server.context.services.register("slow", {
      methods: { wait: { handler: () => new Promise<void>((resolve) => finish.push(resolve)) } },
    });
    const client = await server.logIn();
    const call = (id: string, method: string): void =>
      client.send({ namespace: "rpc", name: "call", id, args: { method, args: [] } });
    call("1", "slow.wait");
    call("2", "slow.wait");
    call("3", "test.ping");
    expect(await client.next()).toMatchObject({ id: "3" });
    for (const resolve of finish.toReversed()) resolve();
    expect([(await client.next()).id, (await client.next()).id]).toEqual(["2", "1"]);
  });

  test("a second call with an id in flight is refused, and the first is answered", async () => {
    const server = newServer();
    let finish: (value: string) => void = () => undefined;
    server.context.services.register("slow", {
      methods: { wait: { handler: () => new Promise<string>((resolve) => (finish = resolve)) } },
    });
    const client = await server.logIn();
    client.send({ namespace: "rpc", name: "call", id: "1", args: { method: "slow.wait", args: [] } });
    client.send({ namespace: "rpc", name: "call", id: "1", args: { method: "test.ping", args: [] } });
    expect(await client.next()).toMatchObject({ ...invalid, id: "1" });
    finish("done");
    expect(await client.next()).toMatchObject({ id: "1", args: "done" });
  });

  test("too many calls in flight are EBUSY", async () => {
    const server = newServer({ limits: { maxOpenCalls: 2 } });
    server.context.services.register("slow", { methods: { wait: { handler: () => new Promise(() => undefined) } } });
    const client = await server.logIn();
    for (const id of ["1", "2", "3"]) {
      client.send({ namespace: "rpc", name: "call", id, args: { method: "slow.wait", args: [] } });
    }
    expect(await client.next()).toMatchObject({ name: "error", id: "3", args: { code: errno.EBUSY } });
    client.send({ namespace: "rpc", name: "abort", id: "1", args: null });
    expect(await client.next()).toMatchObject({ name: "close", id: "1" });
    expect(await client.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("S30 S31 errors keep number and extra; unexpected ones are EFAULT without trace", async () => {
    const server = newServer();
    server.context.services.register("bad", {
      methods: {
        typed: { handler: () => Promise.reject(new RpcError(errno.EBUSY, "taken", { extra: { by: 7 } })) },
        plain: {
          handler: () => {
            throw new TypeError("x of /etc/passwd");
          },
        },
        circular: {
          handler: () => {
            const value: { self?: unknown } = {};
            value.self = value;
            return value;
          },
        },
      },
    });
    const client = await server.logIn();
    expect((await client.call("bad.typed")).args).toEqual({ code: 16, message: "taken", extra: { by: 7 } });
    expect((await client.call("bad.plain")).args).toEqual({ code: 14, message: "TypeError: x of …" });
    expect(await client.call("bad.circular")).toMatchObject({ name: "error", args: { code: 22 } });
    expect(await client.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("in debug mode an unexpected error has its whole message and its stack", async () => {
    const server = newServer({ debug: true });
    server.context.services.register("bad", {
      methods: {
        plain: {
          handler: () => {
            throw new TypeError("x of /etc/passwd");
          },
        },
      },
    });
    const { args } = await (await server.logIn()).call("bad.plain");
    expect(args).toMatchObject({ code: 14, message: "TypeError: x of /etc/passwd" });
    const [first] = (args as { stacktrace: { filename: string; lineno: number }[] }).stacktrace;
    expect(first?.filename).toContain("frames.test.ts");
    expect(first?.lineno).toBeGreaterThan(0);
  });
});

describe("the protocol's samples", () => {
  const folder = new URL("../../../protocol/samples/", import.meta.url);
  const fromServer = new Set(["events.logout"]);

  test.each(readdirSync(folder).filter((file) => !file.startsWith("json-rpc")))("%s is understood", async (file) => {
    const server = newServer();
    const client = file === "transport.setup.json" ? server.connect(unixPeer) : await server.logIn();
    const sample = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { id: string | null };
    client.send(JSON.stringify(sample));
    await settle();
    const isServers = fromServer.has(file.replace(/\.json$/, ""));
    const unknown = client.take().filter((frame) => frame.name === "error" && frame.id === null);
    expect(unknown).toHaveLength(isServers ? 1 : 0);
    expect(client.closed).toBeUndefined();
  });

  test("what the server sends reads back as the samples say", () => {
    for (const file of [
      "events.event",
      "events.event_burst",
      "events.logout",
      "rpc.error",
      "rpc.fragment",
      "rpc.response",
    ]) {
      const text = readFileSync(new URL(`${file}.json`, folder), "utf8");
      expect(JSON.parse(encodeFrame(decodeServerFrame(text)))).toEqual(JSON.parse(text));
    }
  });
});

describe("hostile input", () => {
  test("whatever comes in, the connection answers or closes and the server lives", async () => {
    const server = newServer({ limits: { maxFramesPerSecond: 1_000_000 } });
    const good = await server.logIn();
    const names = fc.constantFrom(
      "call",
      "auth",
      "continue",
      "abort",
      "event",
      "subscribe",
      "response",
      "fragment",
      "error",
      "end",
      "setup",
      "__proto__",
    );
    const frame = fc.record(
      {
        namespace: fc.constantFrom("rpc", "events", "transport"),
        name: names,
        id: fc.jsonValue(),
        args: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      frame.map((value) => JSON.stringify(value)),
      fc.string(),
      fc.json(),
    );
    let client = await server.logIn();
    await fc.assert(
      fc.asyncProperty(text, async (input) => {
        if (client.closed !== undefined) client = await server.logIn();
        client.send(input);
        await settle();
        client.take();
      }),
      { numRuns: 300 },
    );
    expect(await good.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("a stranger that sends too many frames is disconnected, a user is read more slowly", async () => {
    const server = newServer({ limits: { maxFramesPerSecondBeforeLogin: 10, maxFramesPerSecond: 20 } });
    const stranger = server.connect();
    for (let count = 0; count < 11; count++) stranger.send("x");
    expect(stranger.closed).toMatchObject({ code: 1008 });
    const user = await server.logIn();
    for (let count = 0; count < 30; count++) user.send("x");
    expect(user.closed).toBeUndefined();
    expect(user.isPaused).toBe(true);
    await server.clock.advance(1_000);
    expect(user.isPaused).toBe(false);
    expect(user.take()).toHaveLength(30);
  });

  test("a frame that is too long closes the connection, earlier before login", async () => {
    const server = newServer({ limits: { maxFrameBytesBeforeLogin: 500, maxFrameBytes: 1_000 } });
    const stranger = server.connect();
    stranger.send("x".repeat(501));
    expect(stranger.take()).toMatchObject([{ name: "error", args: { code: errno.EMSGSIZE } }]);
    expect(stranger.closed).toMatchObject({ code: 1009 });
    const user = await server.logIn();
    user.send("x".repeat(900));
    expect(user.closed).toBeUndefined();
    user.send("x".repeat(1_001));
    expect(user.closed).toMatchObject({ code: 1009 });
  });

  test("a connection without login is closed after a while", async () => {
    const server = newServer();
    const client = server.connect();
    const user = await server.logIn();
    await server.clock.advance(60_000);
    expect(client.take()).toMatchObject([{ name: "logout", args: { reason: "no login within 60 seconds" } }]);
    expect(client.closed).toBeDefined();
    expect(user.closed).toBeUndefined();
  });

  test("connections are limited in all and per remote address; those that end make room", () => {
    const server = newServer({ limits: { maxConnections: 4, maxConnectionsPerAddress: 2 } });
    const at = (host: string) => ({ host, port: 1, isLocal: host === "127.0.0.1", isTrusted: false });
    const refusal = expect.objectContaining({ code: "CONNECTION_REFUSED" });
    const first = server.connect(at("2001:db8::1"));
    server.connect(at("2001:db8::2"));
    expect(() => server.connect(at("2001:db8::3"))).toThrow(refusal);
    first.close();
    server.connect(at("2001:db8::3"));
    server.connect(at("127.0.0.1"));
    server.connect(at("127.0.0.1"));
    expect(() => server.connect(at("198.51.100.1"))).toThrow(refusal);
  });

  test("S106 a client that never reads is not read either, then cut; others go on", async () => {
    const server = newServer({ limits: { slowClientBytes: 10_000, maxBufferedBytes: 50_000 } });
    const slow = await server.logIn();
    const good = await server.logIn();
    slow.stall(true);
    const text = "x".repeat(1_000);
    for (let count = 0; count < 100 && slow.closed === undefined; count++) {
      slow.send({ namespace: "rpc", name: "call", id: `${count}`, args: { method: "test.echo", args: [text] } });
      await settle();
      if (count === 15) expect(slow.isPaused).toBe(true);
    }
    expect(slow.closed).toMatchObject({ reason: "terminated" });
    expect(slow.unread).toBeLessThan(60_000);
    expect(await good.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("a client that reads again is read again", async () => {
    const server = newServer({ limits: { slowClientBytes: 1_000 } });
    const client = await server.logIn();
    client.stall(true);
    client.send({ namespace: "rpc", name: "call", id: "1", args: { method: "test.echo", args: ["x".repeat(2_000)] } });
    await settle();
    expect(client.isPaused).toBe(true);
    client.stall(false);
    expect(client.isPaused).toBe(false);
    expect(client.take()).toHaveLength(1);
  });
});
