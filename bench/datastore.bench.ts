// The datastore's query on an indexed field of a million documents, against the same SQL written by hand over the same rows.
// BENCH_ROWS=100000 makes it smaller. PostgreSQL takes part when it is installed.

import { queryList, Datastore } from "@switchboard/server/datastore";
import { openSql, type Sql } from "@switchboard/storage";
import { startPostgresql, tempFolder } from "@switchboard/testkit";
import { sql } from "kysely";
import { fact, header, race } from "./harness.ts";

const rows = Number(process.env["BENCH_ROWS"] ?? 1_000_000);
const states = ["CREATED", "WAITING", "EXECUTING", "FINISHED", "FAILED"];

header(`datastore: ${rows.toLocaleString("en")} documents`, ["kysely", "pg", "@photostructure/sqlite"]);

await measure("SQLite", await openSql({ driver: "sqlite", path: `${tempFolder()}/bench.db` }));
try {
  const server = await startPostgresql();
  await measure("PostgreSQL", await openSql({ driver: "postgresql", url: server.url }));
  await server.stop();
} catch (error) {
  console.log(`\nPostgreSQL left out: ${error instanceof Error ? error.message : String(error)}`);
}

async function measure(engine: string, database: Sql): Promise<void> {
  const datastore = await Datastore.open(database);
  await fill(database, datastore);
  const random = randomNumbers();
  const name = (): string => `task-${random() % rows}`;
  const since = (): number => random() % (rows - 100);

  await race({
    title: `${engine}: find by an indexed text`,
    operations: 2_000,
    contenders: [
      {
        name: "SQL by hand",
        check: async () => expectRows(await byName(database, "task-7"), 1),
        run: (count) => inTurns(count, () => byName(database, name())),
      },
      {
        name: "datastore",
        check: async () => expectRows(await datastore.query("tasks", [["name", "=", "task-7"]]), 1),
        run: (count) => inTurns(count, () => datastore.query("tasks", [["name", "=", name()]])),
      },
    ],
    targets: [{ of: "datastore", against: "SQL by hand", atLeast: 1 / 3 }],
  });
  await race({
    title: `${engine}: 100 of a range, sorted by the indexed number`,
    operations: 500,
    contenders: [
      {
        name: "SQL by hand",
        check: async () => expectRows(await byNumber(database, 5), 100),
        run: (count) => inTurns(count, () => byNumber(database, since())),
      },
      {
        name: "datastore",
        check: async () => expectRows(await datastore.query("tasks", [["n", ">", 5]], { sort: "n", limit: 100 }), 100),
        run: (count) =>
          inTurns(count, () => datastore.query("tasks", [["n", ">", since()]], { sort: "n", limit: 100 })),
      },
    ],
    targets: [{ of: "datastore", against: "SQL by hand", atLeast: 1 / 3 }],
  });
  await race({
    title: `${engine}: insert, 100 at a time`,
    operations: 2_000,
    contenders: [{ name: "datastore", run: (count) => insertMany(datastore, count) }],
  });
  await inMemory(engine, datastore);
  datastore.close();
  await database.close();
}

async function fill(database: Sql, datastore: Datastore): Promise<void> {
  await datastore.createCollection("tasks", "serial", { type: "log", indexes: ["name", "n"] });
  const started = performance.now();
  // Straight into the table, since how long it takes to fill is not the question.
  for (let start = 0; start < rows; start += 10_000) {
    const documents = Array.from({ length: Math.min(10_000, rows - start) }, (_, index) => document(start + index));
    const each =
      database.dialect === "sqlite"
        ? sql`SELECT value FROM json_each(${JSON.stringify(documents)})`
        : sql`SELECT * FROM jsonb_array_elements(${JSON.stringify(documents)}::jsonb)`;
    const columns = database.dialect === "sqlite" ? sql`(data)` : sql`(id, data)`;
    const select =
      database.dialect === "sqlite"
        ? each
        : sql`SELECT ${start} + ordinality, value FROM jsonb_array_elements(${JSON.stringify(documents)}::jsonb) WITH ORDINALITY AS t (value, ordinality)`;
    await sql`INSERT INTO datastore_1_tasks ${columns} ${select}`.execute(database.db);
  }
  // The index that somebody writing SQL by hand would make.
  const expressions =
    database.dialect === "sqlite"
      ? [sql`json_extract(data, '$.name')`, sql`json_extract(data, '$.n')`]
      : [sql`(data ->> 'name')`, sql`((data -> 'n')::int)`];
  for (const [index, expression] of expressions.entries()) {
    await sql`CREATE INDEX ${sql.id(`by_hand_${index}`)} ON datastore_1_tasks (${expression})`.execute(database.db);
  }
  await sql.raw("ANALYZE").execute(database.db);
  fact("filled and indexed twice in", `${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function document(n: number): object {
  const at = { $date: `2026-01-01 ${String(n % 24).padStart(2, "0")}:00:00` };
  return {
    name: `task-${n}`,
    n,
    state: states[n % states.length],
    args: [{ size: n % 1_000 }],
    created_at: at,
    updated_at: at,
  };
}

async function byName({ dialect, db }: Sql, name: string): Promise<unknown[]> {
  const { rows } =
    dialect === "sqlite"
      ? await sql<{
          data: string;
        }>`SELECT id, data FROM datastore_1_tasks WHERE json_extract(data, '$.name') = ${name}`.execute(db)
      : await sql<{
          data: string;
        }>`SELECT id, data::text FROM datastore_1_tasks WHERE data ->> 'name' = ${name}`.execute(db);
  return rows.map(({ data }) => JSON.parse(data) as unknown);
}

async function byNumber({ dialect, db }: Sql, since: number): Promise<unknown[]> {
  const { rows } =
    dialect === "sqlite"
      ? await sql<{
          data: string;
        }>`SELECT id, data FROM datastore_1_tasks WHERE json_extract(data, '$.n') > ${since} ORDER BY json_extract(data, '$.n') LIMIT 100`.execute(
          db,
        )
      : await sql<{
          data: string;
        }>`SELECT id, data::text FROM datastore_1_tasks WHERE (data -> 'n')::int > ${since} ORDER BY (data -> 'n')::int LIMIT 100`.execute(
          db,
        );
  return rows.map(({ data }) => JSON.parse(data) as unknown);
}

async function inTurns(count: number, query: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await query();
}

async function insertMany(datastore: Datastore, count: number): Promise<void> {
  for (let start = 0; start < count; start += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => datastore.insert("tasks", { name: `new-${start + index}`, n: -1 })),
    );
  }
}

async function inMemory(engine: string, datastore: Datastore): Promise<void> {
  if (engine !== "SQLite") return;
  const objects = await datastore.query("tasks", [["n", ">=", 0]], { sort: "n", limit: 100_000 });
  await race({
    title: "in memory: filter and sort 100,000 objects",
    operations: 5,
    contenders: [
      {
        name: "filter and sort by hand",
        run: (count) =>
          repeat(count, () =>
            (objects as { id: number; state: string; n: number }[])
              .filter(({ state }) => state === "FAILED")
              .toSorted((a, b) => b.n - a.n),
          ),
      },
      {
        name: "queryList",
        run: (count) => repeat(count, () => queryList(objects, [["state", "=", "FAILED"]], { sort: "-n" })),
      },
    ],
  });
}

function repeat(count: number, work: () => unknown): void {
  for (let index = 0; index < count; index++) work();
}

function expectRows(found: unknown, count: number): void {
  if (!Array.isArray(found) || found.length !== count) throw new Error(`expected ${count} rows`);
}

/** The same numbers in each run. */
function randomNumbers(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647);
}
