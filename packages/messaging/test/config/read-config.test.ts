// What each type of field accepts, what the rules around fields are, and how everything that is wrong is said at once.

import { describe, expect, it } from "vitest";
import {
  type ConfigFields,
  ConfigSource,
  overrideConfig,
  parseConfig,
  PythonPattern,
  readConfig,
  readStaticConfig,
  type ValueType,
} from "../../src/config/index.ts";

async function readOne(type: ValueType, value: unknown, options: object = {}): Promise<unknown> {
  const fields = { field: { ...type, doc: "A field.", ...options } } as ConfigFields;
  return (await readConfig(fields, new ConfigSource({ field: value })))["field"];
}

async function problems(fields: ConfigFields, values: Record<string, unknown>): Promise<string[]> {
  try {
    await readConfig(fields, new ConfigSource(values));
    return [];
  } catch (error) {
    const { issues } = error as { issues: readonly { path: string; problem: string; hint: string | undefined }[] };
    return issues.map(({ path, problem, hint }) => `${path}: ${problem}${hint === undefined ? "" : `; ${hint}`}`);
  }
}

const accepted: readonly [ValueType, unknown, unknown][] = [
  [{ type: "text" }, "hello", "hello"],
  [{ type: "text" }, "", ""],
  [{ type: "text", choices: ["strict", "permissive"] }, "strict", "strict"],
  [{ type: "int" }, 60, 60],
  [{ type: "int" }, "100", 100],
  [{ type: "int" }, " -5 ", -5],
  [{ type: "int", min: 0, max: 65_535 }, 65_535, 65_535],
  [{ type: "float" }, 2.5, 2.5],
  [{ type: "float" }, "0.1", 0.1],
  [{ type: "float" }, "1e3", 1000],
  [{ type: "bool" }, true, true],
  [{ type: "bool" }, 0, false],
  [{ type: "bool" }, 2, true],
  [{ type: "bool" }, [], false],
  [{ type: "bool" }, { a: 1 }, true],
  [{ type: "list" }, [1, "a", { b: [null] }], [1, "a", { b: [null] }]],
  [{ type: "list", of: { type: "int" } }, [1, "2"], [1, 2]],
  [{ type: "dict" }, { a: { b: 1 } }, { a: { b: 1 } }],
  [
    { type: "dict", of: { type: "names" } },
    { a: "x", b: ["y", "z"] },
    { a: ["x"], b: ["y", "z"] },
  ],
  [{ type: "dict", needs: ["bucket_prefix"] }, { bucket_prefix: "b." }, { bucket_prefix: "b." }],
  [{ type: "names" }, "one", ["one"]],
  [{ type: "names" }, ["one", "two"], ["one", "two"]],
  [{ type: "url" }, "http://localhost:8000/path?q=1", new URL("http://localhost:8000/path?q=1")],
  [
    {
      type: "section",
      fields: { app: { type: "text", required: true, doc: "A." }, prefix: { type: "text", doc: "P." } },
    },
    { app: "a" },
    { app: "a", prefix: null },
  ],
];

const refused: readonly [ValueType, unknown, string][] = [
  [{ type: "text" }, 9010, "expected text, got the number 9010; put it in quotes"],
  [{ type: "text" }, true, "expected text, got true; put it in quotes"],
  [{ type: "text" }, ["a"], "expected text, got a list of 1"],
  [
    { type: "text", choices: ["strict", "permissive"] },
    "stric",
    'expected one of strict, permissive, got "stric"; did you mean "strict"?',
  ],
  [{ type: "int" }, 2.3, "expected a whole number, got the number 2.3"],
  [{ type: "int" }, "foo", 'expected a whole number, got "foo"'],
  [{ type: "int" }, "2.0", 'expected a whole number, got "2.0"'],
  [{ type: "int" }, true, "expected a whole number, got true"],
  [{ type: "int" }, "99999999999999999999", 'expected a whole number, got "99999999999999999999"'],
  [{ type: "int", min: 0, max: 65_535 }, 65_536, "expected a whole number from 0 to 65535, got the number 65536"],
  [{ type: "int", min: 1 }, 0, "expected a whole number of at least 1, got the number 0"],
  [{ type: "float" }, "fast", 'expected a number, got "fast"'],
  [{ type: "float" }, Number.NaN, "expected a number, got the number NaN"],
  [{ type: "float" }, false, "expected a number, got false"],
  [{ type: "list" }, "a, b", 'expected a list, got "a, b"'],
  [{ type: "list" }, 5, "expected a list, got the number 5"],
  [{ type: "dict" }, [], "expected an object, got an empty list"],
  [{ type: "dict" }, "a", 'expected an object, got "a"'],
  [{ type: "dict", needs: ["bucket_prefix"] }, {}, "expected an object with bucket_prefix"],
  [{ type: "names" }, 5, "expected text, or a list of texts, got the number 5"],
  [{ type: "url" }, "not a url", 'expected a URL such as "http://example.com/path", got "not a url"'],
  [{ type: "url" }, 80, 'expected a URL such as "http://example.com/path", got the number 80'],
  [{ type: "regex" }, 5, "expected a regular expression of Python's dialect, got the number 5"],
  [
    { type: "regex" },
    "^(?>a)",
    "expected a regular expression of Python's dialect, got a regular expression with an atomic group (?>…), which cannot be translated (character 2)",
  ],
  [{ type: "class" }, 5, "expected the name of a class, got the number 5"],
  [{ type: "section", fields: {} }, "x", 'expected an object, got "x"'],
  [{ type: "serverEndpoint" }, 9010, 'expected a server endpoint such as "tcp:9010", got the number 9010'],
];

