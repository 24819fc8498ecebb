// Names of classes: ours, Vumi's, and files.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ConfigSource, readConfig } from "../src/config/index.ts";
import { ClassRegistry } from "../src/registry.ts";
import { vumiNames } from "../src/vumi-names.ts";

class EchoWorker {
  handle(): void {}
}
class SimpleDispatchRouter {
  route(): void {}
}

function registry(loads: string[] = []): ClassRegistry {
  const entry = (name: string, kind: string, loaded: unknown) => ({
    name,
    kind,
    load: async () => {
      loads.push(name);
      return loaded;
    },
  });
  return new ClassRegistry(
    [
      entry("EchoWorker", "application", EchoWorker),
      entry("SimpleDispatchRouter", "router", SimpleDispatchRouter),
      {
        ...entry("TelnetServerTransport", "transport", EchoWorker),
        aliases: ["vumi.transports.telnet.TelnetServerTransport"],
      },
      entry("Broken", "application", 42),
    ],
    { router: (candidate) => ("route" in candidate.prototype ? undefined : "it has no route") },
  );
}

async function moduleFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "switchboard-classes-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "my-app.mjs"), text);
  return folder;
}

describe("a class", () => {
  it.each(["EchoWorker", "vumi.demos.words.EchoWorker"])("is found as %s", async (name) => {
    expect(await registry().load(name)).toBe(EchoWorker);
  });

  it.each(["vumi.dispatchers.SimpleDispatchRouter", "vumi.dispatchers.base.SimpleDispatchRouter"])(
    "is found as %s",
    async (name) => {
      expect(await registry().load(name, { kind: "router" })).toBe(SimpleDispatchRouter);
    },
  );

  it("is found by a further name of its entry", async () => {
    expect(await registry().load("vumi.transports.telnet.TelnetServerTransport")).toBe(EchoWorker);
  });

  it("is loaded when it is first asked for, and once", async () => {
    const loads: string[] = [];
    const classes = registry(loads);
    expect(loads).toEqual([]);
    await Promise.all([classes.load("EchoWorker"), classes.load("vumi.demos.words.EchoWorker")]);
    await classes.load("EchoWorker");
    expect(loads).toEqual(["EchoWorker"]);
  });

  it("is listed with all its names", () => {
    expect(registry().list().slice(0, 2)).toEqual([
      { name: "EchoWorker", kind: "application", aliases: ["vumi.demos.words.EchoWorker"] },
      {
        name: "SimpleDispatchRouter",
        kind: "router",
        aliases: ["vumi.dispatchers.SimpleDispatchRouter", "vumi.dispatchers.base.SimpleDispatchRouter"],
      },
    ]);
  });

  it.each([
    ["EchoWorkr", "EchoWorker"],
    ["vumi.demos.words.EchoWorkr", "vumi.demos.words.EchoWorker"],
    ["acme.programs.answering.EchoWorkr", "EchoWorker"],
    ["vumi.transports.telnet.TelnetServer", "TelnetServerTransport"],
    ["telnet", "TelnetServerTransport"],
  ])("M28 that does not exist is refused, with the nearest name: %s", async (name, near) => {
    await expect(registry().load(name)).rejects.toMatchObject({
      code: "CLASS_UNKNOWN",
      message: `there is no class ${name}; did you mean ${near}?`,
    });
  });

  it("that Vumi has and we have not here is told apart from one that nobody knows", async () => {
    await expect(registry().load("vumi.demos.hangman.HangmanWorker")).rejects.toMatchObject({
      code: "CLASS_NOT_INSTALLED",
      message: expect.stringContaining("HangmanWorker"),
    });
    await expect(registry().load("vumi.transports.smpp.SmppTransport")).rejects.toMatchObject({
      code: "CLASS_NOT_INSTALLED",
      message: "vumi.transports.smpp.SmppTransport, which is a name of Vumi's, is not here",
    });
    await expect(registry().load("Nonsense")).rejects.toThrow(/^there is no class Nonsense$/);
  });

  it("M28 of another kind is refused", async () => {
    await expect(registry().load("EchoWorker", { kind: "router" })).rejects.toMatchObject({
      code: "CLASS_UNSUITABLE",
      message: "EchoWorker is not a router: it has no route",
    });
    await expect(registry().load("Broken")).rejects.toMatchObject({ code: "CLASS_UNSUITABLE" });
  });

  it("cannot have a name that another has", () => {
    const load = (): Promise<unknown> => Promise.resolve(EchoWorker);
    expect(
      () =>
        new ClassRegistry([
          { name: "EchoWorker", kind: "application", load },
          { name: "Other", kind: "application", aliases: ["vumi.demos.words.EchoWorker"], load },
        ]),
    ).toThrow(expect.objectContaining({ code: "CLASS_NAME_TAKEN" }));
  });
});

