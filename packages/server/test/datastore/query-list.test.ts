// The query language over lists in memory, which is what it means everywhere.

import { Password, RegexText } from "@switchboard/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { queryList } from "../../src/datastore/index.ts";
import { ServerError } from "../../src/index.ts";

const objects = [
  { id: 1, name: "alice", age: 30, tags: ["a", "b"], at: new Date("2020-01-01"), home: { city: "Oslo" } },
  { id: 2, name: "bob", age: null, tags: [], at: new Date("2021-01-01"), home: { city: "Rome" } },
  { id: 3, name: "Carol", age: 5, tags: ["b", { x: 1 }], home: null, "a.b": true },
  { id: 4, name: null, age: "30", tags: null, at: "2020-01-01" },
];

// Filters as clients may send them, wrong ones included.
const query = (filter?: unknown, params?: unknown): unknown => queryList(objects, filter as never, params as never);
const ids = (filter: unknown): unknown => query(filter, { select: "id" });

function refusal(filter: unknown, params?: unknown): ServerError {
  try {
    query(filter, params);
  } catch (error) {
    if (error instanceof ServerError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("operators", () => {
  it.each([
    ["name", "=", "bob", [2]],
    ["age", "=", 30, [1]],
    ["age", "=", "30", [4]],
    ["age", "=", null, [2]],
    ["missing", "=", null, [1, 2, 3, 4]],
    ["missing", "!=", null, []],
    ["age", "!=", 30, [2, 3, 4]],
    ["tags", "=", ["a", "b"], [1]],
    ["tags", "=", ["b", { x: 1 }], [3]],
    ["home", "=", { city: "Rome" }, [2]],
    ["at", "=", new Date("2020-01-01"), [1]],
    ["age", ">", 5, [1]],
    ["age", ">=", 5, [1, 3]],
    ["age", "<", "4", [4]],
    ["age", "<", null, []],
    ["age", ">=", null, []],
    ["name", ">", "alice", [2]],
    ["name", "<=", "alice", [1, 3]],
    ["at", ">", new Date("2020-06-01"), [2]],
    ["at", ">", "2019", [4]],
    ["name", "in", ["bob", null], [2, 4]],
    ["tags", "in", [[], null], [2, 4]],
    ["name", "in", "ali", [1]],
    ["age", "in", 5, [3]],
    ["tags", "in", "b", [1, 3]],
    ["name", "nin", ["bob", null], [1, 3]],
    ["tags", "nin", "b", [2, 4]],
    ["tags", "contains", "a", [1]],
    ["tags", "contains", { x: 1 }, [3]],
    ["name", "contains", "o", [2, 3]],
    ["age", "contains", 3, []],
    ["age", "contains", "3", [4]],
    ["tags", "ncontains", "b", [2, 4]],
    ["name", "match", "*[ol]*", [1, 2, 3]],
    ["name", "match", "?ob", [2]],
    ["age", "match", "*", [4]],
    ["name", "~", "^[A-C]", [3]],
    ["name", "~", "(?i)c", [1, 3]],
    ["name", "~", new RegexText("b$"), [2]],
    ["age", "~", "^30$", [1, 4]],
    ["at", "~", "^2021-01-01 00", [2]],
    ["home", "~", '"city":"O', [1]],
    ["home.city", "=", "Oslo", [1]],
    ["tags.1", "=", "b", [1]],
    ["tags.1.x", "=", 1, [3]],
    ["tags.x", "=", null, [1, 2, 3, 4]],
    ["tags.length", "=", null, [1, 2, 3, 4]],
    ["a\\.b", "=", true, [3]],
    ["constructor", "=", null, [1, 2, 3, 4]],
    ["__proto__.x", "=", null, [1, 2, 3, 4]],
  ])("%s %s %j gives %j", (field, operator, value, expected) => {
    expect(ids([[field, operator, value]])).toEqual(expected);
  });

  it("S89 an object whose field is null does not match an order, and is no error", () => {
    expect(queryList([{ v: null }, { v: 5 }, {}], [["v", ">", 4]])).toEqual([{ v: 5 }]);
  });

  it("S92 a text is not equal to the number it spells", () => {
    expect(ids([["id", "=", "1"]])).toEqual([]);
  });

  it("a fourth item turns text into a time", () => {
    expect(ids([["at", ">", "2020-06-01T00:00Z", "timestamp"]])).toEqual([2]);
    expect(ids([["at", "in", ["2020-01-01", "2021-01-01"], "timestamp"] as never])).toEqual([1, 2]);
  });

  it("texts are in the order of code points, also beyond U+FFFF", () => {
    const texts = ["\u{1F600}", "\uFB01", "z", ""].map((v) => ({ v }));
    expect(queryList(texts, null, { sort: "v", select: "v" })).toEqual(["", "z", "\uFB01", "\u{1F600}"]);
    expect(queryList(texts, [["v", ">", "\uFB01"]], { select: "v" })).toEqual(["\u{1F600}"]);
  });

  it("a secret is equal to nothing and has no text to search in", () => {
    const users = [{ secret: new Password("s") }];
    expect(queryList(users, [["secret", "=", new Password("s")]])).toEqual([]);
    expect(queryList(users, [["secret", "~", "."]])).toEqual([]);
  });
});

describe("logical forms", () => {
  const one = ["id", "=", 1];
  const two = ["id", "=", 2];

  it.each([
    [[["or", [one, two]]], [1, 2]],
    [[["or", one, two]], [1, 2]],
    [[["or", one]], [1]],
    [[["or", []]], []],
    [[["and", []]], [1, 2, 3, 4]],
    [[["nor", [one, two]]], [3, 4]],
    [[["nor", []]], [1, 2, 3, 4]],
    [
      [
        [
          "and",
          [
            ["or", [one, two]],
            ["name", "=", "bob"],
          ],
        ],
      ],
      [2],
    ],
    [[["nor", [["and", [one, ["name", "=", "bob"]]]]]], [1, 2, 3, 4]],
    [[one, two], []],
  ])("S87 %j gives %j", (filter, expected) => {
    expect(ids(filter)).toEqual(expected);
  });

  it("S91 null filter and null params are the same as none", () => {
    expect(query(null, null)).toEqual(objects);
    expect(query()).toEqual(objects);
    expect(query([], {})).toEqual(objects);
  });
});

describe("parameters", () => {
  const numbers = [3, null, 1, 2].map((v) => ({ v }));

  it("S88 a leading minus sorts descending; nulls are first in ascending order", () => {
    expect(query([], { sort: ["-id"], select: "id" })).toEqual([4, 3, 2, 1]);
    expect(queryList(numbers, [], { sort: "v" }).map(({ v }: { v: unknown }) => v)).toEqual([null, 1, 2, 3]);
    expect(queryList(numbers, [], { sort: ["-v"], select: ["v"] })).toEqual([[3], [2], [1], [null]]);
  });

  it("sorts by several fields, and keeps the list's order among equals", () => {
    const rows = ["b2", "a2", "b1", "a1", "c2"].map((id) => ({ id, group: id[1] }));
    expect(queryList(rows, null, { sort: ["-group", "id"], select: "id" })).toEqual(["a2", "b2", "c2", "a1", "b1"]);
    expect(queryList(rows, null, { sort: "group", select: "id" })).toEqual(["b1", "a1", "b2", "a2", "c2"]);
  });

  it("sorts mixed types: null, numbers and booleans, texts and times", () => {
    const mixed = ["b", new Date("2020-01-01"), 7, true, false, null, [1], "1", -1].map((v, id) => ({ id, v }));
    expect(queryList(mixed, null, { sort: "v", select: "id" })).toEqual([5, 6, 8, 4, 3, 2, 7, 1, 0]);
  });

  it("`dir` turns a single field round, and nothing else", () => {
    expect(query([], { sort: "id", dir: "desc", select: "id" })).toEqual([4, 3, 2, 1]);
    expect(query([], { sort: "id", dir: "asc", select: "id" })).toEqual([1, 2, 3, 4]);
  });

  it("skips, cuts, then turns round", () => {
    expect(query([], { offset: 1, limit: 2, reverse: true, select: "id" })).toEqual([3, 2]);
    expect(query([], { offset: 0, limit: 0, select: "id" })).toEqual([1, 2, 3, 4]);
    expect(query([], { offset: null, limit: null, select: "id" })).toEqual([1, 2, 3, 4]);
    expect(query([], { offset: 9 })).toEqual([]);
  });

  it("S90 `single` gives the first or null, `count` counts before the cut and wins", () => {
    expect(query([["id", ">", 1]], { single: true })).toEqual(objects[1]);
    expect(query([["id", ">", 9]], { single: true })).toBeNull();
    expect(query([["id", ">", 1]], { count: true, limit: 1, offset: 2, single: true })).toBe(3);
  });

  it("`select` drops nulls for one field, keeps them for several, and works with `single`", () => {
    expect(query([], { select: "age" })).toEqual([30, 5, "30"]);
    expect(query([], { select: ["age"] })).toEqual([[30], [null], [5], ["30"]]);
    expect(query([], { select: ["id", "home.city"] })).toEqual([
      [1, "Oslo"],
      [2, "Rome"],
      [3, null],
      [4, null],
    ]);
    expect(query([["id", ">", 1]], { select: "age", single: true })).toBe(5);
  });

  it("`exclude` removes fields, also nested and missing ones, without changing the original", () => {
    const [first] = query([["id", "<", 3]], { exclude: ["tags", "home.city", "no.such", "at", "age"] }) as object[];
    expect(first).toEqual({ id: 1, name: "alice", home: {} });
    expect(query([["id", "=", 4]], { exclude: "tags" })).toEqual([{ id: 4, name: null, age: "30", at: "2020-01-01" }]);
    expect(objects[0]?.home).toEqual({ city: "Oslo" });
  });

  it("a callback transforms after the cut, before exclude and select; null drops", () => {
    const callback = (object: object): object | null => {
      const { id } = object as { id: number };
      return id === 2 ? null : { id: id * 10, extra: 1 };
    };
    expect(queryList(objects, null, { limit: 3, callback, exclude: "extra" })).toEqual([{ id: 10 }, { id: 30 }]);
  });

  it("unknown parameters are ignored", () => {
    expect(query([], { limit: 1, select: "id", colour: "red" })).toEqual([1]);
  });

  it("a field computed on demand is not computed unless somebody asks for it", () => {
    const computed: string[] = [];
    const lazy = [1, 2].map((id) => ({
      id,
      get size() {
        computed.push(`size ${id}`);
        return id * 100;
      },
      get owner() {
        computed.push(`owner ${id}`);
        return "root";
      },
    }));
    expect(queryList(lazy, [["id", "=", 1]], { select: "size" })).toEqual([100]);
    expect(queryList(lazy, [["id", "=", 2]], { exclude: "owner" })).toEqual([{ id: 2, size: 200 }]);
    expect(queryList(lazy, [], { count: true })).toBe(2);
    expect(computed).toEqual(["size 1", "size 2"]);
  });
});

describe("refusals are EINVAL and name the place", () => {
  it.each([
    ["x", "filter: expected an array of conditions"],
    [{}, "filter: expected an array of conditions"],
    [["id", "=", 1], 'filter[0]: expected a condition such as ["name", "=", "x"]'],
    [[["id", "=~", 1]], 'filter[0]: unknown operator "=~"'],
    [[["id", "where", 1]], 'filter[0]: unknown operator "where"'],
    [[["id", ["="], 1]], "filter[0]: unknown operator object"],
    [
      [["xor", [["id", "=", 1]]]],
      'filter[0]: unknown joiner "xor"; expected "and", "or" or "nor" and an array of conditions',
    ],
    [[["or", "x"]], 'filter[0]: unknown joiner "or"; expected "and", "or" or "nor" and an array of conditions'],
    [[["id"]], "filter[0]: expected 2 to 4 items, got 1"],
    [[["id", "=", 1, "timestamp", 5]], "filter[0]: expected 2 to 4 items, got 5"],
    [[["id", "=", 1, "timestamp"]], "filter[0]: expected an ISO 8601 date and time"],
    [[["id", "=", 1, "number"]], 'filter[0]: unknown conversion "number"; expected "timestamp"'],
    [[[5, "=", 1]], "filter[0]: expected a field's path of 1 to 1000 characters"],
    [[["", "=", 1]], "filter[0]: expected a field's path of 1 to 1000 characters"],
    [
      [
        [
          "or",
          [
            ["id", "=", 1],
            ["id", "?", 1],
          ],
        ],
      ],
      'filter[0][1]: unknown operator "?"',
    ],
    [[["name", "~", 5]], "filter[0]: ~: expected a pattern of at most 1000 characters"],
    [[["name", "match", null]], "filter[0]: match: expected a pattern of at most 1000 characters"],
  ])("S93 %j", (filter, message) => {
    const error = refusal(filter);
    expect(error).toMatchObject({ code: "DATASTORE_QUERY_INVALID", errno: 22, message });
  });

  it.each([
    [5, "params: expected an object"],
    [[], "params: expected an object"],
    [{ limit: -1 }, "params.limit: expected an integer of 0 or more"],
    [{ offset: "1" }, "params.offset: expected an integer of 0 or more"],
    [{ sort: [5] }, "params.sort: expected a field or an array of at most 100 fields"],
    [{ select: { a: 1 } }, "params.select: expected a field or an array of at most 100 fields"],
    [{ count: 1 }, "params.count: expected true or false"],
    [{ sort: "-" }, "expected a field's path of 1 to 1000 characters"],
  ])("params %j", (params, message) => {
    expect(refusal([], params)).toMatchObject({ code: "DATASTORE_QUERY_INVALID", errno: 22, message });
  });

  it("a filter is bounded in depth, conditions and values", () => {
    let deep: unknown = ["id", "=", 1];
    for (let level = 0; level < 40; level++) deep = ["and", [deep]];
    expect(refusal([deep]).message).toMatch(/nested deeper than 32 levels$/);
    expect(refusal(Array.from({ length: 1_001 }, () => ["id", "=", 1])).message).toMatch(/more than 1000 conditions$/);
    expect(refusal([["id", "in", Array.from({ length: 10_001 }, () => 1)]]).message).toMatch(
      /at most 10000 values, got 10001$/,
    );
    expect(refusal([["a.".repeat(40), "=", 1]]).message).toMatch(/at most 32 are allowed$/);
  });
});

it("whatever is asked, it is answered or refused", () => {
  const field = fc.oneof(fc.constantFrom("id", "tags.1.x", "home.city", "__proto__", "constructor.name"), fc.string());
  const operators = ["=", "!=", ">", "<=", "~", "in", "nin", "contains", "ncontains", "match"];
  const value = fc.oneof(fc.jsonValue(), fc.date(), fc.constantFrom("(a*)*b", "[", "*[!a]?", "2020-01-01"));
  const { element } = fc.letrec<{ element: unknown }>((tie) => ({
    element: fc.oneof(
      { maxDepth: 3 },
      fc.tuple(field, fc.constantFrom(...operators, "where"), value),
      fc.tuple(fc.constantFrom("and", "or", "nor"), fc.array(tie("element"), { maxLength: 3 })),
    ),
  }));
  const fields = fc.oneof(field, fc.array(field, { maxLength: 3 }), fc.jsonValue());
  const number = fc.oneof(fc.integer(), fc.jsonValue());
  const params = fc.record(
    { sort: fields, select: fields, exclude: fields, limit: number, offset: number, single: fc.boolean() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(element, { maxLength: 3 }), fc.jsonValue()), params, (filter, given) => {
      try {
        query(filter, given);
      } catch (error) {
        expect(error).toBeInstanceOf(ServerError);
      }
    }),
    { numRuns: 500 },
  );
});

describe("regular expressions cannot hang the server", () => {
  it.each(["(a*)*b", "(a|a)*b", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"])("%s", (pattern) => {
    expect(queryList([{ text: "a".repeat(50_000) }], [["text", "~", pattern]])).toBeInstanceOf(Array);
  });

  it.each(["(a)\\1", "(?=a)", "(?<!a)b", "[", "(", "a{2000}", "((a{100}){100}){100}", "*"])(
    "%s is refused",
    (pattern) => {
      expect(refusal([["name", "~", pattern]])).toMatchObject({ code: "REGEX_INVALID", errno: 22 });
    },
  );

  it("an expression too large for the text is refused when it meets it", () => {
    const big = [{ text: "ab".repeat(500_000) }];
    expect(() => queryList(big, [["text", "~", "[ab]*a[ab]{900}c"]])).toThrow(
      expect.objectContaining({ code: "REGEX_COSTLY", errno: 22 }),
    );
    expect(queryList(big, [["text", "~", "^aba"]], { count: true })).toBe(1);
  });
});
