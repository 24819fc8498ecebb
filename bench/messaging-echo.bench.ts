// A question over HTTP through transport, router and application and back: four messages on the bus, and two events about the answer. Against the bus's
// own echo of four hops, embedded in one process; against amqplib's echo of four hops, with a process for each worker, on RabbitMQ. What messaging
// that cost nothing would reach is a contender too: the same six messages without it.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { openEmbeddedBus } from "@switchboard/bus/embedded";
import { type NodeProcess, spawnNode, startRabbitmq, tempFolder } from "@switchboard/testkit";
import { amqplibRoute } from "./bus-amqp/routes.ts";
import { type Contender, fact, header, median, race } from "./harness.ts";
import { type Chain, embeddedRoute } from "./messaging/embedded-route.ts";
import { echoWorkers, portOf, startEchoWorker } from "./messaging/echo-workers.ts";
import type { Load, Loaded } from "./messaging/http-clients.ts";

const clients = 64;
const body = Buffer.alloc(500, "A message of five hundred bytes. ");
/** Of which the fourth brings the answer; the others tell the application that it was sent. */
const hopsOfEcho = 6;

header("messaging-echo", ["amqplib"]);
const crowd = spawnNode(new URL("messaging/http-clients.ts", import.meta.url), [], { packages: "built" });
await raceEmbedded();
await raceOnRabbitmq();
await crowd.kill();

async function raceEmbedded(): Promise<void> {
  const bus = await openEmbeddedBus({ path: tempFolder() });
  const workers = [];
  for (const name of Object.keys(echoWorkers)) workers.push(await startEchoWorker(name, bus));
  const port = workers.map(portOf).find((one) => one > 0) ?? 0;
  const plain = await embeddedRoute(4);
  const six = await embeddedRoute(hopsOfEcho);
  const alone = await serve((answer) => answer());
  const behindBus = await serve(throughBus(six));
  const spent = new Map<string, number[]>();
  const rates = await race({
    title: `echo over HTTP, embedded bus, one process, ${clients} clients`,
    operations: 10_000,
    rounds: 5,
    contenders: [
      echoOf("the bus's four hops", plain),
      overHttp("node:http alone", portOfServer(alone)),
      overHttp("node:http and six hops of the bus, no messaging", portOfServer(behindBus)),
      overHttp("HTTP, transport, router, application", port),
    ].map((contender) => countingCpu(contender, spent)),
    targets: [{ of: "HTTP, transport, router, application", against: "the bus's four hops", atLeast: 0.6 }],
  });
  for (const [name, samples] of spent) {
    fact(`CPU of all threads of this process, ${name}`, `${median(samples).toFixed(0)} µs an echo`);
  }
  await measureLatency(port, (rates.get("HTTP, transport, router, application") ?? 0) / 2);
  await plain.route.close();
  await six.route.close();
  alone.close();
  behindBus.close();
  for (const worker of workers.toReversed()) await worker.stop();
  await bus.close();
}

async function raceOnRabbitmq(): Promise<void> {
  const server = await startRabbitmq();
  const file = new URL("messaging/echo-workers.ts", import.meta.url);
  const processes = Object.keys(echoWorkers).map((name) => spawnNode(file, [name, server.url], { packages: "built" }));
  const ports = await Promise.all(processes.map(firstPort));
  const port = ports.find((one) => one > 0) ?? 0;
  const plain = await layAmqplib(server.url, 4);
  const six = await layAmqplib(server.url, hopsOfEcho);
  await race({
    title: `echo over HTTP, RabbitMQ, four processes with the clients', ${clients} clients`,
    operations: 3_000,
    rounds: 5,
    contenders: [
      echoOf("amqplib's four hops", plain),
      echoOf("amqplib's six hops, no HTTP, no messaging", six),
      overHttp("HTTP, transport, router, application", port),
    ],
    targets: [{ of: "HTTP, transport, router, application", against: "amqplib's four hops", atLeast: 0.7 }],
  });
  await plain.route.close();
  await six.route.close();
  await Promise.all(processes.map((one) => one.kill("SIGTERM")));
  await server.stop();
}

function overHttp(name: string, port: number): Contender {
  // The clients compare every answer with their question.
  return { name, run: async (requests) => void (await askAll({ port, clients, requests })) };
}

/** The same, noting what each operation costs all threads of this process, microseconds. */
function countingCpu(contender: Contender, spent: Map<string, number[]>): Contender {
  const samples: number[] = [];
  spent.set(contender.name, samples);
  return {
    name: contender.name,
    async run(operations) {
      const before = process.cpuUsage();
      await contender.run(operations);
      const { user, system } = process.cpuUsage(before);
      samples.push((user + system) / operations);
    },
  };
}

/** A server that answers what it is asked, when `answerLater` says. */
async function serve(answerLater: (answer: () => void) => void): Promise<Server> {
  const server = createServer((request, response) => {
    const content = new URL(request.url ?? "/", "http://localhost").searchParams.get("content") ?? "";
    answerLater(() => response.setHeader("Content-Length", Buffer.byteLength(content)).end(content));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Answers when a message has come to the fourth queue; what comes after it goes to the end as well. Queues keep the order. */
function throughBus({ route, onArrival }: Chain): (answer: () => void) => void {
  const waiting: (() => void)[] = [];
  onArrival(() => waiting.shift()?.(), 4);
  return (answer) => {
    waiting.push(answer);
    void route.publish(body);
  };
}

async function layAmqplib(url: string, hops: number): Promise<Chain> {
  const queues = Array.from({ length: hops }, (_, hop) => `${hops}hops${hop}`);
  let arrived: (() => void) | undefined;
  const route = await amqplibRoute({ url, queues, prefetch: 64, arrived: () => arrived?.() });
  return { route, onArrival: (listener) => (arrived = listener) };
}

function portOfServer(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function echoOf(name: string, { route, onArrival }: Chain): Contender {
  return {
    name,
    async run(operations) {
      let left = operations;
      let running = 0;
      await new Promise<void>((resolve, reject) => {
        const sendNext = (): void => {
          if (left-- > 0) {
            running++;
            route.publish(body).catch(reject);
          } else if (running === 0) resolve();
        };
        onArrival(() => {
          running--;
          sendNext();
        });
        for (let slot = 0; slot < clients; slot++) sendNext();
      });
    },
  };
}

async function measureLatency(port: number, perSecond: number): Promise<void> {
  const { latenciesMs } = await askAll({ port, clients, requests: Math.round(perSecond * 4), perSecond });
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN;
  const text = `${at(0.99).toFixed(1)} ms (p50 ${at(0.5).toFixed(1)} ms)`;
  fact(`p99 at half that rate, ${Math.round(perSecond).toLocaleString("en")}/s, under 50 ms`, text, at(0.99) < 50);
}

async function askAll(load: Load): Promise<Loaded> {
  crowd.send(load);
  const { value, done } = await crowd.messages.next();
  if (done === true) throw new Error(`the clients ended: ${crowd.stderr()}`);
  return value as Loaded;
}

async function firstPort(worker: NodeProcess): Promise<number> {
  const { value, done } = await worker.messages.next();
  if (done === true) throw new Error(`a worker ended: ${worker.stderr()}`);
  return (value as { port: number }).port;
}
