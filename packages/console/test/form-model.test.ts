// Forms from JSON Schema: which widget, what is wrong and when, what is sent.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedKeys, draftOf, readDraft, withDraft, withoutSecrets } from "../src/pages/workers/changes.ts";
import { differences, merged } from "../src/parts/form-merge.ts";
import {
  cleaned,
  complaint,
  complaints,
  groupsOf,
  labelOf,
  parseDuration,
  problemsByPath,
  widgetOf,
} from "../src/parts/form-model.ts";
import { columnsOf, movedRow, rowProblems, rowsOf, valueOfRows, withCell } from "../src/parts/form-rows.ts";
import { routerOptions, rulesOfRows } from "../src/parts/rule-tables.ts";
import type { Schema } from "../src/services/types.ts";
import { schemaOf } from "../src/testing/schemas.ts";

const smpp = schemaOf("SmppTransceiverTransport").schema;

describe("widgets", () => {
  it.each<[Schema, string]>([
    [{ type: "string" }, "line"],
    [{ type: "string", maxLength: 121 }, "text"],
    [{ type: "string", format: "text" }, "text"],
    [{ type: "string", enum: ["a", "b", "c"] }, "segments"],
    [{ type: "string", enum: ["a", "b", "c", "d"] }, "select"],
    [{ type: "string", enum: Array.from({ length: 13 }, (_, index) => String(index)) }, "search"],
    [{ type: "integer" }, "number"],
    [{ type: "number", unit: "s" }, "duration"],
    [{ type: "boolean" }, "boolean"],
    [{ type: "string", "x-secret": true }, "secret"],
    [{ type: "object", properties: { a: {} } }, "object"],
    [{ type: "object", additionalProperties: { type: "string" } }, "map"],
    [{ type: "array", items: { type: "string" } }, "chips"],
    [{ type: "array", items: { type: "object" } }, "json"],
    [{ type: "array", items: { type: "object", properties: { app: { type: "string" } } } }, "rows"],
    [{ type: ["array", "string"], items: { type: "string" } }, "chips"],
    [{ type: "object", additionalProperties: { type: ["array", "string"], items: { type: "string" } } }, "map"],
    [{ type: "number", "x-unit": "seconds" }, "duration"],
    [{ type: ["string", "null"], enum: ["a", "b", null] }, "segments"],
    [{ oneOf: [{}, {}] }, "choice"],
    [{ type: ["string", "null"] }, "line"],
    [{}, "json"],
  ])("draws %j as %s", (schema, widget) => {
    expect(widgetOf(schema)).toBe(widget);
  });

  it("gives up drawing below a depth of four", () => {
    expect(widgetOf({ type: "string" }, 5)).toBe("json");
  });
});

describe("durations", () => {
  it.each([
    ["90", "s", 90],
    ["90s", "s", 90],
    ["2 min", "s", 120],
    ["1.5 h", "s", 5400],
    ["2 min", "ms", 120_000],
    ["250ms", "s", 0.25],
    ["soon", "s", undefined],
    ["-1", "s", undefined],
  ])("understands %s in %s as %s", (text, unit, value) => {
    expect(parseDuration(text, unit)).toBe(value);
  });
});

describe("complaints", () => {
  it("says what is there, then what is allowed", () => {
    expect(complaint({ type: "string", maxLength: 15 }, "cliniclinegateway")).toBe("17 characters, at most 15");
    expect(complaint({ type: "integer", minimum: 0 }, -1)).toBe("-1, at least 0");
    expect(complaint({ type: "integer" }, "ten")).toBe("“ten” is not a number");
  });

  it("while typing says only what more typing cannot repair", () => {
    expect(complaint({ type: "string", minLength: 3 }, "a", { isTyping: true })).toBeUndefined();
    expect(complaint({ type: "string", minLength: 3 }, "a")).toBe("1 characters, at least 3");
    expect(complaint({ type: "string", maxLength: 3 }, "abcd", { isTyping: true })).toBe("4 characters, at most 3");
    expect(complaint({ type: "string" }, "", { isRequired: true, isTyping: true })).toBeUndefined();
  });

  it("finds what is missing", () => {
    expect([...complaints(smpp, { twisted_endpoint: "tcp:a:1" }).keys()]).toEqual(["system_id", "password"]);
  });

  it("never throws, whatever a value or pattern is", () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), (pattern, value) => {
        complaint({ type: "string", pattern }, value);
        complaint({ type: "string", format: "regex" }, pattern);
      }),
    );
  });
});