describe("a field", () => {
  it.each(accepted)("%j takes %j", async (type, value, expected) => {
    expect(await readOne(type, value)).toEqual(expected);
  });

  it.each(refused)("%j refuses %j", async (type, value, expected) => {
    const fields = { field: { ...type, doc: "A field." } } as ConfigFields;
    expect(await problems(fields, { field: value })).toEqual([`field: ${expected}`]);
  });

  it.each([
    ["false", false],
    [" FALSE ", false],
    ["0", false],
    ["", false],
    ["  ", false],
    ["true", true],
    ["no", true],
    ["off", true],
    ["anything", true],
  ])("M100 of type bool takes the text %j for %j, as Vumi does", async (text, expected) => {
    expect(await readOne({ type: "bool" }, text)).toBe(expected);
  });

  it("of type bool warns of a text that means no and counts as true", async () => {
    const warnings: string[] = [];
    const fields = { publish_status: { type: "bool", default: false, doc: "Publish." } } as const;
    const source = new ConfigSource({ publish_status: "off" });
    await readConfig(fields, source, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings).toEqual([
      'publish_status: the text "off" counts as true, as for Vumi; write false without quotes',
    ]);
  });

  it("of type regex gives a pattern of Python's dialect", async () => {
    const pattern = (await readOne({ type: "regex" }, "(?P<code>\\d{,3})#")) as PythonPattern;
    expect(pattern).toBeInstanceOf(PythonPattern);
    expect(pattern.match("120#")?.groups?.["code"]).toBe("120");
  });
});

describe("absence", () => {
  const fields = {
    needed: { type: "text", required: true, doc: "Needed." },
    optional: { type: "text", doc: "Optional." },
    counted: { type: "int", default: 20, doc: "Counted." },
    unlimited: { type: "int", default: 20, nullable: true, doc: "May be null." },
    endpoint: { type: "serverEndpoint", default: "tcp:9010", doc: "Where." },
  } as const;

  it("gives the default, read as if it had been written, or null", async () => {
    expect(await readConfig(fields, new ConfigSource({ needed: "x" }))).toEqual({
      needed: "x",
      optional: null,
      counted: 20,
      unlimited: 20,
      endpoint: { transport: "tcp", host: undefined, port: 9010, backlog: 50 },
    });
  });

  it("M101 is not null: null suppresses the default where it is allowed", async () => {
    const source = new ConfigSource({ needed: "x", unlimited: null, optional: null });
    expect(await readConfig(fields, source)).toMatchObject({ unlimited: null, optional: null });
  });

  it("M101 null where it is not allowed is an error at the start, not a surprise later", async () => {
    expect(await problems(fields, { needed: null, counted: null })).toEqual([
      "needed: expected text, got null",
      "counted: expected a whole number, got null; leave it out for the default (20)",
    ]);
  });

  it("of a required field is an error that names what may have been meant", async () => {
    expect(await problems(fields, { neded: "x", other: 1 })).toEqual([
      "needed: required (text), but missing; did you mean it by neded?",
    ]);
  });

  it("of an optional field with a misspelt key beside it is a warning; other unknown keys are nobody's business", async () => {
    const warnings: string[] = [];
    const source = new ConfigSource({ needed: "x", countd: 5, mw1: { log_level: "info" } });
    await readConfig(fields, source, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings).toEqual(["countd: no field of this name; did you mean counted?"]);
  });
});

