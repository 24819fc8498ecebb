// What is particular to TCP links: the secret, TLS, strangers, silence, rates, and what listening says when it cannot.

import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { Dispatcher, type Link, type Logger, silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { listenTcp, type TcpLinkOptions, tcpLink, type TcpListenOptions } from "@switchboard/links";
import { TcpProxy } from "@switchboard/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Recorder } from "../src/testing/recorder.ts";
import { Handshake } from "../src/socket/handshake.ts";
import { RawClient } from "./harness/raw-client.ts";

const secret = "what both ends know";
/** What is waited for happens at once; on a busy machine that may take a while. */
const patience = { timeout: 20_000, interval: 5 };
const key = readFileSync(new URL("fixtures/localhost-key.pem", import.meta.url));
const cert = readFileSync(new URL("fixtures/localhost-cert.pem", import.meta.url));

/** A listener whose links are recorded. */
async function listening(options: Partial<TcpListenOptions> = {}) {
  const links: Link[] = [];
  const recorders: Recorder[] = [];
  const listener = await listenTcp({
    port: 0,
    secret,
    onLink: (link) => {
      const recorder = new Recorder();
      links.push(link);
      recorders.push(recorder);
      link.start(recorder);
    },
    ...options,
  });
  onTestFinished(async () => {
    await listener.close();
    await Promise.all(links.map((link) => link.close()));
  });
  return { listener, port: listener.port, links, recorders };
}

/** A started link. */
function connected(options: Partial<TcpLinkOptions> & { readonly port: number }) {
  const link = tcpLink({ secret, reconnectMinMs: 5, reconnectMaxMs: 20, ...options });
  const recorder = new Recorder();
  link.start(recorder);
  onTestFinished(() => link.close());
  return { link, recorder };
}

/** A client that says what it likes. */
function stranger(port: number): RawClient {
  const client = new RawClient({ port, host: "127.0.0.1" });
  onTestFinished(() => void client.socket.destroy());
  return client;
}

/** A logger that keeps the codes it is told. */
function codes(): { readonly logger: Logger; readonly seen: unknown[] } {
  const seen: unknown[] = [];
  const info = (fields: object): void => void ("code" in fields && seen.push(fields.code));
  return { logger: { ...silentLogger, info }, seen };
}

/** Moves time on, and lets the event loop do what it then does. */
async function pass(clock: TestClock, ms: number): Promise<void> {
  await clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

describe("the secret", () => {
  it("lets nobody join who does not have it; whoever gets it right joins", async () => {
    const { port, links } = await listening();
    const { logger, seen } = codes();
    const { recorder } = connected({ port, secret: "what nobody else has", logger });
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(1), patience);
    expect(new Set(seen)).toEqual(new Set(["LINK_AUTHENTICATION"]));
    expect([recorder.events, links]).toEqual([[], []]);
    const good = connected({ port });
    await good.recorder.when(() => good.recorder.events.includes("opened"));
  });

  it("is asked of the listener, too: one that does not have it gets no frames", async () => {
    const guess = JSON.stringify({ proof: "A".repeat(43) });
    const impostor = createServer((socket) => {
      socket.write(`${new Handshake({ role: "accept", secret: "a guess", binding: "" }).opening}\n`);
      socket.on("data", () => socket.write(`${guess}\n`)).on("error", () => undefined);
    });
    await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void impostor.close());
    const { logger, seen } = codes();
    const { recorder } = connected({
      port: (impostor.address() as AddressInfo).port,
      logger,
      reconnectMinMs: 10_000,
      reconnectMaxMs: 10_000,
    });
    await vi.waitFor(() => expect(seen).toEqual(["LINK_AUTHENTICATION"]), patience);
    expect(recorder.events).toEqual([]);
  });

  it("must be long enough to be one", async () => {
    const invalid = { code: "LINK_OPTION_INVALID", message: "secret must be a string of at least 16 characters" };
    expect(() => tcpLink({ port: 1, secret: "short" })).toThrow(expect.objectContaining(invalid));
    await expect(listenTcp({ port: 0, secret: "", onLink: () => undefined })).rejects.toMatchObject(invalid);
  });
});