describe("tables", () => {
  const rules: Schema = {
    type: "array",
    items: {
      type: "object",
      properties: { app: { type: "string" }, keyword: { type: "string" }, prefix: { type: ["string", "null"] } },
      required: ["app", "keyword"],
    },
  };
  const pairs: Schema = {
    type: "object",
    additionalProperties: { type: ["array", "string"], items: { type: "string" } },
    description: "Transport → the application, or the list of applications, that its messages go to.",
  };
  const table: Schema = {
    type: "object",
    additionalProperties: {
      type: "object",
      additionalProperties: { type: "array", items: { type: "string" } },
    },
    description: "Connector → endpoint → [connector, endpoint].",
  };

  it("draws a list of objects, pairs, and pairs of pairs as rows, and gives back what it was given", () => {
    const values: readonly (readonly [Schema, unknown])[] = [
      [
        rules,
        [
          { app: "a", keyword: "k" },
          { app: "b", keyword: "l", prefix: "+27" },
        ],
      ],
      [pairs, { sms: ["a", "b"], ussd: "c" }],
      [table, { sms: { default: ["echo", "default"], other: ["echo", "more"] } }],
    ];
    for (const [schema, value] of values) expect(valueOfRows(schema, rowsOf(schema, value))).toEqual(value);
    expect(columnsOf(pairs).map(({ title }) => title)).toEqual(["Transport", "Application"]);
    expect(rowsOf(table, values[2]?.[1])).toHaveLength(2);
  });

  it("leaves an optional cell out when it is emptied, and reads a list with commas", () => {
    const [, , prefix] = columnsOf(rules);
    const [, targets] = columnsOf(pairs);
    if (prefix === undefined || targets === undefined) throw new Error("columns");
    expect(withCell({ app: "a", keyword: "k", prefix: "+27" }, prefix, "")).toEqual({ app: "a", keyword: "k" });
    expect(withCell({ key: "sms", value: "" }, targets, "a, b")["value"]).toEqual(["a", "b"]);
    expect(withCell({ key: "sms", value: "" }, targets, "a")["value"]).toBe("a");
    expect(withCell({ key: "sms", value: "" }, targets, "a,")["value"]).toBe("a,");
    const [, , place] = columnsOf(table);
    if (place === undefined) throw new Error("columns");
    expect(withCell({}, place, "echo")["value"]).toEqual(["echo"]);
  });

  it("says where a needed cell is empty, and where a key stands twice", () => {
    expect([...rowProblems(rules, [{ app: "a", keyword: "" }])]).toEqual([["0.keyword", "empty, and needed"]]);
    const twice = [
      { key: "sms", value: "a" },
      { key: "sms", value: "b" },
    ];
    expect([...rowProblems(pairs, twice)]).toEqual([["1.key", "sms is in row 1 already"]]);
    expect([...complaints({ properties: { rules } }, { rules: [{ app: "", keyword: "k" }] })]).toEqual([
      ["rules.0.app", "empty, and needed"],
    ]);
  });

  it("moves a row by one place and not over the ends", () => {
    const rows = [{ a: 1 }, { a: 2 }];
    expect(movedRow(rows, 0, 1)).toEqual([{ a: 2 }, { a: 1 }]);
    expect(movedRow(rows, 0, -1)).toBe(rows);
  });

  it("finds which rule each row is, whatever the router calls it, and leaves rows that are no rules", () => {
    const schema: Schema = {
      properties: {
        transport_mappings: {
          type: "object",
          additionalProperties: { type: "string" },
          description: "Address that an application sends from → transport that the message goes out on.",
        },
        keyword_mappings: {
          type: "object",
          additionalProperties: { type: "string" },
          description: "Application → keyword.",
        },
        rules,
        fallback: { type: "string" },
      },
    };
    const settings = {
      rules: [{ app: "desk", keyword: "clinic", prefix: "+27" }],
      keyword_mappings: { menu: "menu" },
      transport_mappings: { "8000": "telnet" },
    };
    const found = rulesOfRows(schema, settings, [
      { number: 1, looks_at: "keyword", value: "clinic, from +27…", target: "desk", hits_last_hour: 0 },
      { number: 2, looks_at: "keyword", value: "menu", target: "menu", hits_last_hour: 0 },
    ]);
    expect([...found].map(([path, { number }]) => [path, number])).toEqual([
      ["rules.0", 1],
      ["keyword_mappings.0", 2],
    ]);
    expect(routerOptions(schema).tables).toEqual(["rules", "keyword_mappings", "transport_mappings"]);
  });
});

