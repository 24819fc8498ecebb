// The embedded bus: how fast a message is published safely, handled and acknowledged, against SQLite and LMDB without a bus around them and
// BullMQ on Redis; what one message takes; what a saturated bus does to the event loop, and a backlog to starting, speed and memory.
//
// `--backlog=10000000` makes the large backlog ten million messages (6 GB of disk, about two minutes); default one million.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import type { EmbeddedBus } from "@switchboard/bus/embedded";
import { spawnNode, tempFolder } from "@switchboard/testkit";
import { hops, newBus } from "./bus-embedded/loops.ts";
import { appendOnlyFile, bullMq, lmdbDurable, plainSqlite } from "./bus-embedded/peers.ts";
import type { Start } from "./bus-embedded/start.ts";
import { fact, header, race } from "./harness.ts";

const { values } = parseArgs({ options: { backlog: { type: "string", default: "1000000" } } });
const body = Buffer.alloc(500, "A message of five hundred bytes. ");
const fourQueues = ["telnet.inbound", "echo.inbound", "echo.outbound", "telnet.outbound"];

// Rounds are long, because each begins with a collection of garbage, after which the bus's code, unlike native code, must get warm again.
header("bus-embedded", ["@photostructure/sqlite", "lmdb", "bullmq"]);
await raceAtSixtyFour();
await raceAgainstRedis();
await raceAtFiveHundredTwelve();
await raceOneInFlight();
await measureEventLoop();
await measureBacklog(Number(values.backlog));

async function raceAtSixtyFour(): Promise<void> {
  const peers = [
    plainSqlite("plain SQLite, 64 to a transaction", body, 64),
    await hops("embedded bus, 64 in flight", body, 64, ["q.inbound"]),
    await hops("embedded bus, 64 in flight, four queues", body, 64, fourQueues),
    lmdbDurable("lmdb, durable, 64 in flight", body, 64),
    appendOnlyFile("append-only file, 64 to a write (the limit)", body, 64),
  ];
  await race({
    title: "publish, handle, acknowledge 500 bytes, 64 in flight",
    operations: 128_000,
    contenders: peers,
    targets: [
      { of: "embedded bus, 64 in flight", against: "plain SQLite, 64 to a transaction", atLeast: 0.8 },
      { of: "embedded bus, 64 in flight", against: "lmdb, durable, 64 in flight", atLeast: 1 },
      { of: "embedded bus, 64 in flight, four queues", against: "embedded bus, 64 in flight", atLeast: 0.8 },
    ],
  });
  await closeAll(peers);
}

async function raceAgainstRedis(): Promise<void> {
  const peers = [
    await bullMq("BullMQ, fsync every second, 64 in flight", body, 64),
    await hops("embedded bus, 64 in flight", body, 64, ["q.inbound"]),
  ];
  await race({
    title: "the same against Redis",
    operations: 12_800,
    contenders: peers,
    targets: [{ of: "embedded bus, 64 in flight", against: "BullMQ, fsync every second, 64 in flight", atLeast: 1 }],
  });
  await closeAll(peers);
}

async function raceAtFiveHundredTwelve(): Promise<void> {
  const peers = [
    plainSqlite("plain SQLite, 512 to a transaction", body, 512),
    await hops("embedded bus, 512 in flight", body, 512, ["q.inbound"]),
    await hops("embedded bus, 512 in flight, four queues", body, 512, fourQueues),
    await hops("embedded bus, 64 in flight", body, 64, ["q.inbound"]),
    lmdbDurable("lmdb, durable, 512 in flight", body, 512),
  ];
  await race({
    title: "publish, handle, acknowledge 500 bytes, 512 in flight",
    operations: 256_000,
    contenders: peers,
    targets: [
      { of: "embedded bus, 512 in flight", against: "plain SQLite, 512 to a transaction", atLeast: 0.8 },
      { of: "embedded bus, 512 in flight", against: "embedded bus, 64 in flight", atLeast: 1 },
      { of: "embedded bus, 512 in flight, four queues", against: "embedded bus, 512 in flight", atLeast: 0.8 },
    ],
  });
  await closeAll(peers);
}