describe("a class of the user's", () => {
  it("is found by file and export, relative to the configuration", async () => {
    const folder = await moduleFile(
      "export class EchoApp {}\nexport default class Other {}\nexport const notAClass = 1;\n",
    );
    const classes = registry();
    expect((await classes.load("./my-app.mjs#EchoApp", { folder })).name).toBe("EchoApp");
    expect((await classes.load("./my-app.mjs", { folder })).name).toBe("Other");
    expect((await classes.load(`${folder}/my-app.mjs#EchoApp`)).name).toBe("EchoApp");
    await expect(classes.load("./my-app.mjs#EchoAp", { folder })).rejects.toThrow(
      "exports nothing named EchoAp; did you mean ./my-app.mjs#EchoApp?",
    );
    await expect(classes.load("./my-app.mjs#notAClass", { folder })).rejects.toThrow(
      "./my-app.mjs#notAClass: expected a class, got the number 1",
    );
    await expect(classes.load("./my-app.mjs#EchoApp", { folder, kind: "router" })).rejects.toMatchObject({
      code: "CLASS_UNSUITABLE",
    });
  });

  it("M28 in a file that does not exist, or that fails, is refused with the reason", async () => {
    const folder = await moduleFile("\nthrow new Error('no database');\n");
    await expect(registry().load("./my-app.mjs#EchoApp", { folder })).rejects.toMatchObject({
      code: "CLASS_NOT_LOADED",
      message: `./my-app.mjs#EchoApp cannot be loaded: Error: no database, at ${folder}/my-app.mjs:2`,
    });
    await expect(registry().load("./nowhere.ts#X", { folder })).rejects.toThrow(
      `there is no file ${folder}/nowhere.ts`,
    );
  });
});

describe("a field of type class", () => {
  const fields = {
    router_class: { type: "class", kind: "router", required: true, doc: "Router." },
    rules: {
      type: "list",
      of: { type: "section", fields: { worker: { type: "class", required: true, doc: "Worker." } } },
      default: [],
      doc: "Rules.",
    },
  } as const;

  it("gives the loaded class, also inside of sections", async () => {
    const source = new ConfigSource({ router_class: "SimpleDispatchRouter", rules: [{ worker: "EchoWorker" }] });
    const config = await readConfig(fields, source, { classes: registry() });
    expect(config.router_class).toBe(SimpleDispatchRouter);
    expect(config.rules[0]?.worker).toBe(EchoWorker);
  });

  it("M28 reports what cannot be loaded together with everything else", async () => {
    const source = new ConfigSource({ router_class: "EchoWorker", rules: [{ worker: "EchoWorkr" }, {}] });
    await expect(readConfig(fields, source, { classes: registry() })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      issues: expect.arrayContaining([
        expect.objectContaining({ path: "router_class", problem: "EchoWorker is not a router: it has no route" }),
        expect.objectContaining({
          path: "rules[0].worker",
          problem: "there is no class EchoWorkr; did you mean EchoWorker?",
        }),
        expect.objectContaining({ path: "rules[1].worker" }),
      ]),
    });
  });

  it("needs somebody who finds classes", async () => {
    const source = new ConfigSource({ router_class: "EchoWorker" });
    await expect(readConfig(fields, source)).rejects.toMatchObject({ code: "CONFIG_DECLARATION_INVALID" });
  });
});

it("Vumi's names are dotted, and each is one class", () => {
  const all = [...vumiNames.values()].flat();
  expect(all).toEqual([...new Set(all)]);
  expect(all.filter((name) => !/^vumi(\.[a-z_]+)+\.[A-Za-z]+$/.test(name))).toEqual([]);
  expect(all).toHaveLength(57);
});