describe("two people", () => {
  const before = { a: 1, b: 1, c: 1, d: 1 };

  it("lets changes of different options both stand, and asks about the same ones", () => {
    const found = differences(before, { ...before, a: 2, c: 2, d: 3 }, { ...before, b: 2, c: 3, d: 3 });
    expect(found.map(({ key, by }) => [key, by])).toEqual([
      ["a", "them"],
      ["b", "you"],
      ["c", "both"],
      ["d", "them"],
    ]);
    const theirs = { a: 2, b: 1, c: 2, d: 3 };
    expect(merged(theirs, found, new Set())).toEqual({ a: 2, b: 2, c: 2, d: 3 });
    expect(merged(theirs, found, new Set(["c"]))).toEqual({ a: 2, b: 2, c: 3, d: 3 });
  });

  it("never loses what only one of them changed", () => {
    const values = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 0, max: 2 }));
    fc.assert(
      fc.property(values, values, values, (was, they, you) => {
        const found = differences(was, they, you);
        const result = merged(they, found, new Set());
        for (const { key, by } of found) expect(result[key]).toBe(by === "you" ? you[key] : they[key]);
      }),
    );
  });

  it("knows a draft in the browser that somebody else has overtaken", () => {
    const draft = draftOf(smpp, { system_id: "a" }, { system_id: "b", password: "typed" });
    expect(draft).toEqual({ before: { system_id: "a" }, values: { system_id: "b" } });
    expect(withDraft({ system_id: "a", mt_tps: 5 }, draft)).toEqual({
      value: { system_id: "b", mt_tps: 5 },
      isOld: false,
    });
    expect(withDraft({ system_id: "c" }, draft).isOld).toBe(true);
    expect(readDraft('{"system_id":"an earlier form"}')).toBeUndefined();
  });
});

describe("what the server says", () => {
  it("is found by path, however it is written", () => {
    const found = problemsByPath([
      { path: "/rules/2/app", message: "one" },
      { path: "rules[0].keyword", message: "two" },
    ]);
    expect([...found.keys()]).toEqual(["rules.2.app", "rules.0.keyword"]);
  });
});

describe("what is sent", () => {
  it("leaves out what is at its default; a secret that was not touched goes back as its mask", () => {
    const before = { system_id: "clinicline", password: "********" };
    expect(cleaned(smpp, { ...before, mt_tps: 0, throttle_delay: 0.2 })).toEqual({
      system_id: "clinicline",
      password: "********",
      throttle_delay: 0.2,
    });
    expect(cleaned(smpp, { ...before, password: "new" })).toEqual({ system_id: "clinicline", password: "new" });
  });

  it("A20 keeps no secret in a draft", () => {
    const before = { system_id: "clinicline", password: "********" };
    const value = { system_id: "other", password: "typed" };
    const keys = changedKeys(smpp, before, value);
    expect(keys).toEqual(["system_id", "password"]);
    expect(withoutSecrets(smpp, value, keys)).toEqual({ system_id: "other" });
  });

  it("folds what is at its default and not basic, and groups the rest", () => {
    const { shown, folded } = groupsOf(smpp, {});
    expect([...shown.keys()]).toEqual(["Connection", "Speed and patience"]);
    expect(folded).toContain("log_pdus");
    expect(groupsOf(smpp, { log_pdus: true }).folded).not.toContain("log_pdus");
  });

  it("makes labels of keys", () => {
    expect([labelOf("system_id", {}), labelOf("a", { title: "Bind as" })]).toEqual(["System id", "Bind as"]);
  });
});
