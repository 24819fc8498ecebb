// A real server and the command as a child process.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@switchboard/client/node";
import { type Client, errno, RpcError } from "@switchboard/client";
import { createServer, type DispatcherServer } from "@switchboard/server";
import { Datastore } from "@switchboard/server/datastore";
import { definePlugin } from "@switchboard/server/plugins";
import { defineTask, type TaskClass } from "@switchboard/server/tasks";
import type { ServiceDefinition } from "@switchboard/server/rpc";
import { openSql } from "@switchboard/storage";
import { builtFile, type NodeProcess, spawnNode, tempFolder } from "@switchboard/testkit";

const main = builtFile("packages/cli/dist/main.js");

/** What a run of the command left. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A server, and the command pointed at it. */
export interface CliServer {
  readonly server: DispatcherServer;
  readonly url: string;
  readonly unix: string;
  /** Folder with the configuration of the command's user. */
  readonly home: string;
  /** Options that log in as the administrator, by a token: the server slows down those who log in often by password. */
  readonly asRoot: readonly string[];
  /** The same by password. */
  readonly withPassword: readonly string[];
  readonly password: string;
  /** A client that is logged in as the administrator. */
  readonly client: Client;
  /** Runs the command to its end. */
  run(...args: string[]): Promise<Outcome>;
  /** Runs the command and returns while it runs. */
  start(...args: string[]): NodeProcess;
  close(): Promise<void>;
}

/** Starts one. */
export async function startCliServer(): Promise<CliServer> {
  const folder = tempFolder();
  const sql = await openSql({ driver: "sqlite", path: join(folder, "server.db") });
  const datastore = await Datastore.open(sql);
  const path = join(folder, "s.sock");
  const listen = { websocketPort: 0, frontendPort: null, hosts: ["127.0.0.1"], unixSocket: { path } };
  const plugins = [definePlugin({ name: "demo", services: { demo: demoService }, tasks: demoTasks })];
  const server = await createServer({ datastore, listen, plugins });
  const { username = "", password = "" } = server.firstAdministrator ?? {};
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const home = join(folder, "home");
  mkdirSync(home);
  const url = `ws://127.0.0.1:${server.ports.websocket}`;
  const client = await connect({ url, login: { username, password } });
  const start = (...args: string[]): NodeProcess =>
    spawnNode(main, args, { env: { XDG_CONFIG_HOME: home, SWITCHBOARD_SERVER: url, SWITCHBOARD_TOKEN: "" } });
  return {
    server,
    url,
    unix: `unix:${path}`,
    home,
    asRoot: ["--token", client.token ?? ""],
    withPassword: ["--user", username, "--password-file", passwordFile],
    password,
    client,
    start,
    run: async (...args) => {
      const child = start(...args);
      const lines: string[] = [];
      for await (const line of child.lines) lines.push(`${line}\n`);
      const { code } = await child.exited;
      return { code, out: lines.join(""), err: child.stderr() };
    },
    close: async () => {
      await client.close();
      await server.close();
      datastore.close();
      await sql.close();
    },
  };
}

const people = [
  { id: 1, name: "ada", age: 36, address: { city: "London" } },
  { id: 2, name: "grace", age: 85, address: { city: "Arlington" } },
];

const demoService: ServiceDefinition = {
  description: "What the tests call",
  methods: {
    add: {
      description: "Adds two numbers",
      accepts: [
        { type: "integer", title: "a", mandatory: true },
        { type: "integer", title: "b" },
      ],
      returns: { type: "integer" },
      handler: (a: number, b = 0) => a + b,
    },
    echo: { accepts: [{ title: "value" }], handler: (value?: unknown) => value ?? null },
    count: {
      accepts: [{ type: "integer", title: "to" }],
      returns: { type: "array", items: { type: "integer" } },
      generator: true,
      handler: function* (to: number): Iterable<number> {
        for (let n = 1; n <= to; n++) yield n;
      },
    },
    query: {
      accepts: [{ type: "array" }, { type: "object" }],
      handler: (filter: readonly unknown[], params: Readonly<Record<string, unknown>>) =>
        params.count === true ? filter.length : params.single === true ? people[0] : people,
    },
    hang: { handler: () => new Promise(() => undefined) },
  },
};

const demoTasks: Readonly<Record<string, TaskClass>> = {
  "demo.work": defineTask({
    name: "Work",
    run: (context, name: string) => {
      context.setProgress(50, "half done");
      return { worked: name };
    },
  }),
  "demo.fail": defineTask({
    name: "Fail",
    run: () => {
      throw new RpcError(errno.EBUSY, "the pool is busy");
    },
  }),
  "demo.endless": defineTask({
    name: "Endless",
    run: (context) => {
      const { signal } = context;
      context.setProgress(10, "begun");
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    },
    abort: () => undefined,
  }),
};
