// The try-out on real RabbitMQ, PostgreSQL and Redis, its applications in a process of their own that is killed while people talk.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@switchboard/client";
import { connect } from "@switchboard/client/node";
import {
  builtFile,
  describeWithServer,
  freePort,
  type NodeProcess,
  spawnNode,
  tempFolder,
  until,
} from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseDocument } from "yaml";

const main = builtFile("packages/cli/dist/main.js");
const tryOut = fileURLToPath(new URL("../../packages/gateway/default/switchboard.yaml", import.meta.url));
const patient = { deadlineMs: 60_000 };

interface Report {
  readonly programs: string;
  readonly password_file: string;
}

/** The try-out's file with other servers, other ports, and its applications in a group. */
async function writeFile(urls: { readonly amqp: string; readonly postgresql: string; readonly redis: string }) {
  const document = parseDocument(readFileSync(tryOut, "utf8"));
  const httpPort = await freePort();
  document.setIn(["bus"], { driver: "amqp", url: urls.amqp });
  document.setIn(["datastore"], { driver: "postgresql", dsn: urls.postgresql });
  document.setIn(["keyvalue"], { driver: "redis", dsn: urls.redis });
  document.setIn(["supervisor"], { "restart-min": 0.1 });
  document.setIn(["observability", "port"], 0);
  document.setIn(["workers", "telnet", "config", "twisted_endpoint"], `tcp:${await freePort()}:interface=127.0.0.1`);
  document.setIn(["workers", "http", "config", "web_port"], httpPort);
  for (const name of ["menu", "echo"]) document.setIn(["workers", name, "group"], "apps");
  const file = join(tempFolder(), "switchboard.yaml");
  writeFileSync(file, document.toString());
  return { file, httpPort };
}

describeWithServer("rabbitmq", "on RabbitMQ", (rabbitmq) => {
  describeWithServer("postgresql", "PostgreSQL", (postgresql) => {
    describeWithServer("redis", "and Redis", (redis) => {
      let gateway: NodeProcess;
      let client: Client;
      let httpPort: number;

      beforeAll(async () => {
        const urls = { amqp: rabbitmq().url, postgresql: postgresql().url, redis: redis().url };
        const written = await writeFile(urls);
        httpPort = written.httpPort;
        const args = ["start", written.file, "--port", "0", "--console-port", "0", "--json"];
        gateway = spawnNode(main, args);
        const { value } = await gateway.lines.next();
        if (typeof value !== "string") throw new Error(gateway.stderr());
        const { programs, password_file } = JSON.parse(value) as Report;
        const password = readFileSync(password_file, "utf8").trim();
        client = await connect({ url: programs, login: { username: "root", password } });
      });

      afterAll(async () => {
        await client.close();
        expect(await gateway.kill("SIGTERM")).toEqual({ code: 0, signal: null });
      });

      const ask = async (content: string): Promise<string> => {
        const query = new URLSearchParams({ content, from_addr: content });
        return (await fetch(`http://127.0.0.1:${httpPort}/messages?${query}`)).text();
      };
      const workers = async (): Promise<Record<string, { readonly pid: number; readonly state: string }>> => {
        const rows = (await client.call("workers.query")) as { name: string; pid: number; state: string }[];
        return Object.fromEntries(rows.map((row) => [row.name, row]));
      };

      it("answers everybody though the applications' process is killed, and shows each message and its way", async () => {
        expect(await ask("hello")).toBe("hello");
        const before = await workers();
        const groupPid = before["echo"]?.pid ?? 0;
        expect(before["menu"]?.pid).toBe(groupPid);
        expect(groupPid).not.toBe(gateway.pid);

        const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
        const answers = texts.map(async (text, index) => {
          if (index === 20) process.kill(groupPid, "SIGKILL");
          return ask(text);
        });
        expect(await Promise.all(answers)).toEqual(texts);
        const after = await until(async () => {
          const { echo } = await workers();
          return echo?.state === "running" && echo.pid !== groupPid ? echo : undefined;
        }, patient);
        expect(after.pid).toBeGreaterThan(0);

        const found = await until(async () => {
          const page = (await client.call("messages.search", ["channel:http state:answered", { limit: 100 }])) as {
            rows: { id: string; content: string }[];
          };
          return page.rows.length === texts.length + 1 ? page.rows : undefined;
        }, patient);
        expect(found.map(({ content }) => content).toSorted()).toEqual(["hello", ...texts].toSorted());
        const last = found.find(({ content }) => content === "message 39");
        const steps = await until(async () => {
          const trail = (await client.call("messages.trail", [last?.id ?? ""])) as { rows: { worker?: string }[] };
          const seen = trail.rows.flatMap(({ worker }) => worker ?? []);
          return seen.includes("echo") && seen.at(-1) === "http" ? seen : undefined;
        }, patient);
        expect([...new Set(steps)].toSorted()).toEqual(["echo", "http", "router"]);
        // Statuses and events may lie there: nobody has to read them.
        await until(async () => {
          const queues = (await client.call("bus.queues")) as { name: string; waiting: number; parked: number }[];
          const messages = queues.filter(({ name }) => /\.(?:inbound|outbound)$/.test(name));
          return messages.length > 0 && messages.every(({ waiting, parked }) => waiting + parked === 0);
        }, patient);
      });
    });
  });
});
