// Finds, starts, stops and reloads plugins. One thing at a time; a plugin that fails is shown with its error and takes nothing else down.

import { errno, RpcError } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import { findPlugins, fingerprint, type PluginFile } from "./find-plugins.ts";
import { HeldServices } from "./held-services.ts";
import { forgetCommonJs, importPlugin, type ImportModule } from "./import-plugin.ts";
import { loadOrder } from "./load-order.ts";
import type { Plugin, PluginInfo } from "./plugin.ts";
import type { PluginHost } from "./plugin-host.ts";
import { checkPlugin, nameOfFile, toPlugin } from "./plugin-module.ts";
import { PluginRun } from "./plugin-run.ts";

/** Where plugins come from, and what they are given. */
export interface PluginManagerOptions {
  readonly host: PluginHost;
  /** Directories with plugin files, searched in this order. Default none. */
  readonly directories?: readonly string[];
  /** Plugins given as objects; they come before those of files. Default none. */
  readonly plugins?: readonly Plugin[];
  /** Also load what lies in directories named `disabled`. Default false. */
  readonly loadDisabled?: boolean;
  /** Milliseconds that a plugin may take to start, default 60_000. */
  readonly startTimeoutMs?: number;
  /** Milliseconds that a plugin may take to stop, and its calls to end before a reload, default 10_000. */
  readonly stopTimeoutMs?: number;
  /** How a module is imported. Default: Node's `import`. */
  readonly importModule?: ImportModule;
}

interface Entry {
  readonly name: string;
  readonly file: PluginFile | undefined;
  /** Undefined when its file could not be imported. */
  plugin: Plugin | undefined;
  run: PluginRun | undefined;
  error: unknown;
}

