// What existing clients of the dispatcher put on the wire, frame by frame, against the real server: the Python, browser and C clients.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { frameBytes, FramingDecoder } from "@switchboard/protocol";
import { AsyncQueue } from "@switchboard/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type RealServer, startRealServer } from "./real-server.ts";

let real: RealServer;
const peers: RawPeer[] = [];

beforeAll(async () => {
  real = await startRealServer();
});

afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
});

afterAll(() => real.close());

interface RawFrame {
  readonly namespace: string;
  readonly name: string;
  readonly id: string | null;
  readonly args: unknown;
}

/** Frames as plain JSON, without anything of ours in between. */
class RawPeer {
  readonly frames: AsyncQueue<RawFrame> = new AsyncQueue();
  readonly #write: (text: string) => void;
  readonly close: () => void;

  constructor(write: (text: string) => void, close: () => void) {
    this.#write = write;
    this.close = close;
    peers.push(this);
  }

  take(text: string): void {
    this.frames.push(JSON.parse(text) as RawFrame);
  }

  send(namespace: string, name: string, id: string | null, args: unknown): void {
    this.#write(JSON.stringify({ namespace, name, id, args }));
  }

  /** Sends, and gives the next frame that comes. */
  async ask(name: string, args: unknown, id: string = randomUUID()): Promise<RawFrame> {
    this.send("rpc", name, id, args);
    const frame = await this.next();
    expect(frame.id).toBe(id);
    return frame;
  }

  call(method: string, args: unknown): Promise<RawFrame> {
    return this.ask("call", { method, args, view: false });
  }

  async next(): Promise<RawFrame> {
    return (await this.frames.next()).value as RawFrame;
  }
}

/** The Python and browser clients' way: this path, whatever the port. */
async function overWebSocket(): Promise<RawPeer> {
  const socket = new WebSocket(`${real.webSocket}/dispatcher/socket`);
  const peer = new RawPeer(
    (text) => socket.send(text),
    () => socket.terminate(),
  );
  socket.on("message", (data: Buffer) => peer.take(data.toString()));
  await once(socket, "open");
  return peer;
}

/** Header and payload in separate writes, as the C client does. */
async function overUnixSocket(): Promise<RawPeer> {
  const socket = connectSocket(real.unix.slice("unix:".length));
  const decoder = new FramingDecoder();
  const peer = new RawPeer(
    (text) => {
      const bytes = frameBytes(text);
      socket.write(bytes.subarray(0, 8));
      socket.write(bytes.subarray(8));
    },
    () => socket.destroy(),
  );
  socket.on("data", (bytes) => {
    for (const text of decoder.push(bytes)) peer.take(text);
  });
  await once(socket, "connect");
  return peer;
}

describe.each([
  ["WebSocket", overWebSocket],
  ["Unix socket", overUnixSocket],
])("the Python client over a %s", (_name, open) => {
  const logIn = async (): Promise<RawPeer> => {
    const peer = await open();
    const { username, password } = real.login;
    const answer = await peer.ask("auth", { username, password, check_password: false, resource: "python" });
    expect(answer).toMatchObject({ namespace: "rpc", name: "response" });
    expect((answer.args as unknown[])[0]).toMatch(/^[A-Za-z0-9]{32}$/);
    return peer;
  };

  it("logs in, calls with `view`, and logs in again by element 0 of the answer", async () => {
    const peer = await logIn();
    expect(await peer.call("test.add", [1, 2])).toMatchObject({ name: "response", args: 3 });
    expect(await peer.call("test.add", { a: 5 })).toMatchObject({ name: "response", args: 5 });
    expect(await peer.call("discovery.get_services", [])).toMatchObject({
      args: expect.arrayContaining(["discovery", "test"]) as unknown,
    });
    expect(await peer.call("nobody.nothing", [])).toMatchObject({ name: "error", args: { code: 2 } });
    const other = await open();
    const { username, password } = real.login;
    const [token] = (await peer.ask("auth", { username, password })).args as string[];
    expect(await other.ask("auth_token", { token })).toMatchObject({ name: "response" });
  });

  it("subscribes and emits with id null, is answered nothing, and hears itself with a time in UTC", async () => {
    const peer = await logIn();
    peer.send("events", "subscribe", null, ["python.*"]);
    peer.send("events", "event", null, { name: "python.changed", args: { ids: [1] } });
    const event = await peer.next();
    expect(event).toMatchObject({ namespace: "events", name: "event", id: null, args: { name: "python.changed" } });
    const { args } = event.args as { args: { ids: number[]; timestamp: { $date: string } } };
    expect(args.ids).toEqual([1]);
    expect(args.timestamp.$date).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?$/);
    peer.send("events", "unsubscribe", null, ["python.*"]);
    peer.send("events", "event", null, { name: "python.changed", args: {} });
    expect(await peer.call("test.add", [1])).toMatchObject({ args: 1 });
  });

  it("reads a stream by numbers", async () => {
    const peer = await logIn();
    expect(await peer.call("management.enable_features", [["streaming_responses"]])).toMatchObject({
      name: "response",
    });
    const first = await peer.call("test.count", [20]);
    expect(first).toMatchObject({ name: "fragment", args: { seqno: 1, fragment: { length: 16 } } });
    const { id } = first;
    expect(await peer.ask("continue", 2, id ?? "")).toMatchObject({ args: { seqno: 2, fragment: [17, 18, 19, 20] } });
    expect(await peer.ask("continue", 3, id ?? "")).toMatchObject({ name: "end", args: 3 });
    expect(await peer.next()).toMatchObject({ name: "close", id });
    expect(await peer.ask("continue", 4, id ?? "")).toMatchObject({ name: "error", args: { code: 2 } });
  });

  it("owns a service: registers, resumes, answers under the server's ids", async () => {
    const owner = await open();
    expect(await owner.ask("auth_service", { name: "newsd" })).toMatchObject({ name: "response", args: [] });
    expect(await owner.call("plugin.register_service", ["news"])).toMatchObject({ name: "response" });
    expect(await owner.call("plugin.resume_service", ["news"])).toMatchObject({ name: "response" });
    const caller = await logIn();
    const answer = caller.call("news.today", ["Oslo"]);
    const call = await owner.next();
    expect(call).toMatchObject({ name: "call", args: { method: "news.today", args: ["Oslo"], view: false } });
    owner.send("rpc", "response", call.id, "nothing new");
    expect(await answer).toMatchObject({ name: "response", args: "nothing new" });
    const described = caller.call("discovery.get_methods", ["news"]);
    const question = await owner.next();
    expect(question).toMatchObject({ name: "call", args: { method: "news.enumerate_methods" } });
    owner.send("rpc", "response", question.id, [{ name: "today", private: false }]);
    expect(await described).toMatchObject({ args: [{ name: "today" }] });
    expect(await owner.call("plugin.unregister_service", ["news"])).toMatchObject({ name: "response" });
  });
});

