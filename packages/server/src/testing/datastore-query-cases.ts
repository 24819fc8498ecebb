// Cases of the datastore's contract: queries. The main one compares random queries over random objects with the query in memory.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { queryList, type StoredObject } from "../datastore/index.ts";
import { compareText } from "../datastore/query/compare.ts";
import type { DatastoreWorld } from "./datastore-world.ts";

/** Lines 9 to 12. */
export function queryCases({ clock, datastore, newName }: DatastoreWorld): void {
  describe("queries", () => {
    it("9 give the same as the query over a list in memory", async () => {
      const name = newName();
      await datastore().createCollection(name, "text", { indexes: ["a", "b", "n.x", "l.0", "q\"'\\\\"] });
      await fc.assert(
        fc.asyncProperty(objects, fc.array(query, { minLength: 8, maxLength: 8 }), async (objects, queries) => {
          await datastore().deleteWhere(name, []);
          const now = new Date(clock.now());
          const stored: StoredObject[] = [];
          for (const [id, object] of objects) stored.push({ ...object, id, created_at: now, updated_at: now });
          stored.sort((a, b) => compareText(String(a.id), String(b.id)));
          await Promise.all(stored.map((object) => datastore().insert(name, object)));
          for (const [filter, params] of queries) {
            const result = await datastore().query(name, filter as never, params as never);
            expect(normal(result)).toEqual(normal(queryList(stored, filter as never, params as never)));
          }
        }),
        { numRuns: 60 },
      );
    });

    it("9 integer keys compare as numbers do", async () => {
      const name = newName();
      await datastore().createCollection(name, "integer");
      const keys = [-5, 1, 2, 10];
      for (const key of keys) await datastore().insert(name, {}, key);
      const values = [-5, 1.5, 2, "2", null, true, 1e300, -1e300, 2 ** 53, new Date(0)];
      for (const op of ["=", "!=", "<", "<=", ">", ">=", "in"] as const) {
        for (const value of values) {
          const filter = [["id", op, value]] as never;
          expect([op, value, await datastore().query(name, filter, { select: "id" })]).toEqual([
            op,
            value,
            queryList(
              keys.map((id) => ({ id })),
              filter,
              { select: "id" },
            ),
          ]);
        }
      }
      expect(await datastore().query(name, [["id", "in", [2, "1", 10]]], { sort: "-id", select: "id" })).toEqual([
        10, 2,
      ]);
    });

    it("87, 90, 91 logical forms, single, count, null filter and params", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial");
      for (const v of [1, null, 5]) await datastore().insert(name, { v });
      expect(
        await datastore().query(
          name,
          [
            [
              "or",
              [
                ["id", "=", 1],
                ["id", "=", 2],
              ],
            ],
          ],
          { select: "id" },
        ),
      ).toEqual([1, 2]);
      expect(
        await datastore().query(
          name,
          [
            [
              "nor",
              [
                ["id", "=", 1],
                ["id", "=", 2],
              ],
            ],
          ],
          { select: "id" },
        ),
      ).toEqual([3]);
      expect(await datastore().query(name, [["v", ">", 9]], { single: true })).toBeNull();
      expect(await datastore().query(name, [], { count: true, limit: 1 })).toBe(3);
      expect(await datastore().query(name, null, null)).toHaveLength(3);
      expect(await datastore().getOne(name, [["v", "=", 5]])).toMatchObject({ id: 3 });
      expect(await datastore().exists(name, [["v", "=", 6]])).toBe(false);
      expect(await datastore().exists(name, [["v", "~", "5"]])).toBe(true);
    });

    it("88, 89, 92 sorting, nulls, and types that differ", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial");
      for (const v of [3, null, "3", 1]) await datastore().insert(name, { v });
      expect(await datastore().query(name, [], { sort: ["-id"], select: "id" })).toEqual([4, 3, 2, 1]);
      expect(await datastore().query(name, [], { sort: "v", select: ["v"] })).toEqual([[null], [1], [3], ["3"]]);
      expect(await datastore().query(name, [["v", ">", 2]], { select: "v" })).toEqual([3]);
      expect(await datastore().query(name, [["id", "=", "1"]])).toEqual([]);
    });

    it("S93 an unknown operator is refused before anything is asked", async () => {
      const name = newName();
      await datastore().createCollection(name);
      const filter = [["id", "where", "1"]] as never;
      await expect(datastore().query(name, filter)).rejects.toMatchObject({
        code: "DATASTORE_QUERY_INVALID",
        errno: 22,
      });
      await expect(datastore().query(name, [["a", "~", "(?=x)"]])).rejects.toMatchObject({
        code: "REGEX_INVALID",
        errno: 22,
      });
    });

    it("10 nothing in a query is taken for SQL", async () => {
      const name = newName();
      await datastore().createCollection(name, "text");
      await datastore().insert(name, { a: 1 }, "x");
      const nasty = [
        "') OR 1=1 --",
        "'; DROP TABLE datastore_collections; --",
        '"',
        "\\",
        "a$.b",
        "a' || 'b",
        "x${1}",
        "?",
        "x$1",
        "\n",
        "%",
        "a]",
        "*",
      ];
      for (const text of nasty) {
        const field = text.replaceAll("\\", "\\\\").replaceAll(".", "\\.");
        expect(await datastore().query(name, [[field, "=", text]])).toEqual([]);
        expect(
          await datastore().query(
            name,
            [
              [
                "or",
                [
                  [field, ">", text],
                  [`a.${field}`, "in", [text]],
                ],
              ],
            ],
            { sort: [field, `-${field}`] },
          ),
        ).toEqual([]);
        expect(await datastore().query(name, [["id", "=", text]])).toEqual([]);
        await datastore().insert(name, { [text]: text }, `k${text}`);
        expect(await datastore().query(name, [[field, "=", text]], { select: "id" })).toEqual([`k${text}`]);
      }
      expect(await datastore().query(name, [], { count: true })).toBe(1 + nasty.length);
    });

    it("11 streams give the same one by one, also beyond a page", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial");
      await Promise.all(Array.from({ length: 1_203 }, (_, n) => datastore().insert(name, { n: n % 100 })));
      const cases = [
        [[], {}],
        [[["n", "<", 50]], { offset: 100, limit: 500, select: "id" }],
        [[["n", "~", "^1"]], { exclude: "created_at" }],
        [[], { sort: ["-n", "id"], limit: 1_001 }],
        [[], { reverse: true, limit: 7 }],
      ] as const;
      for (const [filter, params] of cases) {
        const streamed: unknown[] = [];
        for await (const object of datastore().queryStream(name, filter, params)) streamed.push(object);
        expect(streamed).toEqual(await datastore().query(name, filter as never, params));
      }
    });

    it("11 a stream that is left early can be left", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial");
      await Promise.all(Array.from({ length: 600 }, () => datastore().insert(name, {})));
      for await (const object of datastore().queryStream(name)) {
        expect(object).toMatchObject({ id: 1 });
        break;
      }
      expect(await datastore().query(name, [], { count: true })).toBe(600);
    });

    it("12 a large filter is answered", async () => {
      const name = newName();
      await datastore().createCollection(name, "serial", { indexes: ["n"] });
      await Promise.all(Array.from({ length: 100 }, (_, n) => datastore().insert(name, { n })));
      const many = Array.from({ length: 10_000 }, (_, n) => n * 2);
      expect(await datastore().query(name, [["n", "in", many]], { count: true })).toBe(50);
      const conditions = Array.from({ length: 990 }, (_, n) => ["n", "!=", n * 3] as const);
      expect(
        await datastore().query(
          name,
          [
            ["or", conditions.slice(0, 500)],
            ["nor", conditions.slice(500).map(([f, , v]) => [f, "=", v] as const)],
          ],
          { count: true },
        ),
      ).toBe(100);
    });
  });
}

