// A host for plugins without sockets, plugin folders made of texts, and an import that is Node's own.

import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Logger, systemClock } from "@switchboard/core";
import { openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { afterAll, onTestFinished } from "vitest";
import { ConfigStore, Datastore } from "../../src/datastore/index.ts";
import { EventHub } from "../../src/events/index.ts";
import {
  CrashReports,
  Hooks,
  type PluginHost,
  PluginManager,
  type PluginManagerOptions,
} from "../../src/plugins/index.ts";
import { ServiceRegistry } from "../../src/rpc/index.ts";
import { SchemaRegistry } from "../../src/schema/index.ts";
import { Locks } from "../../src/services/locks.ts";
import { ResourceGraph } from "../../src/tasks/resource-graph.ts";
import { TaskHandlers } from "../../src/tasks/task-handlers.ts";
import { TaskHooks } from "../../src/tasks/task-hooks.ts";

/** Node's `import`: the test runner's own drops the version from a URL. */
const importModule = nativeImport();

function nativeImport(): (url: string) => Promise<unknown> {
  const file = join(tempFolder(), "import.cjs");
  writeFileSync(file, "module.exports = (url) => import(url);");
  return createRequire(import.meta.url)(file) as (url: string) => Promise<unknown>;
}

const opened: { stores?: Promise<{ datastore: Datastore; configstore: ConfigStore; close: () => Promise<void> }> } = {};
afterAll(async () => (await opened.stores)?.close());

/** One datastore for all tests of a file: opening one takes a while. */
async function openStores(): Promise<{ datastore: Datastore; configstore: ConfigStore; close: () => Promise<void> }> {
  const sql = await openSql({ driver: "sqlite", path: join(tempFolder(), "test.db") });
  const datastore = await Datastore.open(sql);
  const close = async (): Promise<void> => {
    datastore.close();
    await sql.close();
  };
  return { datastore, configstore: await ConfigStore.open(datastore), close };
}

/** A line of the log. */
export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A host of real parts, with its log and the events it emits. */
export interface TestHost extends PluginHost {
  readonly log: LogLine[];
  /** Events of plugins as `name argument`. */
  readonly told: string[];
  readonly crashFolder: string;
}

export async function testHost(): Promise<TestHost> {
  const log: LogLine[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void log.push({ level, fields: fields as Record<string, unknown>, message });
  const logger: Logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const { datastore, configstore } = await (opened.stores ??= openStores());
  const events = new EventHub({ logger });
  onTestFinished(() => events.close());
  const schemas = new SchemaRegistry();
  const crashFolder = join(tempFolder(), "crash");
  const crashReports = new CrashReports({ folder: crashFolder, logger });
  const told: string[] = [];
  for (const name of ["loaded", "initialized", "load_error"]) {
    const event = `server.plugin.${name}`;
    events.on(event, (args) => told.push(`${name} ${String(args["name"]).replace(/^.*\//, "")}`), { sync: true });
  }
  return {
    services: new ServiceRegistry({ schemas, logger }),
    events,
    tasks: {
      handlers: new TaskHandlers(schemas),
      hooks: new TaskHooks(),
      resources: new ResourceGraph(),
      submit: () => Promise.resolve(1),
      run: () => Promise.resolve("result"),
      recycle: () => undefined,
    },
    schemas,
    datastore,
    logStore: datastore,
    configstore,
    locks: new Locks(),
    hooks: new Hooks({ logger, crashReports }),
    crashReports,
    logger,
    clock: systemClock,
    config: (section) => (section === "weather" ? { station: 7 } : {}),
    pushStatus: () => undefined,
    log,
    told,
    crashFolder,
  };
}

/** Writes files, by path below a new folder, and returns the folder. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  writeFiles(folder, files);
  return folder;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A manager of the plugins in one folder, stopped at the end of the test. */
export function managerOf(
  host: PluginHost,
  folder: string,
  options: Partial<PluginManagerOptions> = {},
): PluginManager {
  const manager = new PluginManager({ host, directories: [folder], importModule, ...options });
  onTestFinished(() => manager.close());
  return manager;
}

/** A file of a plugin that tells the global list what is called, and offers a service of its name that answers with `version`. */
export function pluginFile(
  name: string,
  { depends = [], version = 1 }: { depends?: string[]; version?: number } = {},
): string {
  return `
    const told = (globalThis.pluginTold ??= []);
    export function _depends() { return ${JSON.stringify(depends)}; }
    export function _metadata() { return { version: ${version} }; }
    export function _init(dispatcher, plugin) {
      told.push("${name} init" + (dispatcher === plugin ? "" : " differ"));
      dispatcher.registerProvider("${name}", { methods: { version: { handler: () => ${version} } } });
    }
    export function _cleanup() { told.push("${name} cleanup"); }
  `;
}

/** What plugins made by {@link pluginFile} have told since this was called last. */
export function toldByPlugins(): string[] {
  const all = globalThis as { pluginTold?: string[] };
  return (all.pluginTold ?? []).splice(0);
}
