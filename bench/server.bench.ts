// The server's call path, routed calls and event fan-out, beside plain ws, a minimal JSON-RPC over ws (the limit), rpc-websockets, socket.io and jayson.
// Each server runs in a process of its own; one client process drives them all. BENCH_ROUNDS=3 makes it shorter.

import { io } from "socket.io-client";
import type { WebSocket } from "ws";
import { fact, header, median, race, type Contender } from "./harness.ts";
import {
  ask,
  callMany,
  type Dialect,
  echoDialect,
  frameDialect,
  jsonRpcDialect,
  open,
  type Process,
  startProcess,
} from "./server/drivers.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 7);
const dialects: Readonly<Record<string, Dialect>> = {
  "plain ws echo": echoDialect,
  "minimal JSON-RPC over ws": jsonRpcDialect,
  "rpc-websockets": jsonRpcDialect,
  jayson: jsonRpcDialect,
  Switchboard: frameDialect("bench.add"),
};
const scripts: Readonly<Record<string, string>> = {
  "plain ws echo": "echo",
  "minimal JSON-RPC over ws": "minimal",
  "rpc-websockets": "rpc-websockets",
  jayson: "jayson",
  Switchboard: "switchboard",
};
// A process of its own, since it sends to everybody who is connected.
const broadcast = "plain ws broadcast";
const limit = "minimal JSON-RPC over ws";

header("server: calls and events over WebSockets", ["ws", "rpc-websockets", "socket.io", "jayson"]);

const servers = new Map(
  await Promise.all(
    [...Object.entries(scripts), [broadcast, "echo"] as const].map(
      async ([name, script]) => [name, await startProcess(script)] as const,
    ),
  ),
);
const socketIo = await startProcess("socket.io");

let token: string | undefined;

function serverOf(name: string): Process {
  const server = servers.get(name);
  if (server === undefined) throw new Error(`no server ${name}`);
  return server;
}

async function connect(name: string): Promise<WebSocket> {
  const { port, password } = serverOf(name);
  const socket = await open(port, dialects[name]?.path ?? "/");
  if (name !== "Switchboard") return socket;
  // The password is checked once, since that takes long on purpose.
  const frame =
    token === undefined
      ? { name: "auth", args: { username: "root", password } }
      : { name: "auth_token", args: { token } };
  const answer = await ask(socket, JSON.stringify({ namespace: "rpc", id: "a", ...frame }));
  token = (JSON.parse(answer) as { args: [string] }).args[0];
  return socket;
}

async function connectAll(name: string, count: number): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  for (let index = 0; index < count; index++) sockets.push(await connect(name));
  return sockets;
}

async function caller(name: string, connections: number, inFlight: number): Promise<Contender> {
  const sockets = await connectAll(name, connections);
  const dialect = dialects[name] ?? echoDialect;
  return {
    name,
    check: () => callMany(sockets, dialect, 1_000, inFlight),
    run: (count) => callMany(sockets, dialect, count, inFlight),
  };
}

async function socketIoCaller(connections: number, inFlight: number): Promise<Contender> {
  const sockets = Array.from({ length: connections }, () =>
    io(`http://127.0.0.1:${socketIo.port}`, { transports: ["websocket"], forceNew: true }),
  );
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once("connect", () => resolve(undefined)))),
  );
  const run = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      let started = 0;
      let done = 0;
      const next = (socket: (typeof sockets)[number]): void => {
        if (started >= count) return;
        const id = started++;
        socket.emit("add", id, 1, (sum: unknown) => {
          if (sum !== id + 1) reject(new Error("wrong answer"));
          if (++done === count) resolve();
          else next(socket);
        });
      };
      for (let round = 0; round < inFlight; round++) for (const socket of sockets) next(socket);
    });
  return { name: "socket.io with acknowledgements", check: () => run(1_000), run };
}

async function callRace(title: string, connections: number, inFlight: number): Promise<void> {
  const contenders = await Promise.all(Object.keys(dialects).map((name) => caller(name, connections, inFlight)));
  contenders.push(await socketIoCaller(connections, inFlight));
  await race({
    title,
    operations: 50_000,
    rounds,
    contenders: contenders.toSorted((a, b) => Number(b.name === limit) - Number(a.name === limit)),
    targets: [{ of: "Switchboard", against: limit, atLeast: 0.9 }],
  });
  await processorTime(contenders.filter(({ name }) => name === limit || name === "Switchboard"));
}

/** What the servers themselves spend on a call: the rates above hold the client too, and on a busy machine whatever else runs there. */
async function processorTime(contenders: readonly Contender[]): Promise<void> {
  const calls = 50_000;
  const spent = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const server = serverOf(contender.name);
      const before = await server.cpuUs();
      await contender.run(calls);
      spent.get(contender.name)?.push(((await server.cpuUs()) - before) / calls);
    }
  }
  for (const [name, all] of spent) fact(`processor time of ${name} for a call`, `${median(all).toFixed(1)} µs`);
}

await callRace("a call with checked arguments: 1 connection, 256 in flight", 1, 256);
await callRace("the same: 200 connections, 4 in flight on each", 200, 4);
await routedRace();
await eventRace(1_000);

for (const server of [...servers.values(), socketIo]) server.stop();
process.exit(process.exitCode ?? 0);

/** A call to a service that another connection offers, beside one to a service of the server. */
async function routedRace(): Promise<void> {
  const sockets = await connectAll("Switchboard", 1);
  const daemon = await startProcess("daemon", String(serverOf("Switchboard").port), token ?? "");
  const contender = (name: string, method: string): Contender => ({
    name,
    check: () => callMany(sockets, frameDialect(method), 1_000, 256),
    run: (count) => callMany(sockets, frameDialect(method), count, 256),
  });
  await race({
    title: "a call routed to a service that a daemon offers over another connection",
    operations: 30_000,
    rounds,
    contenders: [contender("local call", "bench.add"), contender("routed call", "far.add")],
    targets: [{ of: "routed call", against: "local call", atLeast: 0.45 }],
  });
  daemon.stop();
}

/** Events to many subscribers; plain ws sends one prepared frame to each. */
async function eventRace(subscribers: number): Promise<void> {
  const plain = await connectAll(broadcast, subscribers);
  const ours = await connectAll("Switchboard", subscribers);
  for (const socket of ours) socket.send('{"namespace":"events","name":"subscribe","id":null,"args":["bench.*"]}');
  const sender = await connect("Switchboard");
  const text = `broadcast ${"x".repeat(130)}`;
  const rate = (sockets: readonly WebSocket[], start: () => void) => (count: number) =>
    new Promise<void>((resolve) => {
      let left = Math.ceil(count / subscribers) * subscribers;
      for (const socket of sockets) {
        socket.removeAllListeners("message");
        socket.on("message", () => {
          if (--left === 0) resolve();
        });
      }
      for (let round = 0; round < count / subscribers; round++) start();
    });
  const emit = (): void =>
    sender.send(
      JSON.stringify({
        namespace: "rpc",
        name: "call",
        id: String(Math.random()),
        args: { method: "bench.emit", args: [1] },
      }),
    );
  await race({
    title: `events to ${subscribers.toLocaleString("en")} subscribers (deliveries)`,
    operations: 50_000,
    rounds,
    contenders: [
      { name: broadcast, run: rate(plain, () => plain[0]?.send(text)) },
      { name: "Switchboard", run: rate(ours, emit) },
    ],
    targets: [{ of: "Switchboard", against: broadcast, atLeast: 0.8 }],
  });
}
