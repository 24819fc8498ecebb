// A real server for tests, on a free port and on a Unix socket, with services that tests call.

import { join } from "node:path";
import { createServer, type DispatcherServer } from "@switchboard/server";
import type { Caller, Feature } from "@switchboard/server/rpc";
import { Datastore } from "@switchboard/server/datastore";
import { openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";

/** A running server and how to reach it. */
export interface RealServer {
  readonly server: DispatcherServer;
  readonly webSocket: string;
  readonly unix: string;
  readonly login: { readonly username: string; readonly password: string };
  close(): Promise<void>;
}

/** Starts one. */
export async function startRealServer(): Promise<RealServer> {
  const folder = tempFolder();
  const sql = await openSql({ driver: "sqlite", path: join(folder, "server.db") });
  const datastore = await Datastore.open(sql);
  const path = join(folder, "s.sock");
  const server = await createServer({
    datastore,
    listen: { websocketPort: 0, frontendPort: null, hosts: ["127.0.0.1"], unixSocket: { path } },
    auth: { services: ["weatherd", "newsd"] },
  });
  registerManagement(server);
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
    close: async () => {
      await server.close();
      datastore.close();
      await sql.close();
    },
  };
}

// Only until the server brings the service itself.
function registerManagement({ services }: DispatcherServer): void {
  if (services.has("management")) return;
  services.register("management", {
    methods: {
      ping: { handler: () => "pong" },
      enable_features: {
        accepts: [{ type: "array" }],
        passSender: true,
        handler: (features: readonly Feature[], caller?: Caller) => {
          for (const feature of features) caller?.features.add(feature);
          return null;
        },
      },
    },
  });
}