/** The plugins of a server. */
export class PluginManager {
  readonly #options: PluginManagerOptions;
  readonly #host: PluginHost;
  readonly #held: HeldServices;
  /** In the order in which they were found. */
  readonly #entries = new Map<string, Entry>();
  /** Names in the order in which they were started. */
  #started: string[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PluginManagerOptions) {
    this.#options = options;
    this.#host = options.host;
    this.#held = new HeldServices(options.host.services);
  }

  /** All plugins in the order in which they were found. */
  list(): PluginInfo[] {
    return [...this.#entries.values()].map(({ name, file, plugin, run, error }) => ({
      name,
      state: error === undefined ? (run === undefined ? "UNLOADED" : "LOADED") : "ERROR",
      filename: file?.path ?? null,
      requires: plugin?.requires ?? [],
      metadata: plugin?.metadata ?? null,
      error: error === undefined ? null : messageOf(error),
      registered: run?.context.registrations.list() ?? [],
    }));
  }

  /** Finds and starts all plugins. Never rejects because of a plugin. */
  start(): Promise<void> {
    return this.#oneAtATime(async () => {
      for (const plugin of this.#options.plugins ?? []) this.#add({ plugin: checkPlugin(plugin) });
      await this.#discover();
      await this.#startAll([...this.#entries.keys()]);
    });
  }

  /**
   * Starts a plugin that is not started, and the ones it requires. Its file is looked for, and read again when any code in the plugin directories has
   * changed.
   *
   * @throws {ServerError} PLUGIN_UNKNOWN; PLUGIN_INVALID, PLUGIN_DEPENDENCY, PLUGIN_FAILED: why it could not be started.
   */
  load(name: string): Promise<void> {
    return this.#oneAtATime(async () => {
      await this.#discover();
      const entry = this.#need(name);
      await this.#startAll(this.#requiredBy(name));
      if (entry.error !== undefined) throw entry.error;
    });
  }

  /** Stops a plugin, and before it those that require it. Nothing it registered is left. @throws {ServerError} PLUGIN_UNKNOWN. */
  unload(name: string): Promise<void> {
    return this.#oneAtATime(async () => {
      this.#need(name);
      for (const other of this.#dependantsOf(name)) await this.#stop(other);
    });
  }

  /**
   * Stops and starts a plugin and those that require it, or all of them; changed code is read again, new files are found and started. Meanwhile calls
   * of their services wait.
   *
   * @throws {ServerError} PLUGIN_UNKNOWN; with a name also PLUGIN_INVALID, PLUGIN_DEPENDENCY, PLUGIN_FAILED.
   */
  reload(name?: string): Promise<void> {
    return this.#oneAtATime(async () => {
      const names = name === undefined ? this.#started.toReversed() : this.#dependantsOf(this.#need(name).name);
      const former: PluginRun[] = [];
      try {
        for (const other of names) {
          const run = await this.#stop(other, this.#held);
          if (run !== undefined) former.push(run);
        }
        await this.#discover();
        await this.#startAll(name === undefined ? [...this.#entries.keys()] : [name, ...names]);
      } finally {
        this.#held.releaseAll();
        for (const run of former) await run.takeBackTasks();
        this.#host.tasks.recycle();
      }
      const error = name === undefined ? undefined : this.#entries.get(name)?.error;
      if (error !== undefined) throw error;
    });
  }

  /** Stops all plugins, each before those it requires. Never rejects. */
  close(): Promise<void> {
    return this.#oneAtATime(async () => {
      for (const name of this.#started.toReversed()) await this.#stop(name);
    });
  }

  // Finding

  /** Finds files, and imports those that are new, changed or not started. */
  async #discover(): Promise<void> {
    const { directories = [], loadDisabled = false } = this.#options;
    const { files, problems } = await findPlugins(directories, { loadDisabled });
    for (const problem of problems) this.#host.logger.warn({ problem }, "a plugin directory could not be read");
    const paths = new Set(files.map(({ path }) => path));
    for (const entry of this.#entries.values()) {
      const isGone = entry.file !== undefined && !paths.has(entry.file.path);
      if (isGone && entry.run === undefined) this.#entries.delete(entry.name);
    }
    const roots = [...new Set(files.map(({ root }) => root))];
    const version = await fingerprint(roots);
    forgetCommonJs(roots);
    for (const file of files) await this.#read(file, version);
  }

  async #read(file: PluginFile, version: string): Promise<void> {
    const known = [...this.#entries.values()].find((entry) => entry.file?.path === file.path);
    if (known?.run !== undefined) return;
    if (known !== undefined) this.#entries.delete(known.name);
    const { events, logger } = this.#host;
    try {
      const plugin = await toPlugin(await importPlugin(file, version, this.#options.importModule), file.path);
      this.#add({ plugin, file });
      await events.emit("server.plugin.loaded", { name: file.path });
    } catch (cause) {
      const code = cause instanceof ServerError && cause.code === "PLUGIN_EXISTS" ? cause.code : "PLUGIN_INVALID";
      const error = new ServerError(code, `${file.path}: ${messageOf(cause)}`, { cause });
      logger.error({ err: error, file: file.path }, "a plugin could not be loaded");
      await this.#host.crashReports.write(`Loading plugin ${file.path}`, cause);
      await events.emit("server.plugin.load_error", { name: file.path });
      const name = nameOfFile(file.path);
      // The one that was there first keeps the name; the other is shown under its path.
      this.#entries.set(this.#entries.has(name) ? file.path : name, failed(name, file, error));
    }
  }

  #add({ plugin, file }: { readonly plugin: Plugin; readonly file?: PluginFile }): void {
    const { name } = plugin;
    const other = this.#entries.get(name);
    if (other !== undefined) {
      const where = other.file === undefined ? "the program that runs this server" : other.file.path;
      throw new ServerError("PLUGIN_EXISTS", `the plugin ${name} exists already, in ${where}`);
    }
    this.#entries.set(name, { name, plugin, file, run: undefined, error: undefined });
  }

  // Starting and stopping

  async #startAll(names: readonly string[]): Promise<void> {
    const waiting = [...new Set(names)].flatMap((name) => {
      const entry = this.#entries.get(name);
      if (entry?.plugin === undefined || entry.run !== undefined) return [];
      return [{ name, requires: entry.plugin.requires ?? [], entry, plugin: entry.plugin }];
    });
    const { order, refused } = loadOrder(waiting, new Set(this.#started));
    for (const { name, requires, entry, plugin } of order) {
      const failedOne = requires.find((other) => !this.#started.includes(other));
      if (failedOne === undefined) await this.#startOne(entry, plugin);
      else await this.#refuse(name, `requires ${failedOne}, which failed`);
    }
    if (refused.size === 0) return;
    const plugins = Object.fromEntries(refused);
    this.#host.logger.warn({ plugins }, `plugins that cannot be started: ${[...refused.keys()].join(", ")}`);
    for (const [name, reason] of refused) await this.#refuse(name, reason);
  }

  async #startOne(entry: Entry, plugin: Plugin): Promise<void> {
    const { host, startTimeoutMs = 60_000, stopTimeoutMs = 10_000 } = this.#options;
    const { name, file } = entry;
    host.pushStatus(`starting plugin ${name}`);
    const run = new PluginRun({ plugin, filename: file?.path ?? null, host, held: this.#held, stopTimeoutMs });
    try {
      await run.start(startTimeoutMs);
      entry.run = run;
      entry.error = undefined;
      this.#started.push(name);
      await host.events.emit("server.plugin.initialized", { name });
    } catch (cause) {
      await run.takeBack();
      const where = file === undefined ? "" : `${file.path}: `;
      entry.error = new ServerError("PLUGIN_FAILED", `${where}plugin ${name}: ${messageOf(cause)}`, { cause });
      host.logger.error({ err: cause, plugin: name }, "a plugin could not be started");
      await host.crashReports.write(`Starting plugin ${name}`, cause);
      await host.events.emit("server.plugin.load_error", { name });
    }
  }

  async #refuse(name: string, reason: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.error = new ServerError("PLUGIN_DEPENDENCY", `plugin ${name} ${reason}`);
    await this.#host.events.emit("server.plugin.load_error", { name });
  }

  /** With `held`: its services wait, and its tasks stay, for a successor. Returns what ran. */
  async #stop(name: string, held?: HeldServices): Promise<PluginRun | undefined> {
    const entry = this.#entries.get(name);
    const run = entry?.run;
    if (entry === undefined) return undefined;
    entry.error = undefined;
    if (run === undefined) return undefined;
    if (held !== undefined) await run.hold();
    await run.stop();
    entry.run = undefined;
    this.#started = this.#started.filter((other) => other !== name);
    return run;
  }

  #need(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw new ServerError("PLUGIN_UNKNOWN", `there is no plugin ${JSON.stringify(name.slice(0, 100))}`);
  }

  /** A plugin and those that require it, directly or not, in the order in which they are to be stopped. */
  #dependantsOf(name: string): string[] {
    const found = new Set([name]);
    // A dependant is always started after what it requires.
    for (const other of this.#started) {
      const requires = this.#entries.get(other)?.plugin?.requires ?? [];
      if (requires.some((required) => found.has(required))) found.add(other);
    }
    return [
      ...this.#started.filter((other) => found.has(other)).toReversed(),
      ...(this.#started.includes(name) ? [] : [name]),
    ];
  }

  /** A plugin and those it requires, directly or not. */
  #requiredBy(name: string, found: Set<string> = new Set()): string[] {
    if (found.has(name)) return [...found];
    found.add(name);
    for (const required of this.#entries.get(name)?.plugin?.requires ?? []) this.#requiredBy(required, found);
    return [...found];
  }

  #oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function failed(name: string, file: PluginFile, error: unknown): Entry {
  return { name, file, plugin: undefined, run: undefined, error };
}

function messageOf(error: unknown): string {
  if (error instanceof RpcError && error.errno === errno.EFAULT && error.cause !== undefined)
    return messageOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}
