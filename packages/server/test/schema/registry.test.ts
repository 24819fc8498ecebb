// Schemas: the dialect, what is filled in and removed, how problems are told. Those that mean harm are in harmful-schemas.test.ts.

import { errno, Password } from "@switchboard/protocol";
import { describe, expect, it } from "vitest";
import { FileArgument, type JsonSchema, SchemaRegistry } from "../../src/schema/index.ts";
import { problems, refusal } from "./kit.ts";

class Upload extends FileArgument {
  override readonly name = "disk.img";
}

describe("types", () => {
  it.each([
    ["datetime", new Date(), "2020-01-01"],
    ["binary", new Uint8Array(2), "AAA="],
    ["password", new Password("s"), "s"],
    ["fd", new Upload(), 3],
    ["object", {}, new Date()],
    ["object", { a: 1 }, []],
    ["object", Object.create(null), null],
    ["string", "x", new Password("s")],
    ["integer", 3, 3.5],
    ["number", 3.5, "3"],
    ["array", [], {}],
    ["null", null, undefined],
    [["datetime", "null"], null, 0],
    [["object", "string"], "x", 1],
    [["string", "integer"], 1, true],
  ])("%s takes %o and refuses %o", (type, good, bad) => {
    expect(problems({ type }, good)).toEqual([]);
    expect(problems({ type }, bad)).toHaveLength(1);
  });

  it("draft 4 limits are understood, and so are later ones", () => {
    expect(problems({ minimum: 5, exclusiveMinimum: true }, 5)).toEqual([[[], "expected more than 5, got 5"]]);
    expect(problems({ minimum: 5, exclusiveMinimum: false }, 5)).toEqual([]);
    expect(problems({ exclusiveMaximum: 5 }, 5)).toEqual([[[], "expected less than 5, got 5"]]);
  });

  it.each([
    ["ipv4", "192.0.2.1", "192.0.2"],
    ["ipv6", "2001:db8::1", "2001:db8"],
    ["date-time", "2020-01-01T00:00:00Z", "2020-01-01"],
    ["email", "a@example.test", "a@"],
  ])("format %s takes %s and refuses %s", (format, good, bad) => {
    expect(problems({ type: "string", format }, good)).toEqual([]);
    expect(problems({ type: "string", format }, bad)).toEqual([[[], `expected a text of format "${format}"`]]);
  });
});