describe("strangers", () => {
  it("are told what is wrong, and disconnected", async () => {
    const { port, links } = await listening();
    for (const [line, code] of [
      ["GET / HTTP/1.1", "LINK_PROTOCOL"],
      [JSON.stringify({ nonce: "A".repeat(43), proof: "AAAA" }), "LINK_AUTHENTICATION"],
      ["x".repeat(100_000), "LINK_PROTOCOL"],
    ] as const) {
      const client = stranger(port);
      await client.line();
      client.say(line);
      expect(await client.line()).toBe(JSON.stringify({ refused: code }));
      await client.closed;
    }
    expect(links).toEqual([]);
  });

  it("who say nothing are disconnected in time", async () => {
    const clock = new TestClock();
    const { port } = await listening({ clock, handshakeTimeoutMs: 3000 });
    const client = stranger(port);
    await client.line();
    await clock.advance(3000);
    await client.closed;
    expect(clock.pendingTimers).toBe(0);
  });

  it("who say nothing do not get a connecting link to wait for ever", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const clock = new TestClock();
    const { logger, seen } = codes();
    connected({ port: (silent.address() as AddressInfo).port, clock, logger, handshakeTimeoutMs: 3000 });
    await vi.waitFor(() => expect(sockets).toHaveLength(1), patience);
    await clock.advance(3000);
    expect(seen).toEqual(["LINK_LOST"]);
  });

  it("beyond the most links at a time are turned away, until one has gone", async () => {
    const { port, links } = await listening({ maxLinks: 2 });
    const first = connected({ port });
    const second = stranger(port);
    await second.line();
    await first.recorder.when(() => first.recorder.events.includes("opened"));
    const third = connected({ port });
    await vi.waitFor(() => expect(links).toHaveLength(1), patience);
    second.socket.destroy();
    await third.recorder.when(() => third.recorder.events.includes("opened"));
    expect(links).toHaveLength(2);
  });

  it("are dropped when the listener closes; links that have joined go on", async () => {
    const { port, links, listener } = await listening();
    const near = connected({ port });
    await near.recorder.when(() => near.recorder.events.includes("opened"));
    const client = stranger(port);
    await client.line();
    await listener.close();
    await listener.close();
    await client.closed;
    links[0]?.send("still here");
    await near.recorder.when(() => near.recorder.frames.length === 1);
    expect(near.recorder.frames).toEqual(["still here"]);
  });
});

