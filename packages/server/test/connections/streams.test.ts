// Streamed results, as clients see them.

import { errno, type ServerFrame } from "@switchboard/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MemoryClient } from "../../src/testing/memory-connection.ts";
import { newServer, settle, type TestServer } from "./kit.ts";

interface Producer {
  produced: number;
  ended: boolean;
}

function addStreams(server: TestServer): Producer {
  const producer: Producer = { produced: 0, ended: false };
  async function* numbers(count: number): AsyncIterable<number> {
    try {
      for (let number = 1; number <= count; number++) {
        producer.produced++;
        yield number;
      }
    } finally {
      producer.ended = true;
    }
  }
  server.context.services.register("stream", {
    methods: {
      numbers: { generator: true, handler: numbers },
      list: { generator: true, handler: () => [1, 2, 3] },
      plain: {
        generator: true,
        handler: function* (some = false) {
          if (some) yield 0;
          return 42;
        },
      },
      value: { generator: true, handler: async () => ({ no: "sequence" }) },
      failing: {
        generator: true,
        handler: async function* (after: number) {
          for (let number = 0; number < after; number++) yield number;
          throw new Error("broken");
        },
      },
      endless: {
        generator: true,
        handler: function* () {
          for (;;) yield 0;
        },
      },
    },
  });
  return producer;
}

async function streamingClient(server: TestServer): Promise<MemoryClient> {
  const client = await server.logIn();
  await client.call("test.enable");
  return client;
}

function start(client: MemoryClient, method: string, args: readonly unknown[] = [], view = false): void {
  client.send({ namespace: "rpc", name: "call", id: "s", args: { method, args, view } });
}