describe("problems say where, what was expected and what came", () => {
  it.each<[JsonSchema, unknown, unknown]>([
    [{ type: "integer" }, "x", [[[], "expected an integer, got a string"]]],
    [{ type: ["integer", "null", "array"] }, true, [[[], "expected an integer, null or an array, got true"]]],
    [{ items: { type: "string" } }, ["a", 5], [[[1], "expected a string, got 5"]]],
    [
      { properties: { "a/b": { properties: { "~": { type: "string" } } } } },
      { "a/b": { "~": [] } },
      [[["a/b", "~"], "expected a string, got an array"]],
    ],
    [{ properties: { 0: { type: "string" } } }, { 0: 5 }, [[["0"], "expected a string, got 5"]]],
    [{ required: ["a", "b"] }, { a: 1 }, [[["b"], "expected a value, got nothing"]]],
    [{ properties: { a: {} }, additionalProperties: false }, { a: 1, b: 2 }, [[["b"], "unexpected property"]]],
    [{ enum: ["x", "y", 3] }, "z", [[[], 'expected one of "x", "y", 3, got "z"']]],
    [{ const: 5 }, 6, [[[], "expected 5, got 6"]]],
    [{ minimum: 5 }, 4, [[[], "expected at least 5, got 4"]]],
    [{ minLength: 3 }, "secret"[0], [[[], "expected at least 3 characters, got 1"]]],
    [{ maxItems: 1 }, [1, 2], [[[], "expected at most 1 items, got 2"]]],
    [{ minProperties: 1 }, {}, [[[], "expected at least 1 properties, got 0"]]],
    [{ uniqueItems: true }, [1, 1], [[[], "expected no item twice"]]],
    [{ pattern: "^a" }, "b", [[[], 'expected a text like "^a"']]],
    [{ multipleOf: 2 }, 3, [[[], "expected a multiple of 2, got 3"]]],
    [
      { anyOf: [{ type: "string" }, { type: "integer" }] },
      null,
      [[[], "expected one of several forms, got null that fits none"]],
    ],
    [
      { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      [[[], "expected exactly one of several forms, got 3 that fits more than one"]],
    ],
    [{ not: { type: "string" } }, "x", [[[], "has a form that is not allowed"]]],
    [{ properties: { no: false } }, { no: 1 }, [[["no"], "no value is allowed here"]]],
  ])("%j on %j", (schema, value, expected) => {
    expect(problems(schema, value)).toEqual(expected);
  });

  it("all problems are listed, at most a hundred", () => {
    const schema = { items: { type: "string" } };
    expect(problems({ properties: { a: { type: "string" }, b: { type: "string" } } }, { a: 1, b: 2 })).toHaveLength(2);
    expect(
      problems(
        schema,
        Array.from({ length: 500 }, () => 1),
      ),
    ).toHaveLength(100);
    expect(
      problems(
        schema,
        Array.from({ length: 100_000 }, () => 1),
      ),
    ).toHaveLength(1);
  });

  it("a secret is never quoted", () => {
    const schema = { properties: { password: { enum: ["a"] }, pin: { type: "password" } } };
    expect(JSON.stringify(problems(schema, { password: new Password("hunter2"), pin: "hunter2" }))).not.toContain(
      "hunter2",
    );
  });
});

describe("defaults and read-only properties", () => {
  const schema: JsonSchema = {
    type: "object",
    properties: {
      name: { type: "string" },
      size: { type: "integer", default: 10 },
      options: { type: "object", default: {}, properties: { fast: { default: true } } },
      status: { type: "string", readOnly: true },
    },
    required: ["name", "status"],
  };

  it("27 a property that is missing gets its default", () => {
    const value = { name: "x" };
    expect(problems(schema, value)).toEqual([]);
    expect(value).toEqual({ name: "x", size: 10, options: { fast: true } });
  });

  it("a default is a fresh value each time", () => {
    const checker = new SchemaRegistry().compile(schema);
    const [first, second] = [{ name: "x" }, { name: "y" }] as { name: string; options?: { fast?: boolean } }[];
    checker.problems(first);
    if (first?.options !== undefined) first.options.fast = false;
    checker.problems(second);
    expect(second?.options).toEqual({ fast: true });
  });

  it("26 a read-only property is removed; refused in strict mode if present; kept in results", () => {
    const checker = new SchemaRegistry().compile(schema);
    const value = { name: "x", status: "ok" };
    expect(checker.problems(value)).toEqual([]);
    expect("status" in value).toBe(false);
    expect(checker.problems({ name: "x" }, { readOnly: "refuse" })).toEqual([]);
    expect(checker.problems({ name: "x", status: "ok" }, { readOnly: "refuse" })).toEqual([
      { path: [], message: "expected no read-only property, got status", code: errno.EINVAL },
    ]);
    const result = { name: "x", status: "ok" };
    expect(checker.problems(result, { readOnly: "keep" })).toEqual([]);
    expect(result.status).toBe("ok");
  });
});

describe("named definitions", () => {
  it("are referred to by name, also before they are registered, and follow changes", () => {
    const registry = new SchemaRegistry();
    const checker = registry.compile({ $ref: "network.interface" });
    expect(refusal(() => checker.problems({})).message).toBe('unknown definition "network.interface"');
    registry.register("network.interface", { type: "object", properties: { address: { $ref: "Ipv4Address" } } });
    expect(checker.problems({ address: "192.0.2.1" })).toEqual([]);
    expect(checker.problems({ address: "x" })[0]?.path).toEqual(["address"]);
    registry.register("network.interface", { type: "string" });
    expect(checker.problems("eth0")).toEqual([]);
    registry.unregister("network.interface");
    expect(refusal(() => checker.problems("eth0")).code).toBe("SCHEMA_INVALID");
  });

  it("may be recursive through parts of the value", () => {
    const registry = new SchemaRegistry();
    registry.register("Tree", {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "Tree" } }, v: { type: "integer" } },
    });
    const checker = registry.compile({ $ref: "Tree" });
    expect(checker.problems({ v: 1, children: [{ v: 2, children: [{ v: "x" }] }] })).toEqual([
      { path: ["children", 0, "children", 0, "v"], message: "expected an integer, got a string", code: 22 },
    ]);
  });

  it("belong to who registered them", () => {
    const changes: string[] = [];
    const registry = new SchemaRegistry({ onChange: () => changes.push(registry.hash()) });
    const [a, b] = [{}, {}];
    registry.register("Thing", { type: "string" }, { owner: a });
    registry.register("Thing", { type: "integer" }, { owner: a });
    expect(refusal(() => registry.register("Thing", {}, { owner: b }))).toMatchObject({
      code: "SCHEMA_EXISTS",
      errno: errno.EEXIST,
    });
    expect(refusal(() => registry.register("Task", {}, { owner: b })).code).toBe("SCHEMA_EXISTS");
    expect(refusal(() => registry.unregister("Thing", { owner: b }))).toMatchObject({
      code: "SCHEMA_NOT_OWNED",
      errno: errno.EPERM,
    });
    expect(refusal(() => registry.unregister("Nothing"))).toMatchObject({
      code: "SCHEMA_UNKNOWN",
      errno: errno.ENOENT,
    });
    registry.unregisterAll(b);
    expect(registry.get("Thing")).toEqual({ type: "integer" });
    registry.unregisterAll(a);
    expect(registry.get("Thing")).toBeUndefined();
    expect(new Set(changes).size).toBe(3);
  });

  it("are published as registered, with %type and without losing anything", () => {
    const registry = new SchemaRegistry();
    registry.register("Disk", { type: "object", properties: { size: { type: "integer" } }, required: ["size"] });
    registry.register("Name", { type: "string" });
    const { definitions } = registry.document() as { definitions: Record<string, unknown> };
    expect(definitions["Disk"]).toEqual({
      type: "object",
      properties: { "%type": { type: "string", enum: ["Disk"] }, size: { type: "integer" } },
      required: ["size"],
    });
    expect(definitions["Name"]).toEqual({ type: "string" });
    expect(Object.keys(definitions)).toEqual(
      expect.arrayContaining([
        "IpAddress",
        "Ipv4Address",
        "Ipv6Address",
        "IsoDatetime",
        "Email",
        "ValidationError",
        "Error",
        "Rusage",
        "Task",
      ]),
    );
  });

  it("have a hash that does not depend on the order of registration", () => {
    const [one, two] = [new SchemaRegistry(), new SchemaRegistry()];
    one.register("A", { type: "string", title: "a" });
    one.register("B", { type: "integer" });
    two.register("B", { type: "integer" });
    two.register("A", { title: "a", type: "string" });
    expect(one.hash()).toBe(two.hash());
    expect(one.hash()).toMatch(/^[0-9a-f]{64}$/);
    two.register("A", { type: "number" });
    expect(one.hash()).not.toBe(two.hash());
  });

  it("all standard ones can be used", () => {
    const registry = new SchemaRegistry();
    const { definitions } = registry.document() as { definitions: Record<string, unknown> };
    for (const name of Object.keys(definitions))
      expect(registry.compile({ $ref: name }).problems(Symbol("none"))).not.toEqual(undefined);
    expect(
      registry.compile({ $ref: "Task" }).problems({ id: 1, state: "FINISHED", error: null, started_at: new Date() }),
    ).toEqual([]);
    expect(registry.compile({ $ref: "IpAddress" }).problems("::1")).toEqual([]);
  });
});

