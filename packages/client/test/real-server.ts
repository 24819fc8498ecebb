// A real server for tests, on a free port and on a Unix socket, with services that tests call.

import { join } from "node:path";
import { errno, RpcError } from "@switchboard/protocol";
import { createServer, type DispatcherServer } from "@switchboard/server";
import { Datastore } from "@switchboard/server/datastore";
import { definePlugin } from "@switchboard/server/plugins";
import { defineTask, type TaskClass } from "@switchboard/server/tasks";
import { openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";

/** A running server and how to reach it. */
export interface RealServer {
  readonly server: DispatcherServer;
  readonly webSocket: string;
  readonly unix: string;
  readonly login: { readonly username: string; readonly password: string };
  /** Lets the task `test.gated` go on by one step. */
  open(): void;
  close(): Promise<void>;
}

/** Starts one. */
export async function startRealServer(): Promise<RealServer> {
  const folder = tempFolder();
  const sql = await openSql({ driver: "sqlite", path: join(folder, "server.db") });
  const datastore = await Datastore.open(sql);
  const path = join(folder, "s.sock");
  let gate = deferred();
  const server = await createServer({
    datastore,
    listen: { websocketPort: 0, frontendPort: null, hosts: ["127.0.0.1"], unixSocket: { path } },
    auth: { services: ["weatherd", "newsd"] },
    plugins: [definePlugin({ name: "tests", tasks: testTasks(() => gate) })],
  });
  server.services.register("test", {
    methods: {
      add: {
        accepts: [
          { type: "integer", title: "a", mandatory: true },
          { type: "integer", title: "b" },
        ],
        handler: (a: number, b = 0) => a + b,
      },
      echo: { handler: (...args: unknown[]) => args },
      hang: { handler: () => new Promise(() => undefined) },
      count: {
        generator: true,
        handler: function* (to: number): Iterable<number> {
          for (let n = 1; n <= to; n++) yield n;
        },
      },
    },
  });
  return {
    server,
    webSocket: `ws://127.0.0.1:${server.ports.websocket}`,
    unix: `unix:${path}`,
    login: server.firstAdministrator ?? { username: "", password: "" },
    open: () => {
      gate.resolve();
      gate = deferred();
    },
    close: async () => {
      await server.close();
      datastore.close();
      await sql.close();
    },
  };
}

interface Gate {
  readonly opened: Promise<void>;
  readonly resolve: () => void;
}

function deferred(): Gate {
  let resolve: () => void = () => undefined;
  const opened = new Promise<void>((done) => (resolve = done));
  return { opened, resolve };
}

function testTasks(gate: () => Gate): Readonly<Record<string, TaskClass>> {
  return {
    "test.gated": defineTask({
      name: "Gated",
      run: async (context) => {
        const first = gate().opened;
        context.setProgress(25, "a quarter");
        await first;
        const second = gate().opened;
        context.setProgress(75, "three quarters");
        await second;
        return "through";
      },
    }),
    "test.instant": defineTask({ name: "Instant", run: (_context, value: unknown) => value }),
    "test.failing": defineTask({
      name: "Failing",
      run: () => {
        throw new RpcError(errno.EBUSY, "the pool is busy", { extra: { pool: "tank" } });
      },
    }),
    "test.endless": defineTask({
      name: "Endless",
      run: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        }),
      abort: () => undefined,
    }),
  };
}
