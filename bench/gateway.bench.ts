// A whole gateway in a process of its own: HTTP in, router, echo application, HTTP out, with every message safe on disk on each hop. With the message
// store on and off, and with other numbers of clients. Also: how soon it answers after its start, and what it costs when nothing happens.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, tempFolder } from "@switchboard/testkit";
import { Agent, request } from "undici";
import { type Contender, fact, header, race } from "./harness.ts";

// What `npm start` runs: the built files.
const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "packages/cli/dist/main.js");
spawnSync(process.execPath, [join(root, "scripts/setup.mjs"), "--build"], { stdio: "inherit" });

header("gateway");
let lastPerson = 0;
const gateways = { on: await start(true), off: await start(false) };
for (const clients of [64, 1, 256]) {
  const contenders = [echo("store off", gateways.off, clients), echo("store on", gateways.on, clients)];
  await race({
    title: `echo over HTTP, ${clients} clients`,
    operations: clients === 1 ? 300 : 4_000,
    contenders,
    targets: [{ of: "store on", against: "store off", atLeast: 0.7 }],
  });
  for (const { name, latencies } of contenders) fact(`${name}: p50, p99`, percentiles(latencies));
}
await measureIdle(gateways.on);
await Promise.all(Object.values(gateways).map(({ process: one }) => end(one)));
await measureStart();

interface Gateway {
  readonly process: ChildProcess;
  readonly file: string;
  readonly url: string;
}

async function start(isStored: boolean): Promise<Gateway> {
  const folder = tempFolder();
  const port = await freePort();
  const file = join(folder, "switchboard.yaml");
  const channel = `{ transport_name: http, web_host: 127.0.0.1, web_port: ${port}, web_path: /messages, reply_expected: true, field_defaults: { to_addr: "1", transport_type: http } }`;
  const router = `{ router_class: ContentKeywordRouter, dispatcher_name: router, transport_names: [http], exposed_names: [echo], fallback_application: echo, transport_mappings: { "1": http } }`;
  writeFileSync(
    file,
    `
store: { enabled: ${isStored} }
workers:
  http: { class: HttpApiTransport, config: ${channel} }
  router: { class: BaseDispatchWorker, config: ${router} }
  echo: { class: EchoWorker, config: { transport_name: echo } }
`,
  );
  return { file, url: `http://127.0.0.1:${port}/messages`, process: await running(file) };
}

async function running(file: string): Promise<ChildProcess> {
  const args = [main, "start", file, "--port", "0", "--console-port", "0", "--log-level", "warn"];
  const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: started.stdout })) if (line.includes("Ctrl-C")) return started;
  throw new Error("the gateway ended as it started");
}

async function end(started: ChildProcess): Promise<void> {
  started.kill("SIGTERM");
  await once(started, "exit");
}

function echo(name: string, { url }: Gateway, clients: number): Contender & { readonly latencies: number[] } {
  const dispatcher = new Agent({ connections: clients, pipelining: 1 });
  const latencies: number[] = [];
  const ask = async (content: string): Promise<void> => {
    // Messages of one person are handled one after another; here everybody is somebody else.
    const query = new URLSearchParams({ content, from_addr: String(lastPerson++ % 10_000) });
    const startedAt = performance.now();
    const { body } = await request(`${url}?${query}`, { dispatcher });
    const answer = await body.text();
    latencies.push(performance.now() - startedAt);
    if (answer !== content) throw new Error(`${name}: expected ${content}, got ${answer}`);
  };
  const run = async (operations: number): Promise<void> => {
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < operations) await ask(`message ${next++}`);
    };
    await Promise.all(Array.from({ length: clients }, client));
  };
  return { name, latencies, check: () => run(clients), run };
}

function percentiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string => `${(sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1)} ms`;
  return `${at(0.5)}, ${at(0.99)}`;
}

async function measureIdle({ process: one }: Gateway): Promise<void> {
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${one.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  await sleep(2_000);
  const before = ticks();
  await sleep(5_000);
  // A tick is a hundredth of a second of one processor.
  const share = (ticks() - before) / 5;
  fact("idle: processor", `${share.toFixed(1)} % of one of ${availableParallelism()}`, share <= 1);
  const status = readFileSync(`/proc/${one.pid}/status`, "utf8");
  const residentKb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  fact("after the load: resident memory", `${Math.round(residentKb / 1_024)} MiB`);
}

async function measureStart(): Promise<void> {
  const first = await start(true);
  await end(first.process);
  const startedAt = performance.now();
  const again = await running(first.file);
  const { body } = await request(`${first.url}?content=hello&from_addr=1`);
  if ((await body.text()) !== "hello") throw new Error("no answer after the start");
  const tookMs = performance.now() - startedAt;
  fact("second start to first answer", `${tookMs.toFixed(0)} ms`, tookMs <= 1_500);
  const residentKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${again.pid}/status`, "utf8"))?.[1]);
  fact("fresh: resident memory", `${Math.round(residentKb / 1_024)} MiB`, residentKb <= 150 * 1_024);
  await end(again);
}
