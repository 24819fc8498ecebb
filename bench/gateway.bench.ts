// A whole gateway: HTTP in, router, echo application, HTTP out, with every message safe on each hop. On the embedded bus with the message store on
// and off, at several numbers of clients; on RabbitMQ, spread over several processes. Also: how soon it answers, and what it costs when idle.

import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startRabbitmq } from "@switchboard/testkit";
import { Agent, request } from "undici";
import {
  build,
  echoFile,
  end,
  type Gateway,
  processorMs,
  residentBytes,
  spreadFile,
  start,
} from "./gateway/gateways.ts";
import { type Contender, fact, header, race } from "./harness.ts";

const usage = `Usage: npm run bench -- gateway [--part store|rabbitmq|idle …] [--clients N,…] [--messages N] [--rounds N]

  --part      what to measure: the message store on and off; RabbitMQ with 1, 2 and 4 processes; start and rest. Default all
  --clients   how many people write at a time; default 64,1,256
  --messages  how many they write per round; default 4000, with one client 300
  --rounds    how often; default 7`;

const { values } = parseArgs({
  options: {
    part: { type: "string", multiple: true, default: ["store", "rabbitmq", "idle"] },
    clients: { type: "string", default: "64,1,256" },
    messages: { type: "string" },
    rounds: { type: "string", default: "7" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

let lastPerson = 0;
build();
header("gateway");
if (values.part.includes("store")) await raceStores();
if (values.part.includes("rabbitmq")) await raceSpread();
if (values.part.includes("idle")) await measureStart();

async function raceStores(): Promise<void> {
  const gateways = { off: await start(await echoFile(false)), on: await start(await echoFile(true)) };
  for (const clients of values.clients.split(",").map(Number)) {
    await raceEcho(`echo over HTTP, ${clients} clients`, clients, {
      contenders: [echo("store off", gateways.off, clients), echo("store on", gateways.on, clients)],
      targets: [{ of: "store on", against: "store off", atLeast: 0.7 }],
    });
  }
  await end(gateways.off);
  await end(gateways.on);
}

async function raceSpread(): Promise<void> {
  const server = await startRabbitmq();
  const spread: [number, Gateway][] = [];
  for (const processes of [1, 2, 4]) spread.push([processes, await start(await spreadFile(server.url, processes))]);
  for (const clients of values.clients.split(",").map(Number)) {
    await raceEcho(`echo over HTTP on RabbitMQ, ${clients} clients`, clients, {
      contenders: spread.map(([processes, gateway]) =>
        echo(processes === 1 ? "1 process" : `${processes} processes`, gateway, clients),
      ),
    });
  }
  for (const [, gateway] of spread) await end(gateway);
  await server.stop();
}

interface Echo extends Contender {
  readonly latencies: number[];
  /** Processor time per message, all processes of the gateway together. Microseconds. */
  readonly costUs: () => number;
}

interface EchoRace {
  readonly contenders: readonly Echo[];
  readonly targets?: readonly { readonly of: string; readonly against: string; readonly atLeast: number }[];
}

async function raceEcho(title: string, clients: number, { contenders, targets = [] }: EchoRace): Promise<void> {
  const operations = Number(values.messages ?? (clients === 1 ? 300 : 4_000));
  await race({ title, operations, rounds: Number(values.rounds), contenders, targets });
  for (const { name, latencies, costUs } of contenders) {
    fact(`${name}: p50, p99, processor time of a message`, `${percentiles(latencies)}, ${Math.round(costUs())} µs`);
  }
}

function echo(name: string, gateway: Gateway, clients: number): Echo {
  const dispatcher = new Agent({ connections: clients, pipelining: 1 });
  const latencies: number[] = [];
  let tookMs = 0;
  const ask = async (content: string): Promise<void> => {
    // Messages of one person are handled one after another; here everybody is somebody else.
    const query = new URLSearchParams({ content, from_addr: String(lastPerson++ % 10_000) });
    const startedAt = performance.now();
    const { body } = await request(`${gateway.url}?${query}`, { dispatcher });
    const answer = await body.text();
    latencies.push(performance.now() - startedAt);
    if (answer !== content) throw new Error(`${name}: expected ${content}, got ${answer}`);
  };
  const say = async (operations: number): Promise<void> => {
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < operations) await ask(`message ${next++}`);
    };
    await Promise.all(Array.from({ length: clients }, client));
  };
  let answered = 0;
  const run = async (operations: number): Promise<void> => {
    const before = processorMs(gateway);
    await say(operations);
    tookMs += processorMs(gateway) - before;
    answered += operations;
  };
  return { name, latencies, costUs: () => (tookMs * 1_000) / answered, check: () => say(clients), run };
}

function percentiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string => `${(sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1)} ms`;
  return `${at(0.5)}, ${at(0.99)}`;
}

async function measureStart(): Promise<void> {
  const first = await start(await echoFile(true));
  await end(first);
  const startedAt = performance.now();
  const again = await start(first);
  const { body } = await request(`${first.url}?content=hello&from_addr=1`);
  if ((await body.text()) !== "hello") throw new Error("no answer after the start");
  const tookMs = performance.now() - startedAt;
  fact("second start to first answer", `${tookMs.toFixed(0)} ms`, tookMs <= 1_500);
  const resident = residentBytes(again) / 2 ** 20;
  fact("fresh: resident memory", `${Math.round(resident)} MiB`, resident <= 150);
  await sleep(2_000);
  const before = processorMs(again);
  await sleep(5_000);
  const share = (processorMs(again) - before) / 50;
  fact("idle: processor", `${share.toFixed(1)} % of one of ${availableParallelism()}`, share <= 1);
  await end(again);
}