it("the browser client's emit, whose args are a text, breaks nothing", async () => {
  const peer = await overWebSocket();
  const { username, password } = real.login;
  await peer.ask("auth", { username, password });
  peer.send("events", "subscribe", randomUUID(), ["browser.*"]);
  peer.send("events", "event", randomUUID(), { name: "browser.said", args: "args" });
  expect(await peer.next()).toMatchObject({ args: { name: "browser.said", args: { value: "args" } } });
});

describe("the C client", () => {
  it("finds the headers spelled as it compares them, and is understood with a fixed key and a zero mask", async () => {
    const socket = connectSocket({ host: "127.0.0.1", port: Number(new URL(real.webSocket).port) });
    const reader = new ByteReader(socket);
    const request = [
      "GET /dispatcher/socket HTTP/1.1",
      "Host: 127.0.0.1",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
    ];
    socket.write(`${request.join("\r\n")}\r\n\r\n`);
    const head = (await reader.until("\r\n\r\n")).split("\r\n");
    expect(head[0]).toBe("HTTP/1.1 101 Switching Protocols");
    expect(head).toEqual(expect.arrayContaining(["Upgrade: websocket", "Connection: Upgrade"]));
    // RFC 6455 §1.3: the accept value of that key.
    expect(head.join("\n")).toContain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");

    const { username, password } = real.login;
    socket.write(zeroMasked({ namespace: "rpc", name: "auth", id: "1", args: { username, password } }));
    expect(await reader.frame()).toMatchObject({ id: "1", name: "response" });
    socket.write(zeroMasked({ namespace: "rpc", name: "call", id: "2", args: { method: "test.echo", args: null } }));
    expect(await reader.frame()).toEqual({ namespace: "rpc", name: "response", id: "2", args: [] });
    socket.destroy();
  });
});

/** One unfragmented text frame with a mask of zeros. RFC 6455 §5.2. */
function zeroMasked(frame: RawFrame): Buffer {
  const payload = Buffer.from(JSON.stringify(frame));
  const header = Buffer.alloc(8);
  header.writeUInt8(0x81, 0);
  header.writeUInt8(0x80 | 126, 1);
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

/** Reads what a socket brings, as much as is asked for. */
class ByteReader {
  #bytes = Buffer.alloc(0);
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => (this.#bytes = Buffer.concat([this.#bytes, bytes])));
  }

  async until(end: string): Promise<string> {
    while (!this.#bytes.includes(end)) await once(this.#socket, "data");
    return this.#take(this.#bytes.indexOf(end) + end.length).toString();
  }

  /** The next text frame, which must be whole and unmasked. */
  async frame(): Promise<unknown> {
    const [first, second = 0] = await this.#read(2);
    expect([first, second & 0x80]).toEqual([0x81, 0]);
    const length = second < 126 ? second : (await this.#read(2)).readUInt16BE();
    return JSON.parse((await this.#read(length)).toString());
  }

  async #read(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await once(this.#socket, "data");
    return this.#take(count);
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }
}
