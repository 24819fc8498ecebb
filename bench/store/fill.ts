// Messages, with the facts, events and trails of an echo, straight into the tables of a message store: how long storing takes is not the question
// here. Called by store.bench.ts.

import type { Sql } from "@switchboard/storage";
import { openSqlite, type SqliteValue } from "@switchboard/storage/sqlite";
import { sql } from "kysely";

/** When the first message was written, and how long it was to the last. Microseconds. */
export const startUs: number = Date.UTC(2026, 0, 1) * 1_000;
export const spanUs: number = 30 * 86_400_000_000;

const words =
  "hello menu please balance send airtime order clinic appointment tomorrow thanks yes no help stop register where is my parcel".split(
    " ",
  );
const trail = JSON.stringify({ x: "x".repeat(300) });

const columns: Readonly<Record<string, readonly string[]>> = {
  messages: [
    "direction",
    "message_id",
    "ts_us",
    "stored_us",
    "remote_addr",
    "local_addr",
    "transport_name",
    "in_reply_to",
    "accept_status",
    "search_text",
    "payload",
  ],
  message_facts: [
    "direction",
    "message_id",
    "ts_us",
    "application",
    "router",
    "error",
    "fate",
    "handled_us",
    "answered_us",
  ],
  events: ["event_id", "user_message_id", "status", "ts_us", "stored_us", "payload"],
  message_trail: ["message_id", "at_us", "entries"],
};
type Tables = Readonly<Record<string, readonly (readonly SqliteValue[])[]>>;

/** Fills a file that nobody has open, in one go. A crash meanwhile would ruin it. */
export function fillSqlite(path: string, count: number): void {
  const database = openSqlite(path);
  database.exec(
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -3000000; PRAGMA foreign_keys = OFF; BEGIN",
  );
  const statements = Object.entries(columns).map(([table, names]) => {
    const values = names.map(() => "?").join(", ");
    return [table, database.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${values})`)] as const;
  });
  for (let n = 0; n < count; n++) {
    const tables = rowsOf(n, count);
    for (const [table, statement] of statements) for (const row of tables[table] ?? []) statement.run(...row);
  }
  database.exec("COMMIT; PRAGMA journal_mode = WAL");
  database.close();
}

/** Fills a database of PostgreSQL. */
export async function fillPostgresql({ db }: Sql, count: number): Promise<void> {
  const perStatement = 5_000;
  for (let first = 0; first < count; first += perStatement) {
    const all = Array.from({ length: Math.min(perStatement, count - first) }, (_, index) =>
      rowsOf(first + index, count),
    );
    for (const [table, names] of Object.entries(columns)) {
      const rows = all.flatMap((tables) => tables[table] ?? []);
      const objects = rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
      const list = sql.raw(names.join(", "));
      await sql`INSERT INTO ${sql.table(table)} (${list})
        SELECT ${list} FROM json_populate_recordset(NULL::${sql.table(table)}, ${JSON.stringify(objects)}::json)`.execute(
        db,
      );
    }
  }
  await sql`VACUUM ANALYZE`.execute(db);
}

/** The rows of the nth message of `count`: every second is an answer. */
function rowsOf(n: number, count: number): Tables {
  const isInbound = n % 2 === 0;
  const direction = isInbound ? "inbound" : "outbound";
  const random = (n * 48_271) % 2_147_483_647;
  const said = Array.from({ length: 4 + (random % 6) }, (_, index) => words[(random >> index) % words.length]).join(
    " ",
  );
  // Three have what is hard to find.
  const content = `${said} ${n}x${n % Math.ceil(count / 3) === 5 ? " needle zq 茶" : ""}`;
  const id = idOf(n);
  const asked = isInbound ? null : idOf(n - 1);
  const person = `+2783${String(Math.floor(n / 2) % 100_000).padStart(7, "0")}`;
  const isBroken = n % 50_000 === 1_000;
  const at = startUs + Math.floor((spanUs / count) * n);
  const payload = JSON.stringify({
    content,
    from_addr: person,
    to_addr: "8000",
    message_id: id,
    transport_metadata: { x: "x".repeat(500) },
  });
  const text = `${content}\n${person}\n8000\n${id}`;
  const accepted = isInbound ? null : "ack";
  const [error, fate] = isBroken ? ["APP_BROKEN", "parked"] : [null, "none"];
  const event = [`e${id}`, id, "ack", at, at, JSON.stringify({ event_id: `e${id}`, user_message_id: id })];
  return {
    messages: [[direction, id, at, at, person, "8000", "sms", asked, accepted, text, payload]],
    message_facts: [[direction, id, at, "menu", "keywords", error, fate, at, isInbound ? at : null]],
    events: isInbound ? [] : [event],
    message_trail: isInbound ? [[id, at, trail]] : [],
  };
}

function idOf(n: number): string {
  const random = (n * 48_271) % 2_147_483_647;
  return `${random.toString(16).padStart(8, "0").repeat(3)}${String(n).padStart(8, "0")}`;
}