describe("%type and discriminators", () => {
  const registry = new SchemaRegistry();
  registry.register("Cat", {
    type: "object",
    properties: { lives: { type: "integer", default: 9 } },
    additionalProperties: false,
  });
  registry.register("Dog", {
    type: "object",
    properties: { tricks: { type: "array" } },
    additionalProperties: false,
    required: ["tricks"],
  });
  const pet = registry.compile({ discriminator: "%type", oneOf: [{ $ref: "Cat" }, { $ref: "Dog" }] });

  it("an object may say what it is where nothing further is allowed, if it is right", () => {
    const cat = registry.compile({ $ref: "Cat" });
    expect(cat.problems({ "%type": "Cat", lives: 3 })).toEqual([]);
    expect(cat.problems({ "%type": "Dog" })).toEqual([
      { path: ["%type"], message: 'expected one of "Cat", got "Dog"', code: 22 },
    ]);
  });

  it("the property chooses the branch, its defaults included", () => {
    const cat = { "%type": "Cat" };
    expect(pet.problems(cat)).toEqual([]);
    expect(cat).toEqual({ "%type": "Cat", lives: 9 });
    expect(pet.problems({ "%type": "Dog" }).map(({ path }) => path)).toEqual([["tricks"]]);
  });

  it("a missing or unknown value is refused", () => {
    expect(pet.problems({}).map(({ path }) => path)).toEqual([["%type"]]);
    expect(pet.problems({ "%type": "Cow" })).toEqual([
      { path: ["%type"], message: 'expected one of "Cat", "Dog", got "Cow"', code: 22 },
    ]);
    expect(pet.problems("Cat")).toEqual([{ path: [], message: "expected an object, got a string", code: 22 }]);
  });
});