async function ask(client: MemoryClient, seqno: number): Promise<ServerFrame> {
  client.send({ namespace: "rpc", name: "continue", id: "s", args: seqno });
  return client.next();
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe("without the feature", () => {
  test("S34 the items come as one array", async () => {
    const server = newServer();
    addStreams(server);
    const client = await server.logIn();
    expect(await client.call("stream.numbers", [3])).toMatchObject({ name: "response", args: [1, 2, 3] });
    expect(await client.call("stream.numbers", [0])).toMatchObject({ name: "response", args: [] });
  });

  test("a stream without end is refused instead of filling the memory", async () => {
    const server = newServer({ limits: { maxCollectedItems: 1_000 } });
    addStreams(server);
    const client = await server.logIn();
    expect(await client.call("stream.endless")).toMatchObject({ name: "error", args: { code: errno.EMSGSIZE } });
  });
});

describe("with the feature", () => {
  test("S35 33 items in bursts of 16: 16, 16, 1, then end and close", async () => {
    const server = newServer();
    addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.numbers", [33]);
    const fragment = (seqno: number, from: number, to: number): object => ({
      name: "fragment",
      id: "s",
      args: { seqno, fragment: range(from, to) },
    });
    expect(await client.next()).toMatchObject(fragment(1, 1, 16));
    expect(await ask(client, 2)).toMatchObject(fragment(2, 17, 32));
    expect(await ask(client, 3)).toMatchObject(fragment(3, 33, 33));
    expect(await ask(client, 4)).toMatchObject({ name: "end", args: 4 });
    expect(await client.next()).toMatchObject({ name: "close", id: "s", args: null });
    expect(await client.call("test.ping")).toMatchObject({ args: "pong" });
  });

  test("S36 nothing is sent, and nothing produced, unasked after the first fragment", async () => {
    const server = newServer();
    const producer = addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.numbers", [1_000]);
    await client.next();
    await settle();
    expect(client.take()).toEqual([]);
    expect(producer.produced).toBe(16);
  });

  test("what has been produced is sent while the producer waits for more, and nothing is lost by it", async () => {
    const server = newServer();
    let goOn = (): void => undefined;
    const more = new Promise<void>((resolve) => (goOn = resolve));
    server.context.services.register("news", {
      methods: {
        watch: {
          generator: true,
          handler: async function* () {
            yield* [1, 2, 3];
            await more;
            yield 4;
          },
        },
      },
    });
    const client = await streamingClient(server);
    start(client, "news.watch");
    expect(await client.next()).toMatchObject({ name: "fragment", args: { seqno: 1, fragment: [1, 2, 3] } });
    const fourth = ask(client, 2);
    goOn();
    expect(await fourth).toMatchObject({ name: "fragment", args: { seqno: 2, fragment: [4] } });
    expect(await ask(client, 3)).toMatchObject({ name: "end", args: 3 });
  });

  test("S37 an empty stream is end 1, then close", async () => {
    const server = newServer();
    addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.numbers", [0]);
    expect(await client.next()).toMatchObject({ name: "end", args: 1 });
    expect(await client.next()).toMatchObject({ name: "close" });
  });

  test("S38 a generator that fails at its first item gives one error", async () => {
    const server = newServer();
    addStreams(server);
    const client = await streamingClient(server);
    expect(await client.call("stream.failing", [0])).toMatchObject({ name: "error", args: { code: errno.EFAULT } });
    await settle();
    expect(client.take()).toEqual([]);
  });

  test("a failure on the way is an error under the call's id, and the stream is gone", async () => {
    const server = newServer();
    addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.failing", [16]);
    expect(await client.next()).toMatchObject({ name: "fragment" });
    expect(await ask(client, 2)).toMatchObject({ name: "error", id: "s", args: { code: errno.EFAULT } });
    expect(await ask(client, 3)).toMatchObject({ name: "error", id: "s", args: { code: errno.ENOENT } });
  });

  test("what was produced before a failure comes first, whether it is asked for in order, skipped to or kept for a view", async () => {
    const server = newServer();
    addStreams(server);
    const client = await streamingClient(server);
    for (const view of [false, true]) {
      start(client, "stream.failing", [18], view);
      expect(await client.next()).toMatchObject({ name: "fragment", args: { seqno: 1 } });
      expect(await ask(client, 2)).toMatchObject({ name: "fragment", args: { seqno: 2, fragment: [16, 17] } });
      expect(await ask(client, 3)).toMatchObject({ name: "error", id: "s", args: { code: errno.EFAULT } });
      expect(await ask(client, 4)).toMatchObject({ name: "error", id: "s", args: { code: errno.ENOENT } });
    }
    start(client, "stream.failing", [20]);
    expect(await client.next()).toMatchObject({ name: "fragment", args: { seqno: 1 } });
    expect(await ask(client, 5)).toMatchObject({ name: "error", id: "s", args: { code: errno.EFAULT } });
    start(client, "stream.failing", [3]);
    expect(await client.next()).toMatchObject({ name: "fragment", args: { seqno: 1, fragment: [0, 1, 2] } });
    expect(await ask(client, 2)).toMatchObject({ name: "error", id: "s", args: { code: errno.EFAULT } });
  });

  test("S39 a generator that returns without yielding gives a plain response, a list is streamed", async () => {
    const server = newServer();
    addStreams(server);
    const client = await streamingClient(server);
    expect(await client.call("stream.plain")).toMatchObject({ name: "response", args: 42 });
    expect(await client.call("stream.value")).toMatchObject({ name: "response", args: { no: "sequence" } });
    start(client, "stream.list");
    expect(await client.next()).toMatchObject({ name: "fragment", args: { fragment: [1, 2, 3] } });
  });

  test("a higher number skips, a lower one is EINVAL", async () => {
    const server = newServer();
    const producer = addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.numbers", [100]);
    await client.next();
    expect(await ask(client, 4)).toMatchObject({ name: "fragment", args: { seqno: 4, fragment: range(49, 64) } });
    expect(await ask(client, 2)).toMatchObject({ name: "error", id: "s", args: { code: errno.EINVAL } });
    await settle();
    expect(producer.ended).toBe(true);
  });

  test("S40 a view gives earlier pieces again, ends without closing, and lives until abort", async () => {
    const server = newServer();
    const producer = addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.numbers", [50], true);
    expect(await client.next()).toMatchObject({ args: { seqno: 1 } });
    expect(await ask(client, 3)).toMatchObject({ args: { seqno: 3, fragment: range(33, 48) } });
    expect(await ask(client, 1)).toMatchObject({ args: { seqno: 1, fragment: range(1, 16) } });
    expect(await ask(client, 99)).toMatchObject({ name: "end", args: 99 });
    await settle();
    expect(client.take()).toEqual([]);
    expect(await ask(client, 2)).toMatchObject({ args: { seqno: 2 } });
    client.send({ namespace: "rpc", name: "abort", id: "s", args: null });
    expect(await client.next()).toMatchObject({ name: "close", id: "s" });
    expect(producer.ended).toBe(true);
  });

  test("S41 after an abort the connection works on, and the producer has ended", async () => {
    const server = newServer();
    const producer = addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.numbers", [1_000]);
    await client.next();
    client.send({ namespace: "rpc", name: "abort", id: "s", args: null });
    expect(await client.next()).toMatchObject({ name: "close", id: "s" });
    expect(await client.call("test.ping")).toMatchObject({ args: "pong" });
    expect(producer.ended).toBe(true);
  });

  test("S42 continue and abort of an unknown id are ENOENT under that id", async () => {
    const client = await newServer().logIn();
    for (const frame of [
      { namespace: "rpc", name: "abort", id: "?", args: null },
      { namespace: "rpc", name: "continue", id: "?", args: 2 },
    ] as const) {
      client.send(frame);
      expect(await client.next()).toMatchObject({ name: "error", id: "?", args: { code: errno.ENOENT } });
    }
  });

  test("a client that goes away ends its producers", async () => {
    const server = newServer();
    const producer = addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.numbers", [1_000]);
    await client.next();
    client.close();
    await settle();
    expect(producer.ended).toBe(true);
  });

  test("a number far ahead is refused, and a producer that never waits holds nobody up", async () => {
    const server = newServer();
    addStreams(server);
    const client = await streamingClient(server);
    const other = await server.logIn();
    start(client, "stream.endless");
    await client.next();
    client.send({ namespace: "rpc", name: "continue", id: "s", args: 9_000 });
    expect(await other.call("test.ping")).toMatchObject({ args: "pong" });
    expect(await client.next()).toMatchObject({ args: { seqno: 9_000 } });
    expect(await ask(client, Number.MAX_SAFE_INTEGER)).toMatchObject({ name: "error", args: { code: errno.EINVAL } });
  });

  test("a view keeps only so much", async () => {
    const server = newServer({ limits: { maxCollectedItems: 100 } });
    addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.endless", [], true);
    await client.next();
    expect(await ask(client, 50)).toMatchObject({ name: "error", args: { code: errno.EMSGSIZE } });
  });

  test("too many requests in advance end the stream", async () => {
    const server = newServer();
    addStreams(server);
    const client = await streamingClient(server);
    start(client, "stream.endless");
    await client.next();
    for (let seqno = 2; seqno < 100; seqno++) client.send({ namespace: "rpc", name: "continue", id: "s", args: seqno });
    await settle();
    expect(client.take().find(({ name }) => name === "error")).toMatchObject({ id: "s", args: { code: errno.EINVAL } });
  });

  test("whatever the length, burst size and order of requests, each item comes once and in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 8 }), async (count, burstSize) => {
        const server = newServer({ burstSize });
        addStreams(server);
        const client = await streamingClient(server);
        start(client, "stream.numbers", [count]);
        const items: unknown[] = [];
        for (let frame = await client.next(), seqno = 2; frame.name !== "end"; frame = await ask(client, seqno++)) {
          const { fragment } = frame.args as { fragment: unknown[] };
          expect(fragment.length).toBeLessThanOrEqual(burstSize);
          items.push(...fragment);
        }
        expect(items).toEqual(range(1, count));
        expect(await client.next()).toMatchObject({ name: "close" });
      }),
      { numRuns: 30 },
    );
  });
});