const name = fc.constantFrom("a", "b", "n", "l", "0", "a.b", "q\"'\\", "é", "");
const path = fc.constantFrom(
  "a",
  "b",
  "n.x",
  "n.0",
  "l.0",
  "l.1",
  "l.1.x",
  "l.x.1.0",
  "0",
  "a\\.b",
  "q\"'\\\\",
  "é",
  "n.-1",
  "l.-1",
  "id",
  "id.x",
  "none",
  "n.$date",
  "b.length",
  "created_at",
);
const text = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "b",
    "ab",
    "B",
    "é",
    "z",
    "\uFB01",
    "\u{1F600}",
    "30",
    "[",
    "a.c",
    "2017",
    "~",
    "a\u0001b",
    'a"b',
    "a\\b",
    "{",
  ),
  fc.string({ unit: "binary", maxLength: 4 }).filter((text) => !/\0|\p{Surrogate}/u.test(text)),
);
const number = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 10, 30, 1.5, 1e21, 0.1 + 0.2, 2 ** 53, 5e-324, -1e300),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
);
const time = fc.constantFrom(
  new Date(0),
  new Date("2017-05-09T00:35:49.123Z"),
  new Date("2017-05-09T00:35:49Z"),
  new Date("0001-01-01"),
);
const scalar = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 3, arbitrary: number },
  fc.boolean(),
  fc.constant(null),
  time,
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("x", "0", "y"), tie("value"), { maxKeys: 2, noNullPrototype: true }),
    fc.uint8Array({ maxLength: 2 }),
  ),
}));
const objects = fc
  .dictionary(
    text.filter((key) => key !== ""),
    fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true }),
    { maxKeys: 12, noNullPrototype: true },
  )
  .map((dictionary) => Object.entries(dictionary));

const unstorable = fc.constantFrom("\0", "a\0", "\ud800", new Date(8.64e15), Number.NaN, Infinity);
const operand = fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: unstorable });
const comparison = fc.oneof(
  fc.tuple(path, fc.constantFrom("=", "!=", ">", "<", ">=", "<=", "in", "nin", "contains", "ncontains"), operand),
  fc.tuple(path, fc.constantFrom("in", "nin"), fc.array(operand, { maxLength: 4 })),
  fc.tuple(path, fc.constant("match"), fc.constantFrom("*", "a*", "?", "[a-b]*", "*b")),
  fc.tuple(path, fc.constant("~"), fc.constantFrom(".", "^a", "b$", "\\d", "^$", "x")),
);
const { element } = fc.letrec<{ element: unknown }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    comparison,
    fc.tuple(fc.constantFrom("and", "or", "nor"), fc.array(tie("element"), { maxLength: 3 })),
  ),
}));
const sortField = fc.tuple(fc.constantFrom("", "-"), path).map(([sign, field]) => sign + field);
const params = fc.record(
  {
    sort: fc.oneof(sortField, fc.array(sortField, { maxLength: 3 })),
    offset: fc.integer({ min: 0, max: 4 }),
    limit: fc.integer({ min: 0, max: 6 }),
    reverse: fc.boolean(),
    single: fc.boolean(),
    count: fc.boolean(),
    select: fc.oneof(path, fc.array(path, { minLength: 1, maxLength: 2 })),
    exclude: path,
  },
  { requiredKeys: [] },
);
const query = fc.tuple(fc.array(element, { maxLength: 2 }), params);

/** Bytes as arrays, so that Buffers and Uint8Arrays are the same. */
function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Array.from(value) };
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normal(item)]));
}