async function raceOneInFlight(): Promise<void> {
  const peers = [
    appendOnlyFile("fdatasync of 4 KiB", Buffer.alloc(4_096, 1), 1),
    await hops("embedded bus, one in flight", body, 1, ["q.inbound"]),
    await hops("embedded bus, one in flight, four queues", body, 1, fourQueues),
    plainSqlite("plain SQLite, 1 to a transaction", body, 1),
    lmdbDurable("lmdb, durable, one in flight", body, 1),
  ];
  await race({
    title: "publish, handle, acknowledge 500 bytes, one in flight",
    operations: 8_000,
    contenders: peers,
    targets: [
      { of: "embedded bus, one in flight", against: "fdatasync of 4 KiB", atLeast: 0.5 },
      { of: "embedded bus, one in flight, four queues", against: "embedded bus, one in flight", atLeast: 0.8 },
    ],
  });
  await closeAll(peers);
}

async function measureEventLoop(): Promise<void> {
  const peer = await hops("", body, 512, ["q.inbound"]);
  await peer.run(51_200);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await peer.run(1_024_000);
  delay.disable();
  const p99 = delay.percentile(99) / 1e6;
  console.log("\nevent loop while the bus is saturated, 512 in flight");
  fact(
    "delay p99 < 10 ms",
    `${p99.toFixed(1)} ms (p50 ${(delay.percentile(50) / 1e6).toFixed(1)} ms, max ${(delay.max / 1e6).toFixed(1)} ms)`,
    p99 < 10,
  );
  await peer.close();
}

async function measureBacklog(large: number): Promise<void> {
  const names = { small: "backlog of 1,000", big: `backlog of ${large.toLocaleString("en")}` };
  const paths = { small: await publishBacklog(1_000), big: await publishBacklog(large) };
  await measureStart(`${names.small}, closed in order`, paths.small);
  await measureStart(`${names.big}, closed in order`, paths.big);
  await measureStart(`${names.big}, killed`, paths.big);
  const [small, big] = [await newBus(paths.small), await newBus(paths.big)];
  await race({
    title: "handle the oldest, publish a new one, 64 in flight",
    operations: 128_000,
    contenders: [
      { name: names.small, run: (operations) => turnOver(small, operations) },
      { name: names.big, run: (operations) => turnOver(big, operations) },
    ],
    targets: [{ of: names.big, against: names.small, atLeast: 0.8 }],
  });
  globalThis.gc?.();
  fact("memory of this process with all that waiting", `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`);
  await closeAll([small, big]);
}

/** Lets a backlog grow, and returns the folder where it lies. */
async function publishBacklog(count: number): Promise<string> {
  const path = tempFolder();
  const bus = await newBus(path);
  const before = process.memoryUsage.rss();
  const started = performance.now();
  let left = count;
  const slot = async (): Promise<void> => {
    while (left-- > 0) await bus.publish("q.inbound", body);
  };
  await Promise.all(Array.from({ length: 1_024 }, slot));
  const seconds = (performance.now() - started) / 1_000;
  fact(
    `publishing ${count.toLocaleString("en")} messages`,
    `${seconds.toFixed(1)} s, memory grew by ${Math.round((process.memoryUsage.rss() - before) / 2 ** 20)} MiB`,
  );
  await bus.close();
  return path;
}

/** Starts a process on a backlog that is closed, or that the process before was killed with. */
async function measureStart(title: string, path: string): Promise<void> {
  const child = spawnNode(new URL("bus-embedded/start.ts", import.meta.url), [path], { packages: "built" });
  const { value } = await child.messages.next();
  await child.exited;
  if (value === undefined) throw new Error(`could not start: ${child.stderr()}`);
  const { openMs, handledMs, memoryBytes } = value as Start;
  const met = handledMs < 3_000 && memoryBytes < 256 * 2 ** 20;
  const took = `open in ${Math.round(openMs)} ms, a hundred handled by ${Math.round(handledMs)} ms`;
  fact(`start with ${title}`, `${took}, ${Math.round(memoryBytes / 2 ** 20)} MiB of memory`, met);
}

/** Takes the oldest messages and publishes as many, so that the backlog stays as long as it is. */
async function turnOver(bus: EmbeddedBus, operations: number): Promise<void> {
  let left = operations;
  await new Promise<void>((resolve, reject) => {
    let running = 0;
    const consuming = bus.consume("q.inbound", { prefetch: 64 }, async () => {
      if (left-- <= 0) return;
      running++;
      await bus.publish("q.inbound", body).catch(reject);
      if (--running === 0 && left <= 0) consuming.then((consumer) => consumer.stop()).then(resolve, reject);
    });
  });
}

async function closeAll(peers: readonly { close(): void | Promise<void> }[]): Promise<void> {
  for (const peer of peers) await peer.close();
}