describe("fallbacks", () => {
  const fields = {
    twisted_endpoint: {
      type: "serverEndpoint",
      fallbacks: [{ host: "host", port: "port" }],
      default: "tcp:1",
      doc: "Where to listen.",
    },
    client: { type: "clientEndpoint", fallbacks: [{ host: "host", port: "port" }], doc: "Where to connect." },
    host: { type: "text", deprecated: "twisted_endpoint", doc: "DEPRECATED." },
    port: { type: "int", deprecated: true, doc: "DEPRECATED." },
    renamed: { type: "text", required: true, fallbacks: [{ field: "old_name" }], doc: "New." },
    old_name: { type: "text", doc: "Old." },
  } as const;
  const read = (values: object) => readConfig(fields, new ConfigSource({ old_name: "x", ...values }));

  it("M27 a port alone listens on all interfaces, and beats the default", async () => {
    const config = await read({ port: 9010 });
    expect(config.twisted_endpoint).toEqual({ transport: "tcp", host: undefined, port: 9010, backlog: 50 });
    expect(config.client).toBeNull();
  });

  it("M27 a host alone means nothing", async () => {
    const config = await read({ host: "127.0.0.1" });
    expect(config).toMatchObject({ twisted_endpoint: { port: 1 }, client: null });
  });

  it("M27 host and port make both kinds of endpoint, also an IPv6 one", async () => {
    const config = await read({ host: "::1", port: "9010" });
    expect(config.twisted_endpoint).toMatchObject({ host: "::1", port: 9010 });
    expect(config.client).toEqual({
      transport: "tcp",
      host: "::1",
      port: 9010,
      timeoutMs: 30_000,
      bindAddress: undefined,
    });
  });

  it("M27 a port that is no number is one error", async () => {
    expect(await problems(fields, { old_name: "x", host: "h", port: "http" })).toEqual([
      'port: expected a whole number from 0 to 65535, got "http"',
    ]);
  });

  it("give way to the field itself", async () => {
    const config = await read({ twisted_endpoint: "tcp:80:interface=127.0.0.1", host: "::1", port: 9010 });
    expect(config.twisted_endpoint).toMatchObject({ host: "127.0.0.1", port: 80 });
  });

  it("satisfy a required field", async () => {
    expect((await read({})).renamed).toBe("x");
    expect((await read({ renamed: "y" })).renamed).toBe("y");
  });

  it("from deprecated fields are mentioned", async () => {
    const warnings: string[] = [];
    const source = new ConfigSource({ old_name: "x", host: "h", port: 1 });
    await readConfig(fields, source, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings).toEqual(["host: deprecated; use twisted_endpoint", "port: deprecated"]);
  });
});

describe("errors", () => {
  const rule = {
    app: { type: "text", required: true, doc: "Where to." },
    keyword: { type: "text", required: true, doc: "First word." },
  } as const;
  const fields = {
    transport_name: { type: "text", required: true, static: true, doc: "Name." },
    web_port: { type: "int", default: 0, doc: "Port." },
    twisted_endpoint: { type: "serverEndpoint", required: true, doc: "Where." },
    rules: { type: "list", of: { type: "section", fields: rule }, default: [], doc: "Rules." },
    password: { type: "int", secret: true, doc: "Secret." },
  } as const;

  it("are reported together, with file, line, column, field, what was expected, what came, and what may be meant", async () => {
    const yaml = [
      "transport_name: 9010 # a comment",
      "web_port: eighty",
      "twisted_endpoint: 'tpc:9010'",
      "rules:",
      "  - { app: a, keyword: b }",
      "  - app: a",
      "    keywrd: stop",
      "password: hunter2",
    ].join("\n");
    const error = await readConfig(fields, await parseConfig(yaml, "phones.yaml")).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: "ConfigError",
      code: "CONFIG_INVALID",
      message: [
        "5 problems in the configuration:",
        "  phones.yaml:1:1 transport_name: expected text, got the number 9010; put it in quotes",
        '  phones.yaml:2:1 web_port: expected a whole number, got "eighty"',
        '  phones.yaml:3:1 twisted_endpoint: expected a server endpoint such as "tcp:9010" (one of tcp:…, tcp6:…, unix:…, ssl:…), got "tpc:9010"; did you mean "tcp:9010"?',
        "  phones.yaml:6:5 rules[1].keyword: required (text), but missing; did you mean it by keywrd?",
        "  phones.yaml:8:1 password: expected a whole number, got a value that is not shown",
      ].join("\n"),
      issues: expect.arrayContaining([
        expect.objectContaining({ path: "rules[1].keyword", source: "phones.yaml", line: 6, column: 5 }),
      ]),
    });
  });

  it("name the option when the value came from one", async () => {
    const file = await parseConfig("transport_name: phones\ntwisted_endpoint: tcp:1\nweb_port: 80", "phones.yaml");
    const source = file.override({ web_port: "x" }, "--set-option");
    await expect(readConfig(fields, source)).rejects.toThrow('--set-option web_port: expected a whole number, got "x"');
  });

  it("of several fields together are found once each is right", async () => {
    const check = (config: { web_port: number }, problem: (field: string, text: string) => void): void => {
      if (config.web_port === 13) problem("web_port", "13 brings bad luck");
    };
    const good = { transport_name: "a", twisted_endpoint: "tcp:1" };
    const read = (values: object) => readConfig(fields, new ConfigSource({ ...good, ...values }), { check });
    await expect(read({ web_port: 13 })).rejects.toThrow("web_port: 13 brings bad luck");
    await expect(read({ web_port: 12 })).resolves.toMatchObject({ web_port: 12 });
  });
});

