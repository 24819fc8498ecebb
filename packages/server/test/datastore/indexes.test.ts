// Declared indexes are really used: the engines' own plans say so.

import { openSql, type Sql } from "@switchboard/storage";
import { describeWithServer, tempFolder } from "@switchboard/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Datastore } from "../../src/datastore/index.ts";
import { parseFilter } from "../../src/datastore/query/filter.ts";
import { parseParams } from "../../src/datastore/query/params.ts";
import { sqlField, toSqlFilter } from "../../src/datastore/sql/condition.ts";
import type { EngineSql } from "../../src/datastore/sql/engine.ts";
import { postgresqlEngine } from "../../src/datastore/sql/postgresql.ts";
import { sqliteEngine } from "../../src/datastore/sql/sqlite.ts";

const filters: [label: string, filter: unknown][] = [
  ["a text", [["name", "=", "n500"]]],
  ["a number", [["size", "=", 500]]],
  ["a time", [["at", "=", new Date(500_000)]]],
  ["a range of texts", [["name", ">", "n998"]]],
  ["a range of numbers", [["size", ">", 4_990]]],
  [
    "a bounded range of times",
    [
      ["at", ">=", new Date(4_990_000)],
      ["at", "<", new Date(4_995_000)],
    ],
  ],
  ["a list of texts", [["name", "in", ["n1", "n2", "n3"]]]],
  ["a list of numbers", [["size", "in", [1, 2, 3]]]],
  ["a nested field", [["deep.0.x", "=", "n500"]]],
];

describe("declared indexes are used", () => {
  function suite(name: string, engine: EngineSql, open: () => Promise<Sql>): void {
    describe(`on ${name}`, () => {
      let database: Sql | undefined;
      let datastore: Datastore | undefined;

      beforeAll(async () => {
        database = await open();
        const things = await Datastore.open(database);
        datastore = things;
        await things.createCollection("things", "serial", { indexes: ["name", "size", "at", "deep.0.x"] });
        for (let start = 0; start < 5_000; start += 500) {
          const numbers = Array.from({ length: 500 }, (_, index) => start + index);
          await Promise.all(
            numbers.map((n) =>
              things.insert("things", { name: `n${n}`, size: n, at: new Date(n * 1_000), deep: [{ x: `n${n}` }] }),
            ),
          );
        }
        await sql.raw("ANALYZE").execute(database.db);
      });
      afterAll(async () => {
        datastore?.close();
        await database?.close();
      });

      const planOf = async (filter: unknown, order = sql``): Promise<string> => {
        const { condition, isExact } = toSqlFilter(parseFilter(filter), { engine, keyType: "serial" });
        expect(isExact).toBe(true);
        const explain = engine === sqliteEngine ? sql`EXPLAIN QUERY PLAN` : sql`EXPLAIN`;
        const query = sql`${explain} SELECT id, data FROM datastore_1_things WHERE ${condition} ${order}`;
        const { rows } = database === undefined ? { rows: [] } : await query.execute(database.db);
        return JSON.stringify(rows);
      };

      it.each(filters)("to find %s", async (_, filter) => {
        const plan = await planOf(filter);
        expect(plan).toMatch(/datastore_1_things_i[0-9a-f]{16}/);
        expect(plan).not.toMatch(/Seq Scan|SCAN datastore/);
        expect(((await datastore?.query("things", filter as never)) ?? []).length).toBeGreaterThan(0);
      });

      it.each([0, 2_500, 4_800])(
        "to take the first of a range that begins at %d, without sorting it",
        async (start) => {
          const columns = sqlField(["size"], { engine, keyType: "serial" })?.orderBy() ?? [];
          const order = sql`ORDER BY ${sql.join([...columns.map((column) => sql`${column} ${engine.direction(false)}`), sql`id`])} LIMIT 10`;
          const plan = await planOf([["size", ">", start]], order);
          expect(plan).toMatch(/datastore_1_things_i[0-9a-f]{16}/);
          expect(plan).not.toMatch(/Sort|TEMP B-TREE/);
        },
      );

      it.each(["size", "-size"])("to sort by %s with a limit", async (sort) => {
        const [{ path, descending } = { path: [], descending: false }] = parseParams({ sort }).sort;
        const expressions = sqlField(path, { engine, keyType: "serial" })?.orderBy() ?? [];
        const columns = expressions.map((expression) => sql`${expression} ${engine.direction(descending)}`);
        const plan = await planOf([], sql`ORDER BY ${sql.join([...columns, sql`id`])} LIMIT 10`);
        expect(plan).toMatch(/datastore_1_things_i[0-9a-f]{16}/);
      });
    });
  }

  suite("sqlite", sqliteEngine, () => openSql({ driver: "sqlite", path: `${tempFolder()}/datastore.db` }));
  describeWithServer("postgresql", "on a PostgreSQL server", (server) => {
    suite("postgresql", postgresqlEngine, () => openSql({ driver: "postgresql", url: server().url }));
  });
});
