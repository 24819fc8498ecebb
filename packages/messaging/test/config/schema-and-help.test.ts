// What a declaration turns into for the console and the terminal.

import { expect, it } from "vitest";
import { type ConfigFields, configHelp, configSchema, fieldsOf } from "../../src/config/index.ts";

const fields = {
  transport_name: { type: "text", required: true, static: true, doc: "Names the queues." },
  mode: { type: "text", choices: ["strict", "permissive"], default: "strict", doc: "How picky." },
  prefetch: { type: "int", min: 1, default: 20, nullable: true, doc: "Messages at a time." },
  timeout: { type: "float", default: 10, unit: "seconds", doc: "How long." },
  password: { type: "text", default: "vumi", secret: true, doc: "Password." },
  endpoint: { type: "serverEndpoint", required: true, fallbacks: [{ host: "host", port: "port" }], doc: "Where." },
  host: { type: "text", deprecated: "endpoint", doc: "Host." },
  port: { type: "int", deprecated: true, doc: "Port." },
  routes: { type: "dict", of: { type: "names" }, doc: "Routes." },
  router: { type: "class", kind: "router", doc: "Router." },
  rules: {
    type: "list",
    of: { type: "section", fields: { app: { type: "text", required: true, doc: "Where to." } } },
    default: [],
    doc: "Rules.",
  },
} as const;

it("the JSON Schema has types, limits, defaults and what is required, and no secret", () => {
  expect(configSchema(fields)).toEqual({
    type: "object",
    required: ["transport_name"],
    properties: {
      transport_name: { type: "string", "x-kind": "text", "x-static": true, description: "Names the queues." },
      mode: {
        type: "string",
        enum: ["strict", "permissive"],
        default: "strict",
        "x-kind": "text",
        description: "How picky.",
      },
      prefetch: {
        type: ["integer", "null"],
        minimum: 1,
        default: 20,
        "x-kind": "int",
        description: "Messages at a time.",
      },
      timeout: { type: "number", default: 10, "x-unit": "seconds", "x-kind": "float", description: "How long." },
      password: { type: "string", writeOnly: true, "x-kind": "text", description: "Password." },
      endpoint: { type: "string", "x-kind": "serverEndpoint", description: "Where." },
      host: { type: ["string", "null"], deprecated: true, "x-kind": "text", description: "Host." },
      port: { type: ["integer", "null"], deprecated: true, "x-kind": "int", description: "Port." },
      routes: {
        type: ["object", "null"],
        additionalProperties: { type: ["array", "string"], items: { type: "string" }, "x-kind": "names" },
        "x-kind": "dict",
        description: "Routes.",
      },
      router: { type: ["string", "null"], "x-class": "router", "x-kind": "class", description: "Router." },
      rules: {
        type: "array",
        default: [],
        items: {
          type: "object",
          required: ["app"],
          properties: { app: { type: "string", "x-kind": "text", description: "Where to." } },
          "x-kind": "section",
        },
        "x-kind": "list",
        description: "Rules.",
      },
    },
  });
});

it("the help text has two lines per field, and the fields of members further in", () => {
  expect(configHelp(fields)).toBe(
    [
      "transport_name: text, required, static",
      "    Names the queues.",
      'mode: one of strict, permissive, default "strict"',
      "    How picky.",
      "prefetch: a whole number of at least 1, default 20",
      "    Messages at a time.",
      "timeout: a number (seconds), default 10",
      "    How long.",
      "password: text, default not shown",
      "    Password.",
      'endpoint: a server endpoint such as "tcp:9010", required, or host and port',
      "    Where.",
      "host: text, deprecated: use endpoint",
      "    Host.",
      "port: a whole number, deprecated",
      "    Port.",
      "routes: an object, each value text, or a list of texts",
      "    Routes.",
      "router: the name of a router",
      "    Router.",
      "rules: a list, each an object, default []",
      "    Rules.",
      "    app: text, required",
      "        Where to.",
    ].join("\n"),
  );
});

it("the fields of a class are its own and those of its base classes, the base's first, redeclared ones its own", () => {
  class Base {
    readonly running = false;
    static readonly fields: ConfigFields = {
      name: { type: "text", required: true, doc: "Base." },
      count: { type: "int", default: 1, doc: "Base." },
    };
  }
  class Middle extends Base {}
  class Leaf extends Middle {
    static override readonly fields = {
      own: { type: "bool", default: false, doc: "Own." },
      count: { type: "int", default: 1, doc: "Leaf." },
    } as const;
  }
  expect(Object.entries(fieldsOf(Leaf)).map(([name, { doc }]) => [name, doc])).toEqual([
    ["name", "Base."],
    ["count", "Leaf."],
    ["own", "Own."],
  ]);
  expect(Object.keys(fieldsOf(Middle))).toEqual(["name", "count"]);
  expect(fieldsOf(Map as never)).toEqual({});
});
