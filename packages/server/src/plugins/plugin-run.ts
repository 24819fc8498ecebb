// One life of a plugin, from its start to its end: what it was given, and how everything is taken back.

import { within } from "../within.ts";
import type { HeldServices } from "./held-services.ts";
import type { Plugin } from "./plugin.ts";
import { PluginContext } from "./plugin-context.ts";
import type { PluginHost } from "./plugin-host.ts";
import type { Registration } from "./registrations.ts";

/** What is started. */
export interface PluginRunOptions {
  readonly plugin: Plugin;
  readonly filename: string | null;
  readonly host: PluginHost;
  readonly held: HeldServices;
  readonly stopTimeoutMs: number;
}

/** A plugin that is started, or is being started. */
export class PluginRun {
  readonly context: PluginContext;
  readonly #options: PluginRunOptions;
  /** Kept for the plugin's next life, so that tasks can be submitted while it is reloaded. */
  #tasks: readonly Registration[] = [];

  constructor(options: PluginRunOptions) {
    const { plugin, filename, host, held } = options;
    this.#options = options;
    this.context = new PluginContext({ name: plugin.name, filename, host, held });
  }

  /** Registers what the plugin lists, and calls its `start`. Rejects with what fails, or when it takes too long. */
  async start(timeoutMs: number): Promise<void> {
    const { plugin } = this.#options;
    await this.#within(timeoutMs, "start", async () => {
      this.#registerListed(plugin);
      await this.context.started();
      await plugin.start?.(this.context);
      await this.context.started();
    });
  }

  /** Makes new calls of the plugin's services wait for its next life, and lets those under way finish. Its tasks stay submittable. */
  async hold(): Promise<void> {
    const { held, host, stopTimeoutMs } = this.#options;
    const { registrations, inProgress, logger } = this.context;
    const services = registrations.of("service");
    registrations.forget(services);
    for (const { name, undo } of services) held.hold(name, undo);
    this.#tasks = registrations.of("task");
    registrations.forget(this.#tasks);
    if (!(await inProgress.settled(stopTimeoutMs, host.clock))) {
      logger.warn({ stopTimeoutMs }, "calls of a plugin go on for too long; it is reloaded all the same");
    }
  }

  /** Calls the plugin's `stop`, then takes everything back. Never rejects. */
  async stop(): Promise<void> {
    const { plugin, stopTimeoutMs } = this.#options;
    try {
      await this.#within(stopTimeoutMs, "stop", async () => plugin.stop?.(this.context));
    } catch (error) {
      await this.context.reportError("the plugin could not be stopped properly", error);
    }
    await this.takeBack();
  }

  /** Takes everything back. Never rejects. */
  async takeBack(): Promise<void> {
    for (const error of await this.context.registrations.close()) {
      await this.context.reportError("a registration could not be taken back", error);
    }
  }

  /** Takes back the tasks that {@link hold} has kept; those that were registered anew meanwhile stay. */
  async takeBackTasks(): Promise<void> {
    for (const { undo } of this.#tasks.toReversed()) await undo();
    this.#tasks = [];
  }

  #registerListed({ schemas = {}, events = {}, sources = {}, services = {}, tasks = {} }: Plugin): void {
    const { context } = this;
    for (const [name, schema] of Object.entries(schemas)) context.registerSchemaDefinition(name, schema);
    for (const [name, options] of Object.entries(events)) context.registerEventType(name, options);
    for (const [name, given] of Object.entries(services)) context.registerProvider(name, made(given, context));
    for (const [name, taskClass] of Object.entries(tasks)) context.registerTaskHandler(name, taskClass);
    for (const [name, given] of Object.entries(sources)) context.registerEventSource(name, made(given, context));
  }

  async #within(timeoutMs: number, step: string, work: () => Promise<unknown>): Promise<void> {
    const late = (): never => {
      throw new Error(`${step} took longer than ${timeoutMs} ms`);
    };
    await within({ clock: this.#options.host.clock, timeoutMs, late }, work());
  }
}

/** Plugins may list a function that makes the thing. A class is left to the context. */
function made<Given extends object>(given: Given | ((context: PluginContext) => Given), context: PluginContext): Given {
  const isMaker = typeof given === "function" && !/^class\b/.test(Function.prototype.toString.call(given));
  return isMaker ? given(context) : (given as Given);
}
