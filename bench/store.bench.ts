// The message store with a million messages, on SQLite and, where it is installed, on PostgreSQL: how long people wait for what they search for and
// count, with and without the index that is kept behind their backs; what keeping it costs, and those who store meanwhile; what forgetting costs.

import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createUserMessage } from "@switchboard/messaging";
import {
  type FilterField,
  type MessageFilter,
  type MessageStore,
  openMessageStore,
} from "@switchboard/messaging/store";
import { openSql, type Sql } from "@switchboard/storage";
import { startPostgresql, tempFolder } from "@switchboard/testkit";
import { sql } from "kysely";
import { fact, header, median } from "./harness.ts";
import { fillPostgresql, fillSqlite, spanUs, startUs } from "./store/fill.ts";

const usage = `Usage: npm run bench -- store [--engine sqlite|postgresql …] [--rows N]

  --engine  default both; PostgreSQL is left out where it is not installed
  --rows    how many messages; default 1000000, for which SQLite takes 2 GB in the folder for temporary files, PostgreSQL 3`;

const { values } = parseArgs({
  options: {
    engine: { type: "string", multiple: true, default: ["sqlite", "postgresql"] },
    rows: { type: "string", default: "1000000" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const rows = Number(values.rows);

header(`message store: ${rows.toLocaleString("en")} messages`, ["@photostructure/sqlite", "pg"]);
if (values.engine.includes("sqlite")) {
  const path = `${tempFolder()}/store.db`;
  const open = (): Promise<Sql> => openSql({ driver: "sqlite", path });
  await close(await openWith(await open()));
  await timed("SQLite: filled", () => fillSqlite(path, rows));
  await measure("SQLite", await openWith(await open()), () => Promise.resolve(statSync(path).size));
}
if (values.engine.includes("postgresql")) {
  try {
    const server = await startPostgresql();
    const opened = await openWith(await openSql({ driver: "postgresql", url: server.url }));
    await timed("PostgreSQL: filled", () => fillPostgresql(opened.database, rows));
    await measure("PostgreSQL", opened, () => postgresqlSize(opened.database));
    await server.stop();
  } catch (error) {
    console.log(`\nPostgreSQL left out: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Opened {
  readonly database: Sql;
  readonly store: MessageStore;
}

async function openWith(database: Sql, maintains = false): Promise<Opened> {
  return { database, store: await openMessageStore({ sql: database, maintains }) };
}

async function close({ database, store }: Opened): Promise<void> {
  await store.close();
  await database.close();
}

async function measure(engine: string, opened: Opened, bytes: () => Promise<number>): Promise<void> {
  const { database, store } = opened;
  await ask(store, `${engine}, not indexed`);
  fact(`${engine}: storing 100 a second`, await storing(store));
  const unindexed = await bytes();
  const maintained = await openWith(database, true);
  // It begins after five seconds.
  await sleep(6_000);
  fact(`${engine}: storing 100 a second while it indexes`, await storing(maintained.store));
  await maintained.store.close();
  await timed(`${engine}: indexed the rest`, () => store.index());
  const indexed = await bytes();
  fact(
    `${engine}: disk`,
    `${Math.round(unindexed / rows)} bytes a message, ${Math.round((indexed - unindexed) / rows)} more with index`,
  );
  await ask(store, engine);
  const tenth = Math.floor(rows / 10);
  await timed(`${engine}: forgot ${tenth.toLocaleString("en")}`, () => store.prune({ maxMessages: rows - tenth }));
  fact(
    `${engine}: found out that nothing is to be forgotten in`,
    await milliseconds(() => store.prune({ keepMs: 4e12 })),
  );
  await close(opened);
}

async function timed(name: string, work: () => unknown): Promise<void> {
  const before = { at: performance.now(), cpu: process.cpuUsage() };
  await work();
  const { user, system } = process.cpuUsage(before.cpu);
  const seconds = (performance.now() - before.at) / 1_000;
  fact(name, `${seconds.toFixed(1)} s, ${((user + system) / 1_000_000).toFixed(1)} s of this process's time`);
}

/** How long each of those waits who store. */
async function storing(store: MessageStore): Promise<string> {
  const waits: number[] = [];
  const work: Promise<void>[] = [];
  for (let number = 0; number < 500; number++) {
    const fields = { from_addr: "+2790", to_addr: "8000", transport_name: "sms", transport_type: "sms" };
    const startedAt = performance.now();
    const stored = store.addMessage("inbound", createUserMessage({ ...fields, content: `new ${number}` }));
    work.push(stored.then(() => void waits.push(performance.now() - startedAt)));
    await sleep(10);
  }
  await Promise.all(work);
  const sorted = waits.toSorted((a, b) => a - b);
  const last = sorted.at(-1) ?? Number.NaN;
  const most = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  return `${median(waits).toFixed(1)} ms, 99 of 100 within ${most.toFixed(1)} ms, all within ${last.toFixed(1)} ms`;
}

async function ask({ read }: MessageStore, how: string): Promise<void> {
  const filters: Readonly<Record<string, MessageFilter>> = {
    "a word that three have": text("needle"),
    "part of a number": text(`${rows - 77}x`),
    "a word that many have": text("parcel"),
    "words that no message has together": text("parcel hello stop"),
    "two letters that many have": text("no"),
    "two letters that three have": text("zq"),
    "one letter that three have": text("茶"),
    "two letters that none has": text("qz"),
    "person: as all begin": by("person", "+27*"),
    "person: as one in a thousand begins": by("person", "+27830000077*"),
    "person: as nobody begins": by("person", "+44*"),
    "id: as few begin": by("id", "0000bc8f*"),
    "from: as nobody begins": by("from", "+4*"),
    "state:parked": by("state", "parked"),
    "state:delivered": by("state", "delivered"),
    "error:app_broken": by("error", "app_broken"),
    "from: somebody": by("from", "+27830000077"),
    "to: nobody": by("to", "nobody"),
    "application: one that is gone": by("application", "gone"),
    "not application: that of all": { conditions: [{ field: "application", values: ["menu"], not: true }] },
  };
  for (const [name, filter] of Object.entries(filters)) {
    const list = await milliseconds(() => read.list(filter, 100));
    const count = await milliseconds(() => read.count(filter));
    fact(`${how}: ${name}`, `the newest 100 in ${list}, counted in ${count}`);
  }
  const whole = { fromUs: startUs, toUs: startUs + spanUs };
  const bars: Readonly<Record<string, MessageFilter>> = {
    all: {},
    "a channel": by("channel", "sms"),
    "a word": text("needle"),
    "the last day": { fromUs: whole.toUs - spanUs / 30 },
  };
  for (const [name, filter] of Object.entries(bars)) {
    fact(`${how}: 90 bars of ${name}`, await milliseconds(() => read.histogram({ ...whole, ...filter }, 90)));
  }
}

function by(field: FilterField, value: string): MessageFilter {
  return { conditions: [{ field, values: [value] }] };
}

function text(value: string): MessageFilter {
  return { text: [{ value }] };
}

/** The best of three: what others do on the machine is not the question. */
async function milliseconds(work: () => Promise<unknown>): Promise<string> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const startedAt = performance.now();
    await work();
    best = Math.min(best, performance.now() - startedAt);
  }
  return `${best.toFixed(1)} ms`;
}

async function postgresqlSize({ db }: Sql): Promise<number> {
  const { rows: found } = await sql<{ bytes: number }>`SELECT pg_database_size(current_database()) AS bytes`.execute(
    db,
  );
  return found[0]?.bytes ?? Number.NaN;
}