describe("a configuration", () => {
  const fields = {
    transport_name: { type: "text", required: true, static: true, doc: "Name." },
    table: { type: "dict", required: true, doc: "Dynamic." },
    limit: { type: "int", default: 1, doc: "Dynamic." },
    list: { type: "list", default: [], static: true, doc: "Static." },
  } as const;

  it("is read-only all the way down, and shares nothing with its source", async () => {
    const table = { a: { b: [1] } };
    const config = await readConfig(fields, new ConfigSource({ transport_name: "t", table, list: [{ x: 1 }] }));
    table.a.b.push(2);
    expect(config.table).toEqual({ a: { b: [1] } });
    expect(() => ((config.table["a"] as Record<string, unknown>)["b"] = 0)).toThrow(TypeError);
    expect(() => ((config as { transport_name: string }).transport_name = "x")).toThrow(TypeError);
    expect(() => (config.list as unknown[]).push(1)).toThrow(TypeError);
  });

  it("has a static part that needs the static fields only and refuses to tell the others", async () => {
    const config = await readStaticConfig(fields, new ConfigSource({ transport_name: "t", limit: "wrong" }));
    expect(config).toEqual({ transport_name: "t", list: [] });
    expect(() => (config as { table?: unknown }).table).toThrow(
      expect.objectContaining({ code: "CONFIG_FIELD_DYNAMIC", details: { field: "table" } }),
    );
    await expect(readStaticConfig(fields, new ConfigSource({}))).rejects.toThrow(/transport_name: required/);
  });

  it("can differ for one message in what is not static", async () => {
    const config = await readConfig(fields, new ConfigSource({ transport_name: "t", table: {} }));
    expect(overrideConfig(fields, config, { limit: "5", unknown: 1 })).toEqual({ ...config, limit: 5 });
    expect(() => overrideConfig(fields, config, { transport_name: "x", limit: "many" })).toThrow(
      /transport_name: cannot differ[^]*limit: expected a whole number/,
    );
    expect(config.limit).toBe(1);
  });

  it("with hostile keys is as harmless as any", async () => {
    const source = await parseConfig(
      'transport_name: t\ntable: { "__proto__": { polluted: 1 } }\n__proto__: { x: 1 }',
      "x.yaml",
    );
    const config = await readConfig(fields, source);
    expect(Object.getPrototypeOf(config.table)).toBe(Object.prototype);
    expect(Object.keys(config.table)).toEqual(["__proto__"]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("a declaration", () => {
  it.each([
    [{ a: { type: "txt", doc: "A." } }, 'field a has the type "txt", which does not exist'],
    [{ a: { type: "text", doc: "" } }, "field a has no doc"],
    [{ a: { type: "text", doc: "A.", requird: true } }, "field a has the property requird, which text fields have not"],
    [{ a: { type: "text", doc: "A.", min: 1 } }, "field a has the property min, which text fields have not"],
    [
      { a: { type: "int", doc: "A.", required: true, default: 1 } },
      "field a is required, so its default is never used",
    ],
    [{ a: { type: "text", doc: "A.", fallbacks: [{ field: "b" }] } }, "field a falls back on b, which is not a field"],
    [{ a: { type: "list", of: { type: "intt" }, doc: "A." } }, 'field a[] has the type "intt", which does not exist'],
    [
      { a: { type: "list", of: { type: "class" }, doc: "A." } },
      "field a holds classes, which only fields and sections can",
    ],
    [{ a: { type: "section", doc: "A.", fields: { b: { type: "text" } } } }, "field a.b has no doc"],
  ])("with a mistake is refused: %j", async (fields, message) => {
    await expect(readConfig(fields as never, new ConfigSource({}))).rejects.toMatchObject({
      code: "CONFIG_DECLARATION_INVALID",
      message,
    });
  });

  it("whose default does not fit is refused", async () => {
    const fields = { a: { type: "int", default: "many", doc: "A." } } as const;
    await expect(readConfig(fields, new ConfigSource({}))).rejects.toThrow(/a: expected a whole number, got "many"/);
  });
});
