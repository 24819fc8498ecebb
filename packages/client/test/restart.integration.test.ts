// A server that stops, is killed and starts again, and what its clients notice of it: a real process, on a WebSocket and a Unix socket.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { builtFile, freePort, type NodeProcess, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connect } from "../src/node/index.ts";
import type { Client, Login } from "../src/index.ts";

const main = builtFile("packages/server/dist/daemon/main.js");
const clients: Client[] = [];
let folder: string;
let port: number;
let server: NodeProcess;

beforeEach(async () => {
  folder = tempFolder();
  port = await freePort();
  await start();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.kill("SIGKILL");
});

async function start(): Promise<void> {
  const plugins = tempFolder();
  const options = ["-p", String(port), "-s", "0", "-u", join(folder, "sock"), "--data", join(folder, "data")];
  server = spawnNode(main, [...options, "--plugin-dir", plugins, "--log-file", join(folder, "log")]);
  await until(() => readFileSync(join(folder, "log"), "utf8").includes(`"pid":${server.pid},"msg":"running"`));
}

async function restart(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  await server.kill(signal);
  await start();
}

async function open(login: Login, url = `ws://127.0.0.1:${port}`): Promise<Client> {
  const client = await connect({ url, login, reconnect: { minDelayMs: 20, maxDelayMs: 200 } });
  clients.push(client);
  return client;
}

function administrator(): Login {
  const password = readFileSync(join(folder, "data/admin-password"), "utf8").trim();
  return { username: "root", password, checkPassword: true };
}

it("brings clients back that have nothing but a token, after kill -9 and after a shutdown, which they are told of", async () => {
  const { token = "" } = await open(administrator());
  const urls = [`ws://127.0.0.1:${port}`, `unix:${join(folder, "sock")}`];
  const watched = await Promise.all(
    [...urls, ...urls].map(async (url, index) => {
      const isSubscribed = index < urls.length;
      const client = await open({ token }, url);
      const [events, states]: [string[], unknown[]] = [[], []];
      if (isSubscribed) client.on("server.shutdown", ({ name }) => events.push(name));
      client.onStateChange((state, error) => states.push([state, error]));
      return { client, isSubscribed, events, states };
    }),
  );
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    // Subscribed, as far as the server is concerned.
    await Promise.all(watched.map(({ client }) => client.call("management.ping")));
    await restart(signal);
    for (const { client, isSubscribed, events, states } of watched) {
      await until(() => states.length > 0);
      await client.ready();
      expect(states.splice(0)).toEqual([
        [
          "reconnecting",
          expect.objectContaining({
            code: "CLIENT_CONNECTION_LOST",
            retryable: true,
            details: { isPlanned: signal === "SIGTERM" },
          }),
        ],
        ["ready", undefined],
      ]);
      expect(events.splice(0)).toEqual(signal === "SIGTERM" && isSubscribed ? ["server.shutdown"] : []);
      expect(await client.call("session.whoami")).toBe("root");
    }
  }
});

it("does not accept a token again after its session was logged out, whatever became of the server, and has none on disk", async () => {
  const first = await open(administrator());
  const second = await open({ token: first.token ?? "" });
  const third = await open(administrator());
  await first.close();
  // The server has noticed.
  await until(async () => ((await second.call("session.get_live_user_sessions")) as object[]).length === 2);
  await second.call("auth.logout");
  await restart("SIGKILL");
  const refused = { code: "CLIENT_LOGIN_REFUSED" };
  await expect(open({ token: first.token ?? "" })).rejects.toMatchObject(refused);
  await expect(open({ token: second.token ?? "" })).rejects.toMatchObject(refused);
  const sessions = (await open({ token: third.token ?? "" })).call("session.get_live_user_sessions");
  expect(await sessions).toContainEqual(expect.objectContaining({ username: "root" }));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const text = files.map((file) => readFileSync(join(file.parentPath, file.name), "latin1")).join("");
  for (const { token = "" } of [first, second, third])
    expect([token.length, text.includes(token)]).toEqual([32, false]);
});
