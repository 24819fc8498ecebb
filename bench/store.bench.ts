// The message store with a million messages on SQLite: how long people wait for what they search for and count, with and without the index that is kept
// behind their backs; what keeping it costs; what forgetting costs. BENCH_ROWS=100000 makes it smaller.

import { statSync } from "node:fs";
import {
  type FilterField,
  type MessageFilter,
  type MessageStore,
  openMessageStore,
} from "@switchboard/messaging/store";
import { openSql, type Sql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { type RawBuilder, sql } from "kysely";
import { fact, header } from "./harness.ts";

const rows = Number(process.env["BENCH_ROWS"] ?? 1_000_000);
const perStatement = 5_000;
const spanUs = 30 * 86_400_000_000;
const startUs = Date.UTC(2026, 0, 1) * 1_000;
const words =
  "hello menu please balance send airtime order clinic appointment tomorrow thanks yes no help stop register where is my parcel".split(
    " ",
  );

header(`message store: ${rows.toLocaleString("en")} messages`, ["@photostructure/sqlite"]);
const path = `${tempFolder()}/store.db`;
const database = await openSql({ driver: "sqlite", path });
const store = await openMessageStore({ sql: database, maintains: false });
await timed("filled in", () => fill(database));
await ask(store, "without index");
const unindexed = statSync(path).size;
await timed("indexed in", () => store.index());
const grown = statSync(path).size - unindexed;
fact("disk", `${Math.round(unindexed / rows)} bytes a message, ${Math.round(grown / rows)} more with index`);
await ask(store, "with index");
const tenth = Math.floor(rows / 10);
await timed(`forgot ${tenth.toLocaleString("en")} in`, () => store.prune({ maxMessages: rows - tenth }));
await store.close();
await database.close();

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const before = { at: performance.now(), cpu: process.cpuUsage() };
  await work();
  const { user, system } = process.cpuUsage(before.cpu);
  const each = (user + system) / rows;
  fact(
    name,
    `${((performance.now() - before.at) / 1_000).toFixed(1)} s, ${each.toFixed(1)} µs of processor time for each of all messages`,
  );
}

async function ask({ read }: MessageStore, how: string): Promise<void> {
  const filters: Readonly<Record<string, MessageFilter>> = {
    "a word that three have": text("needle"),
    "part of a number": text(`${rows - 77}x`),
    "a word that many have": text("parcel"),
    "words that no message has together": text("parcel hello stop"),
    "state:parked": by("state", "parked"),
    "state:delivered": by("state", "delivered"),
    "error:app_broken": by("error", "app_broken"),
    "from: somebody": by("from", "+27830000077"),
    "to: nobody": by("to", "nobody"),
    "application: one that is gone": by("application", "gone"),
  };
  for (const [name, filter] of Object.entries(filters)) {
    const list = await milliseconds(() => read.list(filter, 100));
    const count = await milliseconds(() => read.count(filter));
    fact(`${how}: ${name}`, `the newest 100 in ${list}, counted in ${count}`);
  }
  const whole = { fromUs: startUs, toUs: startUs + spanUs };
  const all = await milliseconds(() => read.histogram(whole, 90));
  const channel = await milliseconds(() =>
    read.histogram({ ...whole, conditions: [{ field: "channel", values: ["sms"] }] }, 90),
  );
  const word = await milliseconds(() => read.histogram({ ...whole, ...text("needle") }, 90));
  fact(`${how}: 90 bars of all, of a channel, of a word`, `${all}, ${channel}, ${word}`);
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

// Straight into the tables, since how long storing takes is not the question here.
async function fill(to: Sql): Promise<void> {
  for (let first = 0; first < rows; first += perStatement) {
    const some = Array.from({ length: Math.min(perStatement, rows - first) }, (_, index) => row(first + index));
    await sql`INSERT INTO messages (direction, message_id, ts_us, stored_us, remote_addr, local_addr, transport_name, accept_status, search_text, payload)
      SELECT ${each("direction")}, ${each("id")}, ${each("at")}, ${each("at")}, ${each("person")}, '8000', 'sms', ${each("accept")}, ${each("text")}, ${each("payload")}
      FROM json_each(${JSON.stringify(some)})`.execute(to.db);
    await sql`INSERT INTO message_facts (direction, message_id, ts_us, application, router, error, fate, handled_us, answered_us)
      SELECT ${each("direction")}, ${each("id")}, ${each("at")}, 'menu', 'keywords', ${each("error")}, ${each("fate")}, ${each("at")}, ${each("answered")}
      FROM json_each(${JSON.stringify(some)})`.execute(to.db);
  }
}

function each(column: string): RawBuilder<unknown> {
  return sql`json_extract(value, ${`$.${column}`})`;
}

function row(n: number): object {
  const isInbound = n % 2 === 0;
  const random = (n * 48_271) % 2_147_483_647;
  const said = Array.from({ length: 4 + (random % 6) }, (_, index) => words[(random >> index) % words.length]).join(
    " ",
  );
  const content = `${said} ${n}x${n % Math.ceil(rows / 3) === 5 ? " needle" : ""}`;
  const id = random.toString(16).padStart(8, "0").repeat(4);
  const person = `+2783${String(n % 100_000).padStart(7, "0")}`;
  const isBroken = n % 50_000 === 1_000;
  return {
    direction: isInbound ? "inbound" : "outbound",
    id: `${id.slice(0, 24)}${String(n).padStart(8, "0")}`,
    at: startUs + Math.floor((spanUs / rows) * n),
    person,
    accept: isInbound ? null : "ack",
    answered: isInbound ? startUs : null,
    error: isBroken ? "APP_BROKEN" : null,
    fate: isBroken ? "parked" : "none",
    text: `${content}\n${person}\n8000\n${id}`,
    payload: JSON.stringify({
      content,
      from_addr: person,
      to_addr: "8000",
      message_id: id,
      transport_metadata: { x: "x".repeat(500) },
    }),
  };
}
