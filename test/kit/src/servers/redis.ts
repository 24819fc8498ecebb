// redis-server. It writes every command to its append-only file before answering, so that a restart after `kill` finds everything.

import { freePort } from "../free-port.ts";
import { tempFolder } from "../temp.ts";
import { Server, ask } from "./server.ts";

/** Starts a Redis with no data in it. */
export async function startRedis(): Promise<Server> {
  const port = await freePort();
  const folder = tempFolder();
  const settings = { port, bind: "127.0.0.1", dir: folder, save: "", appendonly: "yes", daemonize: "no" };
  const server = new Server(
    { port, folder, url: `redis://127.0.0.1:${port}` },
    {
      name: "redis-server",
      command: ["redis-server", ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])],
      stopSignal: "SIGTERM",
      isReady: async () => (await ask(port, "PING\r\n")).toString().startsWith("+PONG"),
    },
  );
  await server.start();
  return server;
}
