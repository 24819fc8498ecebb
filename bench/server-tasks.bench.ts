// The task engine with 100,000 queued tasks: what submitting and scheduling one costs must not grow with their number.
// BENCH_TASKS=10000 makes it smaller.

import { systemClock } from "@switchboard/core";
import { ConfigStore, Datastore } from "@switchboard/server/datastore";
import { SchemaRegistry } from "@switchboard/server/schema";
import { defineTask, TaskEngine } from "@switchboard/server/tasks";
import { openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { fact, header } from "./harness.ts";

const total = Number(process.env["BENCH_TASKS"] ?? 100_000);
const portion = total / 10;
const resources = 1_000;

header(`tasks: ${total.toLocaleString("en")} queued, ${resources} resources`);
const sql = await openSql({ driver: "sqlite", path: `${tempFolder()}/tasks.db` });
const datastore = await Datastore.open(sql);
const datastoreLog = await Datastore.open(sql, { prefix: "datastore_log" });
let isOpen = false;
let ran = 0;
let letGo: () => void = () => undefined;
const opened = new Promise<void>((resolve) => (letGo = resolve));
const engine = new TaskEngine({
  services: { call: async () => null },
  events: { emit: async () => undefined },
  schemas: new SchemaRegistry(),
  clock: systemClock,
});
await engine.start({ datastore, datastoreLog, configstore: await ConfigStore.open(datastore) });
for (let index = 0; index < resources; index++) engine.resources.register(`r${index}`);
engine.handlers.register(
  "work",
  defineTask<[string]>({
    name: "work",
    verify: (_, resource) => [resource],
    run: async () => {
      if (!isOpen) await opened;
      ran++;
    },
  }),
);
// Holds everything, so that all others wait.
const holder = await engine.submit("work", ["root"]);

const submitRates: number[] = [];
for (let start = 0; start < total; start += portion) {
  submitRates.push(await timed(portion, () => submitPortion(start)));
}
while (engine.activity().waiting < total) await turn();
fact("submitted per second, first tenth and last", pair(submitRates), ratio(submitRates) >= 0.5);

isOpen = true;
letGo();
await engine.wait(holder);
const runRates: number[] = [];
for (let done = portion; done <= total; done += portion) {
  runRates.push(await timed(portion, () => until(() => ran > done)));
}
while (engine.activity().live > 0) await turn();
fact("run per second, first tenth and last", pair(runRates), ratio(runRates) >= 0.5);
const finished = await datastoreLog.query("tasks", [["state", "=", "FINISHED"]], { count: true });
if (finished !== total + 1) throw new Error(`expected ${total + 1} finished tasks, got ${finished}`);
fact("resident memory at the end", `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
await engine.close();
datastore.close();
datastoreLog.close();
await sql.close();

async function submitPortion(start: number): Promise<void> {
  for (let at = start; at < start + portion; at += 500) {
    const size = Math.min(500, start + portion - at);
    await Promise.all(
      Array.from({ length: size }, (_, index) => engine.submit("work", [`r${(at + index) % resources}`])),
    );
  }
}

async function timed(operations: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return operations / ((performance.now() - started) / 1000);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

function pair(rates: readonly number[]): string {
  return `${Math.round(rates[0] ?? 0)} and ${Math.round(rates.at(-1) ?? 0)}`;
}

function ratio(rates: readonly number[]): number {
  return (rates.at(-1) ?? 0) / (rates[0] ?? 1);
}
