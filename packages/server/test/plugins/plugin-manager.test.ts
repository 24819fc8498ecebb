// Plugins are found, started in order, reloaded and taken back; those that fail are shown and hurt nobody.

import { readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { definePlugin } from "../../src/plugins/index.ts";
import { folderOf, managerOf, pluginFile, type TestHost, testHost, toldByPlugins, writeFiles } from "./kit.ts";

let host: TestHost;

beforeEach(async () => {
  host = await testHost();
  toldByPlugins();
});

describe("loading", () => {
  it("S60 starts what is required first, whatever the files' names", async () => {
    const manager = managerOf(
      host,
      folderOf({
        "a.mjs": pluginFile("a", { depends: ["b"] }),
        "sub/b.cjs": `exports._init = () => (globalThis.pluginTold ??= []).push("b init");`,
      }),
    );
    await manager.start();
    expect(toldByPlugins()).toEqual(["b init", "a init"]);
    expect(host.told).toEqual(["loaded a.mjs", "loaded b.cjs", "initialized b", "initialized a"]);
    expect(manager.list()).toMatchObject([
      { name: "a", state: "LOADED", requires: ["b"], metadata: { version: 1 }, error: null, registered: ["service a"] },
      { name: "b", state: "LOADED", metadata: null },
    ]);
    expect(await host.services.call("a.version")).toBe(1);
  });

  it("S61 a ring is named and does not keep others from starting; so is what is missing", async () => {
    const manager = managerOf(
      host,
      folderOf({
        "a.mjs": pluginFile("a", { depends: ["b"] }),
        "b.mjs": pluginFile("b", { depends: ["a"] }),
        "c.mjs": pluginFile("c"),
        "d.mjs": pluginFile("d", { depends: ["nowhere"] }),
        "e.mjs": pluginFile("e", { depends: ["a"] }),
      }),
    );
    await manager.start();
    expect(toldByPlugins()).toEqual(["c init"]);
    expect(manager.list().map(({ name, state, error }) => [name, state, error])).toEqual([
      ["a", "ERROR", "plugin a requires itself: a → b → a"],
      ["b", "ERROR", "plugin b requires itself: b → a → b"],
      ["c", "LOADED", null],
      ["d", "ERROR", "plugin d requires nowhere, which is missing or failed"],
      ["e", "ERROR", "plugin e requires a, which cannot be started"],
    ]);
    expect(host.log.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      "plugins that cannot be started: a, b, d, e",
    ]);
    expect(host.told.filter((line) => line.startsWith("load_error"))).toHaveLength(4);
  });

  it("S62 what a failing plugin registered is taken back, and its dependants are skipped", async () => {
    const failing = `export function _init(d) {
      d.registerProvider("x", { methods: { y: { handler: () => 1 } } });
      d.registerSchemaDefinition("X", { type: "string" });
      throw new Error("no disk");
    }`;
    const manager = managerOf(host, folderOf({ "x.mjs": failing, "y.mjs": pluginFile("y", { depends: ["x"] }) }));
    await manager.start();
    expect(host.services.has("x")).toBe(false);
    expect(host.schemas.get("X")).toBeUndefined();
    expect(manager.list()).toMatchObject([
      { name: "x", state: "ERROR", error: expect.stringMatching(/x\.mjs: plugin x: no disk$/), registered: [] },
      { name: "y", state: "ERROR", error: "plugin y requires x, which failed" },
    ]);
    const [report = ""] = readdirSync(host.crashFolder);
    expect(JSON.parse(readFileSync(join(host.crashFolder, report), "utf8"))).toMatchObject({
      type: "exception",
      application: "dispatcher",
      title: "Starting plugin x",
      exception: {
        class: "Error",
        message: "no disk",
        frames: expect.arrayContaining([
          { filename: expect.stringMatching(/x\.mjs$/), lineno: 4, method: "_init", code: "" },
        ]),
      },
    });
  });

  it("S63 a file that is no plugin, or cannot be imported, is reported", async () => {
    const manager = managerOf(
      host,
      folderOf({ "empty.mjs": "export const x = 1;", "broken.mjs": "export {", "fine.mjs": pluginFile("fine") }),
    );
    await manager.start();
    expect(host.told).toEqual(["load_error broken.mjs", "load_error empty.mjs", "loaded fine.mjs", "initialized fine"]);
    expect(manager.list().map(({ name, state }) => [name, state])).toEqual([
      ["broken", "ERROR"],
      ["empty", "ERROR"],
      ["fine", "LOADED"],
    ]);
    expect(manager.list()[1]?.error).toContain("expected a default export made by definePlugin, or a function _init");
  });

  it("what should be a function and is none is refused, with file, name, what was expected and what came", async () => {
    const plugin = (name: string, rest: string): string => `export default { name: ${JSON.stringify(name)}, ${rest} };`;
    const folder = folderOf({
      "event.mjs": plugin("event", 'start: (context) => context.registerEventHandler("x.y", 5)'),
      "hook.mjs": plugin("hook", 'start: (context) => context.attachHook("x", {})'),
      "method.mjs": plugin("method", 'services: { x: { methods: { go: { handler: "go.js" } } } }'),
      "missing.mjs": plugin("missing", "services: { x: { methods: { go: {} } } }"),
      "start.mjs": plugin("start", "start: true"),
    });
    const manager = managerOf(host, folder);
    await manager.start();
    expect(manager.list().map(({ state, error }) => [state, error])).toEqual([
      ["ERROR", `${folder}/event.mjs: plugin event: handler of the event x.y: expected a function, got 5`],
      ["ERROR", `${folder}/hook.mjs: plugin hook: hook at x: expected a function, got {}`],
      ["ERROR", `${folder}/method.mjs: plugin method: x.go: expected a function as handler, got "go.js"`],
      ["ERROR", `${folder}/missing.mjs: plugin missing: x.go: expected a function as handler, got nothing`],
      ["ERROR", `${folder}/start.mjs: plugin start: expected a function as start, got true`],
    ]);
    expect(host.services.has("x")).toBe(false);
  });

  it("S66 leaves directories named disabled alone, unless told otherwise", async () => {
    const folder = folderOf({ "disabled/a.mjs": pluginFile("a"), "sub/disabled/b.mjs": pluginFile("b") });
    const manager = managerOf(host, folder);
    await manager.start();
    expect(manager.list()).toEqual([]);
    const other = managerOf(host, folder, { loadDisabled: true });
    await other.start();
    expect(other.list().map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("follows links inside a plugin directory only, and no link twice", async () => {
    const outside = folderOf({ "evil.mjs": pluginFile("evil") });
    const folder = folderOf({ "sub/a.mjs": pluginFile("a") });
    symlinkSync(join(outside, "evil.mjs"), join(folder, "evil.mjs"));
    symlinkSync(outside, join(folder, "out"));
    symlinkSync(folder, join(folder, "sub/loop"));
    symlinkSync(join(folder, "nowhere"), join(folder, "dangling"));
    const manager = managerOf(host, folder);
    await manager.start();
    expect(manager.list().map(({ name }) => name)).toEqual(["a"]);
    const problems = host.log.map(({ fields }) => String(fields["problem"])).filter((text) => text !== "undefined");
    expect(problems).toHaveLength(3);
    expect(problems.filter((text) => text.includes("leads out of"))).toHaveLength(2);
  });

  it("does not take helpers, tests and packages for plugins", async () => {
    const manager = managerOf(
      host,
      folderOf({
        "_shared.mjs": "export const version = 3;",
        "a.mjs": `import { version } from "./_shared.mjs"; export const init = (d) => d.registerProvider("a", { methods: { v: { handler: () => version } } });`,
        "a.test.mjs": "throw new Error('test');",
        "node_modules/x/x.mjs": "throw new Error('package');",
        ".hidden.mjs": "throw new Error('hidden');",
        "readme.txt": "",
      }),
    );
    await manager.start();
    expect(manager.list().map(({ name, state }) => [name, state])).toEqual([["a", "LOADED"]]);
    expect(await host.services.call("a.v")).toBe(3);
  });

  it("refuses a second plugin of the same name and keeps the first", async () => {
    const folder = folderOf({
      "one/x.mjs": pluginFile("x", { version: 1 }),
      "two/x.mjs": pluginFile("x", { version: 2 }),
    });
    const manager = managerOf(host, folder, { plugins: [definePlugin({ name: "given" })] });
    await manager.start();
    expect(await host.services.call("x.version")).toBe(1);
    const [given, first, second] = manager.list();
    expect([given?.name, given?.filename, first?.state, second?.state]).toEqual(["given", null, "LOADED", "ERROR"]);
    expect(second?.error).toMatch(/the plugin x exists already, in .*one\/x\.mjs/);
  });

  it("gives up on a plugin that does not come to an end of starting", async () => {
    const manager = managerOf(host, folderOf({ "a.mjs": "export const init = () => new Promise(() => {});" }), {
      startTimeoutMs: 20,
    });
    await manager.start();
    expect(manager.list()[0]?.error).toMatch(/a\.mjs: plugin a: start took longer than 20 ms$/);
  });
});

describe("reloading", () => {
  it("S64 stops and starts each plugin once, keeps the services, and starts new files", async () => {
    const folder = folderOf({ "a.mjs": pluginFile("a"), "b.mjs": pluginFile("b", { depends: ["a"] }) });
    const manager = managerOf(host, folder);
    await manager.start();
    const before = host.services.names();
    toldByPlugins();
    writeFiles(folder, { "c.mjs": pluginFile("c") });
    await manager.reload();
    expect(toldByPlugins()).toEqual(
      ["b cleanup", "a cleanup", "a init", "b init", "c init"].toSorted((x, y) => order(x) - order(y)),
    );
    expect(host.services.names().toSorted()).toEqual([...before, "c"].toSorted());
    function order(line: string): number {
      return ["b cleanup", "a cleanup", "a init", "c init", "b init"].indexOf(line);
    }
  });

  it("S64 reads changed files again, with what they import from the plugin directory", async () => {
    const using = (file: string): string =>
      file.endsWith("cjs")
        ? `const { v } = require("./_v.cjs"); exports.init = (d) => d.registerProvider("c", { methods: { v: { handler: () => v } } });`
        : `import { v } from "./_v.mjs"; export const init = (d) => d.registerProvider("m", { methods: { v: { handler: () => v } } });`;
    const folder = folderOf({
      "m.mjs": using("m.mjs"),
      "_v.mjs": "export const v = 1;",
      "c.cjs": using("c.cjs"),
      "_v.cjs": "exports.v = 1;",
    });
    const manager = managerOf(host, folder);
    await manager.start();
    expect([await host.services.call("m.v"), await host.services.call("c.v")]).toEqual([1, 1]);
    writeFiles(folder, { "_v.mjs": "export const v = 2;", "_v.cjs": "exports.v = 2;" });
    await manager.reload();
    expect([await host.services.call("m.v"), await host.services.call("c.v")]).toEqual([2, 2]);
    rmSync(join(folder, "m.mjs"));
    await manager.reload();
    expect(manager.list().map(({ name }) => name)).toEqual(["c"]);
    expect(host.services.has("m")).toBe(false);
  });

  it("reloads one plugin together with those that require it", async () => {
    const folder = folderOf({
      "a.mjs": pluginFile("a"),
      "b.mjs": pluginFile("b", { depends: ["a"] }),
      "c.mjs": pluginFile("c"),
    });
    const manager = managerOf(host, folder);
    await manager.start();
    toldByPlugins();
    await manager.reload("a");
    expect(toldByPlugins()).toEqual(["b cleanup", "a cleanup", "a init", "b init"]);
    await expect(manager.reload("x")).rejects.toMatchObject({ code: "PLUGIN_UNKNOWN" });
  });

  it("S64 answers every call without an error while plugins are reloaded over and over", async () => {
    const slow = (version: number): string => `
      let isOpen = true;
      const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
      export async function _init(d) {
        await nextTurn();
        isOpen = true;
        d.registerProvider("slow", { methods: { version: { handler: async () => {
          await nextTurn();
          if (!isOpen) throw new Error("used after cleanup");
          return ${version};
        } } } });
        d.registerEventType("slow.changed");
      }
      export async function _cleanup() { isOpen = false; await nextTurn(); }`;
    const folder = folderOf({ "slow.mjs": slow(1), "user.mjs": pluginFile("user", { depends: ["slow"] }) });
    const manager = managerOf(host, folder);
    await manager.start();
    const load = { isOver: false };
    const answers: unknown[] = [];
    const caller = async (): Promise<void> => {
      while (!load.isOver) {
        answers.push(await host.services.call("slow.version"));
        await host.services.call("user.version");
      }
    };
    const callers = Array.from({ length: 20 }, caller);
    for (let version = 2; version <= 6; version++) {
      writeFiles(folder, { "slow.mjs": slow(version) });
      await manager.reload();
      await host.services.call("slow.version");
    }
    load.isOver = true;
    await Promise.all(callers);
    expect(answers.at(-1)).toBe(6);
    expect(answers).toEqual(answers.toSorted((a, b) => Number(a) - Number(b)));
    expect(answers.length).toBeGreaterThan(100);
  });

  it("tells callers that wait when the service does not come back, and shows the plugin's error", async () => {
    const folder = folderOf({ "a.mjs": pluginFile("a") });
    const manager = managerOf(host, folder);
    await manager.start();
    writeFiles(folder, {
      "a.mjs": "export async function _init() { await globalThis.aCalled; throw new Error('gone bad'); }",
    });
    const gate = globalThis as { aCalled?: unknown };
    let called: Promise<unknown> | undefined;
    gate.aCalled = new Promise((resolve) =>
      setImmediate(() => {
        called = host.services.call("a.version");
        called.catch(() => undefined);
        resolve(undefined);
      }),
    );
    await manager.reload();
    await expect(called).rejects.toMatchObject({ errno: 2 });
    expect(manager.list()[0]?.error).toMatch(/a\.mjs: plugin a: gone bad$/);
    writeFiles(folder, { "a.mjs": pluginFile("a", { version: 3 }) });
    await manager.reload();
    expect(await host.services.call("a.version")).toBe(3);
  });
});

describe("unloading", () => {
  it("leaves nothing behind", async () => {
    class Job {
      run(): void {
        // Nothing to do.
      }
    }
    const everything = definePlugin({
      name: "everything",
      schemas: { Thing: { type: "object" } },
      events: { "thing.changed": {} },
      sources: {
        things: () => ({ run: (signal) => new Promise((resolve) => signal.addEventListener("abort", resolve)) }),
      },
      services: {
        thing: (context) => ({
          methods: { name: { handler: () => context.name }, query: { handler: () => [{ id: 2 }] } },
        }),
      },
      tasks: { "thing.do": Job as never },
      start(context) {
        context.registerTaskAlias("thing.also", "thing.do");
        context.registerTaskHook("thing.do:before", "thing.also");
        context.registerEventHandler("other", () => undefined);
        context.registerEventHandlerOnce("another", () => undefined);
        context.registerResource("thing:1", ["system"]);
        void context.trackResources({
          query: "thing.query",
          event: "other",
          name: ({ id }) => `thing:${String(id)}`,
          parents: () => ["system"],
        });
        context.registerHook("thing.hook");
        context.attachHook("thing.hook", () => true);
        context.attachHook("foreign.hook", () => true);
        context.registerDebugHook(() => [{ type: "AttachData" }]);
        return context.getLock("thing").acquire();
      },
      // By hand what is done anyway.
      stop: (context) => context.unregisterProvider("thing"),
    });
    host.events.registerType("other");
    const manager = managerOf(host, folderOf({}), { plugins: [everything] });
    await manager.start();
    expect(await host.services.call("thing.name")).toBe("everything");
    expect(manager.list()[0]?.registered).toHaveLength(16);
    expect([host.locks.isLocked("thing"), host.events.types().get("other")?.refcount]).toEqual([true, 2]);
    expect(host.tasks.resources.has("thing:2")).toBe(true);
    await manager.unload("everything");
    expect(manager.list()).toMatchObject([{ state: "UNLOADED", registered: [] }]);
    expect(host.services.names()).toEqual([]);
    expect(host.schemas.get("Thing")).toBeUndefined();
    expect([...host.events.types().keys()]).toEqual(["other"]);
    expect([host.events.types().get("other")?.refcount, host.events.sources()]).toEqual([0, []]);
    expect(Object.keys(host.tasks.handlers.list())).toEqual([]);
    expect(host.tasks.hooks.of("thing.do", "before", [])).toEqual([]);
    expect(["thing:1", "thing:2"].filter((name) => host.tasks.resources.has(name))).toEqual([]);
    expect(host.locks.isLocked("thing")).toBe(false);
    await expect(host.hooks.run("thing.hook")).rejects.toMatchObject({ code: "HOOK_UNKNOWN" });
    expect(await host.hooks.collectDebug("everything")).toBeUndefined();
    await manager.load("everything");
    expect(manager.list()).toMatchObject([{ state: "LOADED" }]);
  });

  it("stops dependants first, and starts what is required on loading", async () => {
    const manager = managerOf(
      host,
      folderOf({ "a.mjs": pluginFile("a"), "b.mjs": pluginFile("b", { depends: ["a"] }) }),
    );
    await manager.start();
    toldByPlugins();
    await manager.unload("a");
    expect(manager.list().map(({ state }) => state)).toEqual(["UNLOADED", "UNLOADED"]);
    await manager.load("b");
    expect(toldByPlugins()).toEqual(["b cleanup", "a cleanup", "a init", "b init"]);
    await manager.close();
    expect(toldByPlugins()).toEqual(["b cleanup", "a cleanup"]);
  });

  it("goes on when a plugin's own clean-up fails, and logs it", async () => {
    const manager = managerOf(
      host,
      folderOf({
        "a.mjs": `export const init = (d) => d.registerProvider("a", { methods: { b: { handler: () => 1 } } });
                  export const cleanup = () => { throw new Error("unclean"); };`,
      }),
    );
    await manager.start();
    await manager.unload("a");
    expect(host.services.has("a")).toBe(false);
    expect(host.log.filter(({ level }) => level === "error")).toMatchObject([
      { fields: { plugin: "a" }, message: "the plugin could not be stopped properly" },
    ]);
  });

  it("lets calls in progress finish and refuses new ones; a plugin that is gone can register nothing", async () => {
    let release: (value: string) => void = () => undefined;
    let kept: { registerHook(name: string): void } | undefined;
    const plugin = definePlugin({
      name: "p",
      services: { p: { methods: { wait: { handler: () => new Promise<string>((resolve) => (release = resolve)) } } } },
      start: (context) => (kept = context),
    });
    const manager = managerOf(host, folderOf({}), { plugins: [plugin] });
    await manager.start();
    const call = host.services.call("p.wait");
    await manager.unload("p");
    await expect(host.services.call("p.wait")).rejects.toMatchObject({ errno: 2 });
    release("done");
    expect(await call).toBe("done");
    expect(() => kept?.registerHook("x")).toThrow(expect.objectContaining({ code: "PLUGIN_UNLOADED" }));
  });
});