describe("a joined client", () => {
  async function joined(options: Partial<TcpListenOptions> = {}) {
    const { port, recorders } = await listening(options);
    const client = stranger(port);
    await client.shakeHands(secret);
    await vi.waitFor(() => expect(recorders).toHaveLength(1), patience);
    const recorder = recorders[0] ?? new Recorder();
    await recorder.when(() => recorder.events.includes("opened"));
    return { client, recorder };
  }

  it("that ends in the middle of a frame is lost, and the frame does not arrive", async () => {
    const { client, recorder } = await joined();
    client.socket.end('[1]\n[{"half":');
    await recorder.when(() => recorder.errors.length > 0);
    expect(recorder.frames).toEqual([1]);
    expect(recorder.errors[0]).toMatchObject({
      code: "LINK_LOST",
      message: expect.stringContaining("in the middle of a frame"),
    });
  });

  it("may cut its frames into as many pieces as it likes", async () => {
    const { client, recorder } = await joined();
    for (const byte of Buffer.from('["é",{"n":1}]\n[2]\n')) {
      client.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await recorder.when(() => recorder.frames.length === 3);
    expect(recorder.frames).toEqual(["é", { n: 1 }, 2]);
  });

  it("is answered when it asks for a sign of life", async () => {
    const { client } = await joined();
    client.say('"ping"');
    expect(await client.line()).toBe('"pong"');
  });

  it("is asked for a sign of life when it is silent, and lost when it gives none", async () => {
    const clock = new TestClock();
    const { client, recorder } = await joined({ clock, heartbeatMs: 1000 });
    await pass(clock, 1000);
    expect(await client.line()).toBe('"ping"');
    client.say('"pong"');
    client.say("[1]");
    await recorder.when(() => recorder.frames.length === 1);
    await pass(clock, 1000);
    await pass(clock, 1000);
    expect(await client.line()).toBe('"ping"');
    expect(recorder.errors).toEqual([]);
    await clock.advance(1000);
    await recorder.when(() => recorder.errors.length > 0);
    expect(recorder.errors[0]).toMatchObject({ code: "LINK_LOST", message: "no sign of life for 2000 ms" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("that sends more than the rate allows is not read until the second is over", async () => {
    const clock = new TestClock();
    const { client, recorder } = await joined({ clock, maxFramesPerSecond: 10 });
    client.say("[0,1,2,3,4,5,6,7,8,9]");
    await recorder.when(() => recorder.frames.length === 10);
    client.say("[10]");
    await new Promise((resolve) => client.socket.write("", resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.frames).toHaveLength(10);
    await clock.advance(1000);
    await recorder.when(() => recorder.frames.length === 11);
    expect(recorder.errors).toEqual([]);
  });
});

describe("TLS", () => {
  const binding: readonly (readonly [string, ConnectionOptions])[] = [
    ["checks the listener's certificate", { ca: cert }],
    ["does not check it, the secret being proof enough", { rejectUnauthorized: false }],
  ];

  it.each(binding)("joins when the link %s", async (_, tls) => {
    const { port, links } = await listening({ tls: { key, cert } });
    const { link, recorder } = connected({ port, tls });
    await recorder.when(() => recorder.events.includes("opened"));
    links[0]?.send("hello");
    await recorder.when(() => recorder.frames.length === 1);
    await link.close();
    expect(recorder.events).toEqual(["opened", "received", "lost LINK_CLOSED"]);
  });

  it("is refused at once when its keys are not usable", async () => {
    const invalid = { code: "LINK_OPTION_INVALID", message: expect.stringMatching(/^tls is not usable: /) };
    expect(() => tcpLink({ port: 1, secret, tls: { ca: "no certificate", cert: "none" } })).toThrow(
      expect.objectContaining(invalid),
    );
    await expect(
      listenTcp({ port: 0, secret, onLink: () => undefined, tls: { key: "none", cert } }),
    ).rejects.toMatchObject(invalid);
  });

  it("does not join a listener whose certificate nobody vouches for, or one without TLS", async () => {
    const secure = await listening({ tls: { key, cert } });
    const plain = await listening();
    for (const [port, tls] of [
      [secure.port, {}],
      [plain.port, { ca: cert }],
      [secure.port, undefined],
    ] as const) {
      const { logger, seen } = codes();
      const { recorder } = connected({ port, logger, handshakeTimeoutMs: 300, ...(tls === undefined ? {} : { tls }) });
      await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), patience);
      expect(recorder.events).toEqual([]);
    }
    expect([secure.links, plain.links]).toEqual([[], []]);
  });
});

describe("addresses", () => {
  it("names say where, and never the secret", async () => {
    const { port, links } = await listening();
    const { link, recorder } = connected({ port });
    await recorder.when(() => recorder.events.includes("opened"));
    expect(link.name).toBe(`tcp 127.0.0.1:${port}`);
    expect(links[0]?.name).toMatch(/^tcp 127\.0\.0\.1:\d+$/);
  });

  it("a port in use is an error with a code, for the second listener", async () => {
    const { port } = await listening();
    await expect(listenTcp({ port, secret, onLink: () => undefined })).rejects.toMatchObject({
      code: "LINK_LISTEN_FAILED",
      retryable: true,
      message: expect.stringContaining(`tcp 127.0.0.1:${port}`),
    });
  });

  it.each([
    [{ port: 0 }, "port must be a whole number from 1 to 65535, got 0"],
    [{ port: 1, heartbeatMs: 1 }, "heartbeatMs must be a whole number from 10 to 86400000, got 1"],
    [
      { port: 1, highWaterBytes: 2 ** 30 },
      "highWaterBytes must be a whole number from 1024 to 16777216, got 1073741824",
    ],
    [{ port: 1, reconnectMaxMs: 50 }, "reconnectMaxMs must be a whole number from 100 to 86400000, got 50"],
  ])("%o is refused", (options, message) => {
    expect(() => tcpLink({ secret, ...options })).toThrow(
      expect.objectContaining({ code: "LINK_OPTION_INVALID", message }),
    );
  });

  it("a link finds a listener that comes later, and one that comes back", async () => {
    const far = await listening();
    const proxy = await TcpProxy.start({ targetPort: far.port });
    onTestFinished(() => proxy.close());
    proxy.refuse();
    const { recorder } = connected({ port: proxy.port });
    await proxy.heal();
    await recorder.when(() => recorder.count("opened") === 1);
    proxy.refuse();
    proxy.cut("end");
    await recorder.when(() => recorder.errors.length === 1);
    await proxy.heal();
    await recorder.when(() => recorder.count("opened") === 2);
    expect(recorder.faults).toEqual([]);
  });

  it("a dispatcher that shuts down while its link cannot connect ends at once", async () => {
    const { port, listener } = await listening();
    await listener.close();
    const dispatcher = new Dispatcher();
    void dispatcher.join(tcpLink({ port, secret })).catch(() => undefined);
    await dispatcher.shutdown();
    expect(dispatcher.activity().awaitedResponses).toBe(0);
  });
});
