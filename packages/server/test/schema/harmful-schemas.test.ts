// Schemas that mean harm: malformed ones, ones that never end or cost too much, ones that reach for prototypes.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ServerError } from "../../src/index.ts";
import { type JsonSchema, SchemaRegistry } from "../../src/schema/index.ts";
import { problems, refusal } from "./kit.ts";

const registry = new SchemaRegistry();

it.each<[string, unknown, string]>([
  ["not a schema", 5, "Evil: expected a schema object"],
  ["no type", { type: "blob" }, 'Evil/type: unknown type "blob"'],
  ["types of no kind", { type: [] }, "Evil/type: unknown type []"],
  ["a keyword of the wrong kind", { minimum: "x" }, "Evil/minimum: must be number"],
  ["a bad list", { allOf: {} }, "Evil/allOf: expected an array of schemas"],
  ["a bad map", { properties: [] }, "Evil/properties: expected an object of schemas"],
  [
    "a property that changes prototypes",
    JSON.parse('{"properties":{"__proto__":{"default":{"polluted":1}}}}'),
    "Evil/properties: a property may not be named __proto__",
  ],
  [
    "a reference elsewhere in the document",
    { $ref: "#/definitions/x" },
    "Evil/$ref: expected the name of a definition",
  ],
  [
    "a discriminator without references",
    { discriminator: "k", oneOf: [{ type: "string" }] },
    "Evil: a discriminator needs a oneOf of references",
  ],
  ["a broken pattern", { pattern: "(" }, "error parsing regexp: missing closing ): `(`"],
  [
    "a pattern with look-around",
    { pattern: "(?=a)" },
    "error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
  ],
])("%s", (_, schema, message) => {
  expect(refusal(() => registry.register("Evil", schema as JsonSchema, { foreign: true })).message).toBe(message);
  expect(registry.get("Evil")).toBeUndefined();
});

it.each(["", ".x", "a b", "a/b", "#", "__proto__", "x".repeat(300)])("the name %j is refused", (name) => {
  expect(refusal(() => registry.register(name, {})).code).toBe("SCHEMA_INVALID");
});

it("too many subschemas, too many levels", () => {
  const wide = { allOf: Array.from({ length: 2_001 }, () => ({})) };
  let deep: JsonSchema = {};
  for (let level = 0; level < 100; level++) deep = { not: deep };
  expect(refusal(() => registry.register("Evil", wide)).message).toMatch(/has more than 2000 subschemas$/);
  expect(refusal(() => registry.register("Evil", deep)).message).toMatch(/is nested deeper than 64 levels$/);
});

it.each<[string, Record<string, JsonSchema>]>([
  ["itself", { A: { $ref: "A" } }],
  ["each other", { A: { allOf: [{ $ref: "B" }] }, B: { not: { $ref: "A" } } }],
])("definitions that refer to %s without end are refused when used", (_, definitions) => {
  const registry = new SchemaRegistry();
  for (const [name, schema] of Object.entries(definitions)) registry.register(name, schema);
  expect(refusal(() => registry.compile({ $ref: "A" }).problems({})).message).toBe(
    'definition "A" refers to itself without end',
  );
  expect(refusal(() => registry.compile({ items: { $ref: "A" } }).problems([])).code).toBe("SCHEMA_INVALID");
});

it("definitions that multiply on one value are refused when used", () => {
  const registry = new SchemaRegistry();
  for (let level = 0; level < 30; level++) {
    registry.register(`L${level}`, { allOf: [{ $ref: `L${level + 1}` }, { $ref: `L${level + 1}` }] });
  }
  registry.register("L30", { type: "string" });
  expect(refusal(() => registry.compile({ $ref: "L0" }).problems("x")).message).toBe(
    "more than 10000 schemas apply to one value",
  );
});

it("definitions that multiply with the depth of the value are stopped", () => {
  const registry = new SchemaRegistry();
  const child: JsonSchema = { properties: { a: { $ref: "Twice" } } };
  registry.register("Twice", { allOf: [child, child] });
  let value = {};
  for (let level = 0; level < 60; level++) value = { a: value };
  expect(refusal(() => registry.compile({ $ref: "Twice" }).problems(value)).code).toBe("SCHEMA_COSTLY");
});

it("a client's pattern runs in linear time", () => {
  const registry = new SchemaRegistry();
  registry.register("Evil", { type: "string", pattern: "^(a+)+$", minLength: 1 }, { foreign: true });
  registry.register("EvilToo", { patternProperties: { "^(a+)+$": { type: "string" } } }, { foreign: true });
  expect(registry.compile({ $ref: "Evil" }).problems(`${"a".repeat(5_000)}b`)).toEqual([
    { path: [], message: 'expected a text like "^(a+)+$"', code: 22 },
  ]);
  expect(registry.compile({ $ref: "EvilToo" }).problems({ [`${"a".repeat(5_000)}b`]: 1, aa: "x" })).toEqual([]);
  expect(registry.compile({ $ref: "EvilToo" }).problems({ aa: 1 })).toHaveLength(1);
});

it.each(["x-note", "definitions", "examples", "default"])("an $id in %s is nobody's definition", (keyword) => {
  const registry = new SchemaRegistry();
  registry.register("Good", { type: "integer" });
  registry.register("Evil", { [keyword]: { deeper: { $id: "Good" } }, $id: "Good", id: "Good" }, { foreign: true });
  expect(registry.compile({ $ref: "Good" }).problems("x")).toHaveLength(1);
  expect(registry.compile({ $ref: "Evil" }).problems("x")).toEqual([]);
});

it("whatever is registered, values are checked or refused, and other definitions go on", () => {
  const keywords = [
    "type",
    "properties",
    "items",
    "required",
    "enum",
    "pattern",
    "default",
    "$ref",
    "$id",
    "not",
    "constructor",
  ];
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom(...keywords),
        fc.oneof(
          tie("schema"),
          fc.array(tie("schema"), { maxLength: 2 }),
          fc.constantFrom("string", "Evil", "Good", "("),
        ),
      ),
    ),
  }));
  fc.assert(
    fc.property(schema, fc.jsonValue(), (evil, value) => {
      const registry = new SchemaRegistry();
      registry.register("Good", { type: "integer" });
      try {
        registry.register("Evil", evil as JsonSchema, { foreign: true });
        registry.compile({ $ref: "Evil" }).problems(value);
      } catch (error) {
        expect(error).toBeInstanceOf(ServerError);
      }
      expect(registry.compile({ $ref: "Good" }).problems("x")).toHaveLength(1);
    }),
    { numRuns: 40 },
  );
});

it("keywords named like members of every object mean nothing", () => {
  expect(problems({ constructor: 5, toString: {}, hasOwnProperty: [] }, {})).toEqual([]);
  expect(problems(JSON.parse('{"__proto__":{"type":"string"}}'), {})).toEqual([]);
});
