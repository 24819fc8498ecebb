// A whole server with real sockets, on free ports of the loopback addresses.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errno, type ServerFrame } from "@switchboard/protocol";
import { openSql } from "@switchboard/storage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Datastore } from "../../src/datastore/index.ts";
import { createServer, type DispatcherServer } from "../../src/index.ts";

let server: DispatcherServer;
let folder: string;
let end: () => Promise<void>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-server-"));
  const sql = await openSql({ driver: "sqlite", path: join(folder, "server.db") });
  const datastore = await Datastore.open(sql);
  server = await createServer({ datastore, listen: { websocketPort: 0, frontendPort: 0 } });
  server.services.register("test", { methods: { add: { handler: (a: number, b: number) => a + b } } });
  end = async () => {
    await server.close();
    datastore.close();
    await sql.close();
    await rm(folder, { recursive: true });
  };
});

afterAll(() => end());

async function connect(
  path: string,
  host = "127.0.0.1",
): Promise<{ ask(frame: object): Promise<ServerFrame>; close(): void }> {
  const socket = new WebSocket(`ws://${host}:${server.ports.websocket}${path}`);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return {
    ask: (frame) =>
      new Promise((resolve) => {
        socket.once("message", (data) => resolve(JSON.parse((data as Buffer).toString()) as ServerFrame));
        socket.send(JSON.stringify(frame));
      }),
    close: () => socket.close(),
  };
}

test("S1 a client logs in and calls at /socket and at /dispatcher/socket, over both address families", async () => {
  for (const [path, host] of [
    ["/socket", "127.0.0.1"],
    ["/dispatcher/socket", "[::1]"],
  ] as const) {
    const client = await connect(path, host);
    const { username, password } = server.firstAdministrator ?? { username: "", password: "" };
    const login = await client.ask({ namespace: "rpc", name: "auth", id: "a", args: { username, password } });
    expect(login).toMatchObject({
      name: "response",
      id: "a",
      args: [expect.stringMatching(/^[A-Za-z0-9]{32}$/), null, "root"],
    });
    const call = { method: "test.add", args: [1, 2] };
    expect(await client.ask({ namespace: "rpc", name: "call", id: "b", args: call })).toMatchObject({
      id: "b",
      args: 3,
    });
    client.close();
  }
});

test("S4 a stranger learns nothing", async () => {
  const client = await connect("/socket");
  const call = { method: "nothing.here", args: [] };
  const answer = await client.ask({ namespace: "rpc", name: "call", id: "b", args: call });
  expect(answer).toMatchObject({ name: "error", id: "b", args: { code: errno.EACCES } });
  client.close();
});
