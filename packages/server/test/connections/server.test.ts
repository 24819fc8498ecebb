// A whole server with real sockets, on free ports of the loopback addresses: from its first start to its end.

import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createNetServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errno, type ServerFrame } from "@switchboard/protocol";
import { openSql, type Sql } from "@switchboard/storage";
import { freePort, until } from "@switchboard/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Datastore } from "../../src/datastore/index.ts";
import { deferred } from "../../src/deferred.ts";
import { createServer, type DispatcherServer, type ServerOptions } from "../../src/index.ts";
import { definePlugin } from "../../src/plugins/index.ts";
import { LogRing } from "../../src/services/log-ring.ts";

let folder: string;
let sql: Sql;
let datastore: Datastore;
let server: DispatcherServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-server-"));
  sql = await openSql({ driver: "sqlite", path: join(folder, "server.db") });
  datastore = await Datastore.open(sql);
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  datastore.close();
  await sql.close();
  await rm(folder, { recursive: true });
});

async function start(options: Partial<ServerOptions> = {}): Promise<DispatcherServer> {
  server = await createServer({ datastore, listen: { websocketPort: 0, frontendPort: 0 }, ...options });
  server.services.register("math", { methods: { add: { handler: (a: number, b: number) => a + b } } });
  return server;
}

interface Client {
  readonly frames: ServerFrame[];
  readonly closed: Promise<number>;
  ask(name: string, args: unknown, id?: string): Promise<ServerFrame>;
  send(frame: object): void;
}

async function connect(
  { ports }: Pick<DispatcherServer, "ports">,
  path = "/socket",
  host = "127.0.0.1",
): Promise<Client> {
  const socket = new WebSocket(`ws://${host}:${ports.websocket}${path}`);
  const frames: ServerFrame[] = [];
  const waiting = new Map<string, (frame: ServerFrame) => void>();
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as ServerFrame;
    const waiter = waiting.get(frame.id ?? "");
    if (waiter === undefined) frames.push(frame);
    else waiter(frame);
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const send = (frame: object): void => socket.send(JSON.stringify(frame));
  let last = 0;
  return {
    frames,
    closed,
    send,
    ask: (name, args, id = String(++last)) =>
      new Promise((resolve) => {
        waiting.set(id, resolve);
        send({ namespace: "rpc", name, id, args });
      }),
  };
}

async function logIn(running: DispatcherServer, path?: string, host?: string): Promise<Client> {
  const client = await connect(running, path, host);
  const { username, password } = running.firstAdministrator ?? { username: "", password: "" };
  const answer = await client.ask("auth", { username, password });
  expect(answer).toMatchObject({ name: "response", args: [expect.stringMatching(/^[A-Za-z0-9]{32}$/), null, "root"] });
  return client;
}

function call(client: Client, method: string, args: readonly unknown[] = []): Promise<ServerFrame> {
  return client.ask("call", { method, args });
}

test("S1 a client logs in and calls at /socket and at /dispatcher/socket, over both address families", async () => {
  const running = await start();
  for (const [path, host] of [
    ["/socket", "127.0.0.1"],
    ["/dispatcher/socket", "[::1]"],
  ] as const) {
    const client = await logIn(running, path, host);
    expect(await call(client, "math.add", [1, 2])).toMatchObject({ name: "response", args: 3 });
  }
});

test("the built-in services are there, and features are switched on by call", async () => {
  const running = await start();
  running.services.register("stream", { methods: { list: { generator: true, handler: () => [1, 2] } } });
  const client = await logIn(running);
  const { args: names } = await call(client, "discovery.get_services");
  expect(names).toEqual(
    expect.arrayContaining([
      "management",
      "event",
      "lock",
      "session",
      "plugins",
      "plugin",
      "discovery",
      "auth",
      "rpc",
      "users",
    ]),
  );
  for (const name of names as string[]) {
    const { name: kind, args } = await call(client, "discovery.get_methods", [name]);
    expect([name, kind]).toEqual([name, "response"]);
    expect(args).toContainEqual(expect.objectContaining({ name: "get_metadata" }));
  }
  expect(await call(client, "stream.list")).toMatchObject({ name: "response", args: [1, 2] });
  await call(client, "management.enable_features", [["streaming_responses"]]);
  expect(await call(client, "stream.list")).toMatchObject({ name: "fragment", args: { seqno: 1, fragment: [1, 2] } });
  const { args: sessions } = await call(client, "session.query", [[["active", "=", true]]]);
  expect(sessions).toMatchObject([{ username: "root", ended_at: null }]);
});

test("the test service and its tasks: a task is seen from its queue to its end, and a task's file can be downloaded", async () => {
  const running = await start({ withTests: true });
  const client = await logIn(running);
  client.send({ namespace: "events", name: "subscribe", id: null, args: ["task.updated"] });
  const { args: types } = await call(client, "discovery.get_tasks");
  expect(Object.keys(types as object)).toContain("test.progress");
  const { args: id } = await call(client, "task.submit", ["test.progress", []]);
  expect(await call(client, "task.wait", [id])).toMatchObject({ name: "response" });
  expect(await call(client, "task.status", [id])).toMatchObject({ args: { state: "FINISHED" } });
  const states = client.frames.map(({ args }) => (args as { args: { state: string } }).args.state);
  // Progress is an update too.
  expect([...new Set(states)]).toEqual(["WAITING", "EXECUTING", "FINISHED"]);
  const { args } = await call(client, "task.submit_with_download", ["test.test_download", ["hello.txt"]]);
  const [, [path]] = args as [number, [string]];
  const answer = await fetch(`http://127.0.0.1:${running.ports.websocket}${path}`);
  expect([answer.status, await answer.text()]).toEqual([200, "Hello from the test task\n"]);
  expect(answer.headers.get("content-disposition")).toContain('filename="hello.txt"');
});

