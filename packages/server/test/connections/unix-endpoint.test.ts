// The Unix socket with its framing, on real sockets in a folder of their own.

import { existsSync } from "node:fs";
import { chmod, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFrame, frameBytes, FramingDecoder, type ServerFrame } from "@switchboard/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Connection } from "../../src/connections/connection.ts";
import { openUnixEndpoint, type UnixEndpoint } from "../../src/connections/unix-endpoint.ts";
import { newServer, type TestServer } from "./kit.ts";

let folder: string;
let path: string;
let server: TestServer;
let endpoint: UnixEndpoint;
const open: Socket[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-unix-"));
  path = join(folder, "dispatcher.sock");
  server = newServer();
  endpoint = await start();
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await endpoint.stop();
  endpoint.close();
  await rm(folder, { recursive: true });
});

function start(mode?: number): Promise<UnixEndpoint> {
  const { context } = server;
  return openUnixEndpoint({
    path,
    ...(mode === undefined ? undefined : { mode }),
    maxFrameBytes: 1_000_000,
    logger: context.logger,
    create: (wire, peer) => new Connection(wire, peer, context),
  });
}

interface Client {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  next(): Promise<ServerFrame>;
}

function connect(): Client {
  const socket = createConnection(path);
  open.push(socket);
  const decoder = new FramingDecoder();
  const frames: ServerFrame[] = [];
  const waiting: ((frame: ServerFrame) => void)[] = [];
  socket.on("data", (chunk) => {
    for (const text of decoder.push(chunk)) {
      const frame = JSON.parse(text) as ServerFrame;
      const waiter = waiting.shift();
      if (waiter === undefined) frames.push(frame);
      else waiter(frame);
    }
  });
  socket.on("error", () => undefined);
  return {
    socket,
    closed: new Promise((resolve) => socket.once("close", () => resolve())),
    next: () => {
      const frame = frames.shift();
      return frame === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(frame);
    },
  };
}

const login = frameBytes('{"namespace":"rpc","name":"auth","id":"a","args":{"username":"root","password":""}}');

function call(id: string, method: string, args: readonly unknown[] = []): Uint8Array {
  return frameBytes(encodeFrame({ namespace: "rpc", name: "call", id, args: { method, args } }));
}

test("S97 a wrong magic closes the connection, and the server goes on", async () => {
  const bad = connect();
  bad.socket.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  await bad.closed;
  const good = connect();
  good.socket.write(login);
  expect(await good.next()).toMatchObject({ name: "response", args: [expect.any(String), null, "root"] });
});

test("an announced length over the limit, or none, closes the connection at once", async () => {
  for (const length of [0, 2_000_000, 0xff_ff_ff_ff]) {
    const client = connect();
    const header = Buffer.from(frameBytes("x").subarray(0, 8));
    new DataView(header.buffer, header.byteOffset).setUint32(4, length, true);
    client.socket.write(header);
    await client.closed;
    expect(client.socket.destroyed).toBe(true);
  }
});

test("S98 text outside ASCII arrives intact, its length counted in bytes", async () => {
  const client = connect();
  client.socket.write(login);
  await client.next();
  const text = "naïve – 日本語 – 🎈";
  client.socket.write(call("1", "test.echo", [text]));
  expect(await client.next()).toMatchObject({ id: "1", args: [text] });
});

test("S99 frames in single bytes, and two frames in one write, are both read", async () => {
  const client = connect();
  for (const byte of login) client.socket.write(Uint8Array.of(byte));
  expect(await client.next()).toMatchObject({ id: "a" });
  client.socket.write(Buffer.concat([call("1", "test.ping"), call("2", "test.ping")]));
  expect([(await client.next()).id, (await client.next()).id]).toEqual(["1", "2"]);
});

test("a frame cut off by the end of the connection is forgotten", async () => {
  const client = connect();
  client.socket.end(login.subarray(0, 20));
  await client.closed;
  expect(server.context.connections.list().filter(({ principal }) => principal !== undefined)).toEqual([]);
});

test("a stranger cannot have much gathered", async () => {
  const client = connect();
  const header = Buffer.from(frameBytes("x").subarray(0, 8));
  new DataView(header.buffer, header.byteOffset).setUint32(4, 900_000, true);
  client.socket.write(Buffer.concat([header, Buffer.alloc(300_000)]));
  await client.closed;
  expect(client.socket.destroyed).toBe(true);
});

test("S100 a stale file is replaced, with mode 0775; the file goes with the server", async () => {
  await endpoint.stop();
  endpoint.close();
  const stale = createServer();
  await new Promise<void>((resolve) => stale.listen(join(folder, "old"), resolve));
  // What a killed server leaves behind: a socket that nobody listens on.
  await rename(join(folder, "old"), path);
  await new Promise((resolve) => stale.close(resolve));
  expect(existsSync(path)).toBe(true);
  endpoint = await start();
  expect((await stat(path)).mode & 0o777).toBe(0o775);
  const client = connect();
  client.socket.write(login);
  expect(await client.next()).toMatchObject({ name: "response" });
  await endpoint.stop();
  expect(existsSync(path)).toBe(false);
});

test("a server that is alive, and a file that is no socket, are left alone", async () => {
  const taken = { code: "CONNECTION_ADDRESS_TAKEN" };
  await expect(start()).rejects.toMatchObject(taken);
  await endpoint.stop();
  await writeFile(path, "precious");
  await expect(start()).rejects.toMatchObject(taken);
  expect((await stat(path)).size).toBe(8);
});

test("a socket that everybody may open vouches for nobody", async () => {
  await endpoint.stop();
  endpoint.close();
  endpoint = await start(0o777);
  const client = connect();
  client.socket.write(login);
  expect(await client.next()).toMatchObject({ name: "error", args: { code: 13 } });
  await chmod(path, 0o775);
});
