// One contender of server.bench.ts in a process of its own: a server with a method `add` that checks its arguments. Started by fork with the contender's
// name; sends its port to the parent.

import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "@switchboard/server";
import { Datastore } from "@switchboard/server/datastore";
import { openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import jayson from "jayson";
import { Server as RpcWebSocketServer } from "rpc-websockets";
import { Server as SocketIoServer } from "socket.io";
import { WebSocket, WebSocketServer } from "ws";

/** What the parent is told. */
export interface Ready {
  readonly port: number;
  /** Only of Switchboard's server. */
  readonly password?: string;
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

function sumOf(a: unknown, b: unknown): number {
  if (!Number.isInteger(a) || !Number.isInteger(b)) throw new TypeError("expected two integers");
  return (a as number) + (b as number);
}

/** A plain server on a free port, whose connections are given to `serve`. */
function plainServer(serve: (socket: WebSocket, all: ReadonlySet<WebSocket>) => void): Promise<Ready> {
  return new Promise((resolve) => {
    const server: WebSocketServer = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false }, () =>
      resolve({ port: portOf(server) }),
    );
    server.on("connection", (socket) => serve(socket, server.clients));
  });
}

/** What has to be ended in order. */
let stop: () => Promise<void> = async () => undefined;

const contenders: Readonly<Record<string, () => Promise<Ready>>> = {
  echo: () =>
    plainServer((socket, all) => {
      socket.on("message", (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith("broadcast")) {
          const frame = Buffer.from(text);
          for (const one of all) one.send(frame, { binary: false });
        } else socket.send(text);
      });
    }),

  minimal: () =>
    plainServer((socket) => {
      socket.on("message", (data: Buffer) => {
        const { id, method, params } = JSON.parse(data.toString()) as { id: number; method: string; params: number[] };
        if (method !== "add") throw new Error("unknown method");
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: sumOf(params[0], params[1]) }));
      });
    }),

  "rpc-websockets": () =>
    new Promise((resolve) => {
      const server = new RpcWebSocketServer({ host: "127.0.0.1", port: 0 });
      server.register("add", (params: unknown) => {
        const [a, b] = params as unknown[];
        return sumOf(a, b);
      });
      server.on("listening", () => resolve({ port: portOf(server.wss) }));
    }),

  "socket.io": () =>
    new Promise((resolve) => {
      const http = createHttpServer();
      const server = new SocketIoServer(http, { transports: ["websocket"] });
      server.on("connection", (socket) => {
        socket.on("add", (a: unknown, b: unknown, answer: (sum: number) => void) => answer(sumOf(a, b)));
      });
      http.listen(0, "127.0.0.1", () => resolve({ port: portOf(http) }));
    }),

  jayson: () =>
    plainServer((socket) => {
      const server = new jayson.Server({
        add: ([a, b]: unknown[], answer: (error: null, sum: number) => void) => answer(null, sumOf(a, b)),
      });
      socket.on("message", (data: Buffer) => {
        server.call(data.toString(), (error: unknown, response: unknown) =>
          socket.send(JSON.stringify(error ?? response)),
        );
      });
    }),

  /** A daemon that offers the service `far` to the server at a port, logged in by a token. */
  daemon: async () => {
    const [port = "", token = ""] = process.argv.slice(3);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const ask = (name: string, args: object): Promise<unknown> =>
      new Promise((resolve) => {
        socket.once("message", resolve);
        socket.send(JSON.stringify({ namespace: "rpc", name, id: "own", args }));
      });
    await ask("auth_token", { token });
    await ask("call", { method: "plugin.register_service", args: ["far"] });
    await ask("call", { method: "plugin.resume_service", args: ["far"] });
    socket.on("message", (data: Buffer) => {
      const { name, id, args } = JSON.parse(data.toString()) as { name: string; id: string; args: { args: unknown[] } };
      if (name !== "call") return;
      const sum = sumOf(args.args[0], args.args[1]);
      socket.send(JSON.stringify({ namespace: "rpc", name: "response", id, args: sum }));
    });
    return { port: 0 };
  },

  switchboard: async () => {
    const sql = await openSql({
      driver: "sqlite",
      path: `${tempFolder()}/server.db`,
    });
    const datastore = await Datastore.open(sql);
    const server = await createServer({
      datastore,
      listen: { websocketPort: 0, frontendPort: null, hosts: ["127.0.0.1"] },
      auth: { services: ["bench"] },
      limits: { maxConnections: 20_000 },
    });
    const integer = { type: "integer", mandatory: true } as const;
    server.services.register("bench", {
      methods: {
        add: { accepts: [integer, integer], returns: { type: "integer" }, handler: (a: number, b: number) => a + b },
        emit: { handler: (count: number) => server.events.emit("bench.event", { count }) },
      },
    });
    stop = async () => {
      await server.close();
      datastore.close();
      await sql.close();
    };
    return { port: server.ports.websocket ?? 0, password: server.firstAdministrator?.password ?? "" };
  },
};

const start = contenders[process.argv[2] ?? ""];
if (start === undefined) throw new Error(`unknown contender ${process.argv[2]}`);
// The only thing that the parent asks: how much processor time was used.
process.on("message", () => void process.send?.(process.cpuUsage()));
process.on("disconnect", () => void stop().then(() => process.exit(0)));
process.send?.(await start());
