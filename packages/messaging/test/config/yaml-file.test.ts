// Configuration files: Vumi's YAML, includes, positions, and files that are not right.

import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadConfigFile, parseConfig } from "../../src/config/index.ts";

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-config-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

describe("a configuration file", () => {
  it("is YAML, and keeps where each value stands", async () => {
    const source = await parseConfig(
      "# dispatcher\nrouter_class: vumi.dispatchers.SimpleDispatchRouter\nroute_mappings:\n  smpp: my_app\n  xmpp:\n    - my_app\n",
      "router.yaml",
    );
    expect(source.values).toEqual({
      router_class: "vumi.dispatchers.SimpleDispatchRouter",
      route_mappings: { smpp: "my_app", xmpp: ["my_app"] },
    });
    expect(source.locate(["router_class"])).toEqual({ source: "router.yaml", line: 2, column: 1 });
    expect(source.locate(["route_mappings", "xmpp", 0])).toEqual({ source: "router.yaml", line: 6, column: 7 });
    expect(source.locate(["route_mappings", "missing"])).toEqual({ source: "router.yaml", line: 3, column: 1 });
    expect(source.locate(["missing"])).toEqual({ source: "router.yaml", line: undefined, column: undefined });
    expect(source.section("route_mappings").locate(["smpp"])).toEqual({ source: "router.yaml", line: 4, column: 3 });
  });

  it("may be JSON, or empty", async () => {
    expect((await parseConfig('{"a": [1, 2.5, null, true]}', "a.json")).values).toEqual({ a: [1, 2.5, null, true] });
    expect((await parseConfig("# nothing\n", "empty.yaml")).values).toEqual({});
  });

  it("may use anchors and merge keys", async () => {
    const source = await parseConfig("base: &base {a: 1, b: 2}\nuse:\n  <<: *base\n  b: 3\n", "a.yaml");
    expect(source.values["use"]).toEqual({ a: 1, b: 3 });
  });

  it("has keys that are numbers turned into text, every digit kept", async () => {
    const source = await parseConfig("2771:\n  27710: MTN\n123456789012345678901234567890: x\n", "a.yaml");
    expect(source.values).toEqual({ 2771: { 27710: "MTN" }, "123456789012345678901234567890": "x" });
    expect(source.locate(["2771", "27710"])).toMatchObject({ line: 2 });
  });

  it("may give a key twice; the last one counts, and there is a warning", async () => {
    const source = await parseConfig("a: 1\nb: 2\na: 3\n", "a.yaml");
    expect(source.values).toEqual({ a: 3, b: 2 });
    expect(source.locate(["a"])).toMatchObject({ line: 3 });
    expect(source.warnings).toEqual(["a.yaml:3 a is given more than once; the last one counts"]);
  });

  it("M25 includes others, relative to the including file, at any depth", async () => {
    const folder = await folderWith({
      "main.yaml": "name: main\nredis: !include parts/redis.yaml\nlist:\n  - !include parts/one.yaml\n",
      "parts/redis.yaml": "host: 127.0.0.1\ndeep: !include deeper/x.yaml\n",
      "parts/deeper/x.yaml": "y: [1,\n  two]\n",
      "parts/one.yaml": "1\n",
    });
    const source = await loadConfigFile(join(folder, "main.yaml"));
    expect(source.values).toEqual({
      name: "main",
      redis: { host: "127.0.0.1", deep: { y: [1, "two"] } },
      list: [1],
    });
    expect(source.folder).toBe(folder);
    expect(source.locate(["redis", "deep", "y", 1])).toEqual({
      source: join(folder, "parts/deeper/x.yaml"),
      line: 2,
      column: 3,
    });
  });
});