test("administrators see who logged in and did what; secrets are not in it", async () => {
  const running = await start();
  const client = await logIn(running);
  const stranger = await connect(running);
  await stranger.ask("auth", { username: "root", password: "wr0ng" });
  await call(client, "users.create", ["ada", { password: "l0velace", groups: [] }]);
  await expect
    .poll(async () => (await call(client, "audit.query", [[], { sort: "id" }])).args, { timeout: 10_000 })
    .toMatchObject([
      { event: "login", username: "root", success: true, session: 1 },
      { event: "login", username: "root", success: false, error: 13 },
      { event: "call", username: "root", method: "users.create", success: true },
    ]);
  const text = JSON.stringify(await call(client, "audit.query"));
  expect(text).not.toContain("l0velace");
  expect(text).not.toContain("wr0ng");
});

test("administrators hear of new lines of the log", async () => {
  const logRing = new LogRing();
  const client = await logIn(await start({ logRing }));
  client.send({ namespace: "events", name: "subscribe", id: null, args: ["syslog.changed"] });
  await call(client, "management.ping");
  logRing.write('{"level":40,"time":1,"msg":"careful"}');
  await expect
    .poll(() => client.frames, { timeout: 10_000 })
    .toMatchObject([{ name: "event", args: { name: "syslog.changed", args: { operation: "create", ids: [1] } } }]);
  expect(await call(client, "syslog.query")).toMatchObject({ args: [{ id: 1, level: "WARNING", message: "careful" }] });
});

test("the first administrator has a password that nobody else knows, made once", async () => {
  const first = await start();
  expect(first.firstAdministrator?.password).toMatch(/^\S{20,}$/);
  await first.close();
  expect((await start()).firstAdministrator).toBeUndefined();
});

test("a link made by the server logs in once", async () => {
  const running = await start();
  const link = await running.createLoginLink("root");
  const client = await connect(running);
  expect(await call(client, "auth.login_once", [link])).toMatchObject({
    name: "response",
    args: [expect.any(String), null, "root"],
  });
  expect(await call(client, "math.add", [1, 1])).toMatchObject({ args: 2 });
  expect(await call(await connect(running), "auth.login_once", [link])).toMatchObject({
    name: "error",
    args: { code: 13 },
  });
  await expect(running.createLoginLink("nobody")).rejects.toMatchObject({ code: "AUTH_REFUSED" });
});

test("a port that is taken is an error; no administrator is made whose password nobody gets to see", async () => {
  const blocker = createNetServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  const websocketPort = (blocker.address() as AddressInfo).port;
  await expect(start({ listen: { websocketPort, frontendPort: null } })).rejects.toMatchObject({ code: "EADDRINUSE" });
  await new Promise((resolve) => blocker.close(resolve));
  expect((await start()).firstAdministrator).toBeDefined();
});

test("clients are let in while plugins are being started; what they call of those waits, and strangers learn nothing", async () => {
  const { username, password } = (await start()).firstAdministrator ?? {};
  await server?.close();
  const started = deferred();
  const listen = { websocketPort: await freePort(), frontendPort: null };
  const slow = definePlugin({
    name: "slow",
    start: async (context) => {
      await started.promise;
      context.registerProvider("slow", { methods: { add: { handler: (a: number, b: number) => a + b } } });
    },
  });
  const starting = start({ listen, plugins: [slow] });
  const client = await until(() =>
    connect({ ports: { websocket: listen.websocketPort, frontend: undefined } }).catch(() => undefined),
  );
  expect(await call(client, "slow.add", [1, 2])).toMatchObject({ name: "error", args: { code: errno.EACCES } });
  await client.ask("auth", { username, password });
  const [sum, none, ready] = [
    call(client, "slow.add", [1, 2]),
    call(client, "none.add", [1, 2]),
    call(client, "management.wait_ready"),
  ];
  const abandoned = client.ask("call", { method: "slow.add", args: [3, 4] }, "abandoned");
  client.send({ namespace: "rpc", name: "abort", id: "abandoned", args: null });
  expect(await abandoned).toMatchObject({ name: "close" });
  expect(await call(client, "management.ping")).toMatchObject({ args: "pong" });
  started.resolve();
  expect(await sum).toMatchObject({ name: "response", args: 3 });
  expect(await none).toMatchObject({ name: "error", args: { code: errno.ENOENT } });
  expect(await ready).toMatchObject({ args: true });
  await starting;
  expect(await call(client, "none.add")).toMatchObject({ name: "error", args: { code: errno.ENOENT } });
});

test("S65 at the end subscribers hear of it, sessions are recorded as ended, and everything is closed", async () => {
  const running = await start();
  const client = await logIn(running);
  client.send({ namespace: "events", name: "subscribe", id: null, args: ["server.*"] });
  await call(client, "math.add", [1, 1]);
  await running.close();
  expect(await client.closed).toBe(1001);
  const names = client.frames.map(({ name, args }) => (name === "event" ? (args as { name: string }).name : name));
  expect(names).toContain("server.shutdown");
  expect(names).not.toContain("logout");
  expect(await datastore.query("sessions", [["active", "=", true]])).toEqual([]);
  await expect(running.close()).resolves.toBeUndefined();
  await expect(running.closed).resolves.toBeUndefined();
});

test("an administrator stops the server by a call", async () => {
  const running = await start();
  const client = await logIn(running);
  await call(client, "management.shutdown");
  await running.closed;
  expect(await client.closed).toBe(1001);
});
