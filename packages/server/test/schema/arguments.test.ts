// Arguments of calls and tasks, by position and by name.

import { describe, expect, it } from "vitest";
import { ServerError } from "../../src/index.ts";
import {
  array,
  compileArguments,
  forbidden,
  type JsonSchema,
  no,
  object,
  oneOfValues,
  readOnly,
  ref,
  required,
  SchemaRegistry,
  tuple,
  allOf,
  anyOf,
  oneOf,
} from "../../src/schema/index.ts";

const registry = new SchemaRegistry();
const schemas: JsonSchema[] = [
  { title: "name", type: "string", mandatory: true },
  { title: "size", type: "integer", default: 5 },
  {
    title: "options",
    type: "object",
    properties: { fast: { type: "boolean", default: false }, status: { readOnly: true } },
  },
];
const parameters = compileArguments(registry, schemas);

function problemsOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof ServerError && error.code === "SCHEMA_MISMATCH") return error.extra;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("by position", () => {
  it("fill in defaults and remove read-only properties", () => {
    expect(parameters.bind(["x", 3, { status: "ok" }])).toEqual(["x", 3, { fast: false }]);
  });

  it("25 trailing arguments that are not mandatory may be missing", () => {
    expect(parameters.bind(["x"])).toEqual(["x", 5]);
    expect(compileArguments(registry, [{ type: "string" }, {}]).bind([])).toEqual([]);
    expect(compileArguments(registry, [{ type: "string" }]).bind(null)).toEqual([]);
  });

  it("a default behind an argument that was left out is filled in", () => {
    const two = compileArguments(registry, [{ type: "string" }, { default: 5 }]);
    expect(two.bind([])).toEqual([undefined, 5]);
  });

  it("a mandatory one may not", () => {
    expect(problemsOf(() => parameters.bind([]))).toEqual([
      { path: [0], message: "expected name, got nothing", code: 22 },
    ]);
    expect(problemsOf(() => parameters.bind(null))).toEqual([
      { path: [0], message: "expected name, got nothing", code: 22 },
    ]);
  });

  it("23 a wrong type is EINVAL, with the argument's index as path", () => {
    expect(problemsOf(() => parameters.bind(["x", "big"]))).toEqual([
      { path: [1], message: "expected an integer, got a string", code: 22 },
    ]);
    expect(problemsOf(() => parameters.bind(["x", 1, { fast: "no" }]))).toEqual([
      { path: [2, "fast"], message: "expected a boolean, got a string", code: 22 },
    ]);
  });

  it("24 one too many is EINVAL with an empty path", () => {
    expect(problemsOf(() => parameters.bind(["x", 1, {}, 4]))).toEqual([
      { path: [], message: "expected at most 3 arguments, got 4", code: 22 },
    ]);
    expect(problemsOf(() => compileArguments(registry, []).bind([1]))).toEqual([
      { path: [], message: "expected at most 0 arguments, got 1", code: 22 },
    ]);
  });

  it("26 strictness belongs to each call", () => {
    const args = (): unknown[] => ["x", 1, { status: "ok" }];
    expect(problemsOf(() => parameters.bind(args(), { readOnly: "refuse" }))).toHaveLength(1);
    expect(parameters.bind(args())).toEqual(["x", 1, { fast: false }]);
    expect(parameters.bind(["x", 1, {}], { readOnly: "refuse" })).toEqual(["x", 1, { fast: false }]);
  });

  it("the message names the first problem and counts the others", () => {
    expect(() => parameters.bind([5, "x"])).toThrow("arguments: 0: expected a string, got 5 (and 1 more)");
  });
});

describe("22 by name", () => {
  it("go by the schemas' titles, defaults included", () => {
    expect(parameters.bind({ name: "x" })).toEqual(["x", 5]);
    expect(parameters.bind({ options: {}, name: "x", size: 1 })).toEqual(["x", 1, { fast: false }]);
  });

  it("one left out in the middle is undefined", () => {
    const two = compileArguments(registry, [{ title: "a" }, { title: "b" }, { title: "c" }]);
    expect(two.bind({ c: 3 })).toEqual([undefined, undefined, 3]);
    expect(two.bind({})).toEqual([]);
  });

  it("are refused with the argument's index as path", () => {
    expect(problemsOf(() => parameters.bind({ name: "x", options: { fast: 1 } }))).toEqual([
      { path: [2, "fast"], message: "expected a boolean, got 1", code: 22 },
    ]);
    expect(problemsOf(() => parameters.bind({ size: 1 }))).toEqual([
      { path: [0], message: "expected name, got nothing", code: 22 },
    ]);
  });

  it("unknown names are refused", () => {
    expect(problemsOf(() => parameters.bind({ name: "x", colour: 1 }))).toEqual([
      { path: [], message: 'no parameter is named "colour"', code: 22 },
    ]);
    expect(problemsOf(() => parameters.bind(JSON.parse('{"name":"x","constructor":1}')))).toHaveLength(1);
  });
});

it("discovery shows an array of the parameters' schemas", () => {
  expect(parameters.schema).toEqual({ type: "array", items: schemas });
});

describe("short ways to write schemas", () => {
  it("say what plain schemas say", () => {
    expect(allOf(ref("A"), required("a"))).toEqual({ allOf: [{ $ref: "A" }, { required: ["a"] }] });
    expect(anyOf(ref("A"))).toEqual({ anyOf: [{ $ref: "A" }] });
    expect(oneOf(ref("A"))).toEqual({ oneOf: [{ $ref: "A" }] });
    expect(no(ref("A"))).toEqual({ not: { $ref: "A" } });
    expect(array({ type: "string" })).toEqual({ type: "array", items: { type: "string" } });
    expect(oneOfValues("a", 1)).toEqual({ enum: ["a", 1] });
    expect(readOnly({ type: "string" })).toEqual({ type: "string", readOnly: true });
    expect(readOnly(true)).toEqual({ readOnly: true });
  });

  it("`required: all` leaves read-only properties out", () => {
    const properties = { a: {}, b: readOnly({ type: "string" }) };
    expect(object(properties, { required: "all" })).toEqual({ type: "object", properties, required: ["a"] });
    expect(object({ a: {} }, { additionalProperties: false })).toEqual({
      type: "object",
      properties: { a: {} },
      additionalProperties: false,
    });
    expect(object({})).toEqual({ type: "object", properties: {} });
  });

  it("a tuple has as many items as schemas, and forbidden properties are refused", () => {
    const pair = registry.compile(tuple({ type: "string" }, { type: "integer" }));
    expect(pair.problems(["a", 1])).toEqual([]);
    expect(pair.problems(["a"])).toHaveLength(1);
    expect(registry.compile(forbidden("a", "b")).problems({ c: 1 })).toEqual([]);
    expect(registry.compile(forbidden("a", "b")).problems({ b: 1 })).toHaveLength(1);
  });
});