describe("a word without quotes", () => {
  const recorded: [word: string, kind: string, value: unknown][] = JSON.parse(
    readFileSync(new URL("../fixtures/python-yaml.json", import.meta.url), "utf8"),
  );
  const understood = recorded.filter(([, kind]) => kind !== "error");

  it.each(understood)("%s is what PyYAML takes it for: %s", async (word, kind, value) => {
    const { key } = (await parseConfig(`key: ${word}`, "a.yaml")).values;
    expect(key).toEqual(expectedValue(word, kind, value));
  });

  it.each(recorded.filter(([word, kind]) => kind === "error" && word.startsWith("*")))(
    "%s is an error",
    async (word) => {
      await expect(parseConfig(`key: ${word}`, "a.yaml")).rejects.toThrow(/a\.yaml/);
    },
  );
});

describe("a file that is not right", () => {
  it.each([
    ["a: [1, 2", "a.yaml:1:9"],
    ["a: 1\n  b: 2", "a.yaml:1:4"],
    ["a: 'unfinished\nb: 2\n", "a.yaml:"],
    ["just text", "expected an object with options at the top"],
    ["- a\n- b", "expected an object with options at the top"],
    ["a: !!python/object/apply:os.system [echo]", "a.yaml:1:4"],
    ["a: !unknown x", "a.yaml:1:4"],
    ["a: *nowhere", "a.yaml"],
    ["a: 1\n? [b, c]\n: 2", "a.yaml:2:3 expected text as a key, got a list or an object"],
    ["a: &x {b: [*x]}", "a.yaml: an alias refers to what it is part of"],
    [`a: ${"[".repeat(100)}${"]".repeat(100)}`, "a.yaml:1:103 expected at most 100 levels"],
    ["a: 'b\n".repeat(100), "and "],
  ])("is refused with its name and place: %j", async (text, expected) => {
    await expect(parseConfig(text, "a.yaml")).rejects.toMatchObject({
      name: "ConfigError",
      code: "CONFIG_FILE_INVALID",
      message: expect.stringContaining(expected),
    });
  });

  it("is refused without quoting its lines, which may hold a password", async () => {
    const error = await parseConfig("password: hunter2\n  wrong: [\n", "a.yaml").catch((reason: unknown) => reason);
    expect(JSON.stringify([String(error), error])).not.toContain("hunter2");
  });

  it("that multiplies its aliases without end is refused", async () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level++) lines.push(`a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)} x]`);
    await expect(parseConfig(lines.join("\n"), "bomb.yaml")).rejects.toMatchObject({ code: "CONFIG_FILE_INVALID" });
  });

  it("that does not exist is named", async () => {
    await expect(loadConfigFile("/nonexistent/phones.yaml")).rejects.toThrow(
      "/nonexistent/phones.yaml: there is no such file",
    );
  });

  it("that includes a missing or broken file is named with the line of the include", async () => {
    const folder = await folderWith({
      "missing.yaml": "a: 1\nb: !include nowhere.yaml\n",
      "broken.yaml": "b: !include bad.yaml\n",
      "bad.yaml": "x: [\n",
    });
    await expect(loadConfigFile(join(folder, "missing.yaml"))).rejects.toThrow(
      `${folder}/missing.yaml:2:13 the file included here cannot be used\n${folder}/nowhere.yaml: there is no such file`,
    );
    await expect(loadConfigFile(join(folder, "broken.yaml"))).rejects.toThrow(`${folder}/bad.yaml:2:1`);
  });

  it("that includes itself, by whatever way, is refused", async () => {
    const folder = await folderWith({ "a.yaml": "b: !include b.yaml\n", "b.yaml": "a: !include a.yaml\n" });
    await expect(loadConfigFile(join(folder, "a.yaml"))).rejects.toThrow(/the file includes itself/);
  });
});

function expectedValue(word: string, kind: string, value: unknown): unknown {
  if (kind === "null") return null;
  // Dates stay the text they are; numbers too long for a number too.
  if (kind === "date") return word;
  if (kind === "int") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (kind === "float") return Number(String(value).replace("inf", "Infinity").replace("nan", "NaN"));
  return value;
}
