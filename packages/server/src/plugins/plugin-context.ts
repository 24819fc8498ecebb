// What a plugin is given: the public interface of the dispatcher, under the manual's names. Everything it registers here is taken back when the plugin
// is unloaded, whether or not its `stop` does so.

import type { Logger } from "@switchboard/core";
import type { CallArguments } from "@switchboard/protocol";
import type { ConfigStore, Datastore, KeyType, CollectionAttributes } from "../datastore/index.ts";
import type { EventArgs, EventHandler, EventSource, EventTypeOptions, EventWait } from "../events/index.ts";
import { ServerError } from "../errors.ts";
import { type Provider, serviceOf } from "../rpc/index.ts";
import { checkMethods } from "../rpc/local-service.ts";
import type { JsonSchema } from "../schema/index.ts";
import type { LockHandle } from "../services/locks.ts";
import type { ResourceGraph } from "../tasks/resource-graph.ts";
import { type TrackedResources, trackResources } from "../tasks/track-resources.ts";
import type { HookCondition } from "../tasks/task-hooks.ts";
import type { TaskClass } from "../tasks/task.ts";
import type { HeldServices } from "./held-services.ts";
import type { DebugHook, Hook } from "./hooks.ts";
import { InProgress } from "./in-progress.ts";
import type { PluginHost } from "./plugin-host.ts";
import { Registrations } from "./registrations.ts";

/** A class whose one instance the server makes and keeps; it is given the context. */
export type ClassOf<Instance> = new (context: PluginContext) => Instance;

/** Who a context is for. */
export interface PluginContextOptions {
  readonly name: string;
  /** The plugin's file; null when it has none. */
  readonly filename: string | null;
  readonly host: PluginHost;
  readonly held: HeldServices;
}

/** The dispatcher as one plugin sees it. */
export class PluginContext {
  /** The plugin's name. */
  readonly name: string;
  /** Writes lines that name the plugin. */
  readonly logger: Logger;
  /** For the plugin manager: what has been registered. */
  readonly registrations: Registrations;
  /** For the plugin manager: calls of the plugin's methods that are under way. */
  readonly inProgress: InProgress = new InProgress();
  readonly #options: PluginContextOptions;
  readonly #host: PluginHost;
  readonly #starting: Promise<unknown>[] = [];

  constructor(options: PluginContextOptions) {
    this.name = options.name;
    this.#options = options;
    this.#host = options.host;
    this.registrations = new Registrations(options.name);
    this.logger = loggerFor(options.name, options.host.logger);
  }

  /** Configuration and whatever else shall be kept. */
  get datastore(): Datastore {
    return this.#host.datastore;
  }

  /** History. */
  get datastoreLog(): Datastore {
    return this.#host.logStore;
  }

  get configstore(): ConfigStore {
    return this.#host.configstore;
  }

  /** A section of the configuration file that the server does not know itself; empty when there is none. */
  config(section: string): Readonly<Record<string, unknown>> {
    return this.#host.config(section);
  }

  // Services

  /**
   * Offers a service: a definition, an instance of a class with decorated methods, or such a class. Of a class one instance is made, with the context;
   * if it has `initialize(context)`, that is called, and the service offered when it is done.
   *
   * @throws {ServerError} RPC_SERVICE_EXISTS, RPC_DEFINITION_INVALID, SCHEMA_INVALID, PLUGIN_UNLOADED.
   */
  registerProvider(name: string, provider: Provider | ClassOf<object>): void {
    this.registrations.checkOpen();
    const instance = isClass<object>(provider) ? new provider(this) : provider;
    const initialize = (instance as { initialize?: unknown }).initialize;
    const initialized: unknown = typeof initialize === "function" ? initialize.call(instance, this) : undefined;
    const register = (): void => {
      const definition = serviceOf(instance);
      checkMethods(name, definition.methods);
      const counted = this.inProgress.counted(definition);
      this.registrations.add({ kind: "service", name }, () => {
        this.#options.held.release(name);
        return this.#host.services.register(name, counted);
      });
    };
    if (initialized instanceof Promise) this.#startLater(initialized.then(register));
    else register();
  }

  unregisterProvider(name: string): void {
    this.registrations.remove("service", name);
  }

  /** Calls `service.method` in this process: no login, no roles, no schemas. A stream comes as an async iterable. Rejects with {@link RpcError}. */
  callSync(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#host.services.call(method, args);
  }

  /** Like {@link callSync}, with arguments by name or as an array, iterated over. */
  stream(method: string, args?: CallArguments): AsyncIterable<unknown> {
    return this.#host.services.stream(method, args);
  }

  // Events

  /** Emits an event; resolves when its sync handlers are done. Never rejects. */
  emitEvent(name: string, properties?: EventArgs): Promise<void> {
    return this.#host.events.emit(name, properties);
  }

  /** Another name of {@link emitEvent}. */
  dispatchEvent(name: string, properties?: EventArgs): Promise<void> {
    return this.emitEvent(name, properties);
  }

  /** Starts an event source, or an instance of a class made with the context. @throws {ServerError} EVENT_SOURCE_EXISTS, EVENT_NAME_INVALID. */
  registerEventSource(name: string, source: EventSource | ClassOf<EventSource>): void {
    this.registrations.add({ kind: "event source", name }, () =>
      this.#host.events.registerSource(name, isClass<EventSource>(source) ? new source(this) : source),
    );
  }

  /** Stops an event source; resolves when it has ended. */
  async unregisterEventSource(name: string): Promise<void> {
    await this.registrations.remove("event source", name);
  }

  /** Makes an event type known. @throws {ServerError} EVENT_TYPE_EXISTS, EVENT_NAME_INVALID. */
  registerEventType(name: string, options?: EventTypeOptions): void {
    this.registrations.add({ kind: "event type", name }, () => this.#host.events.registerType(name, options));
  }

  unregisterEventType(name: string): void {
    this.registrations.remove("event type", name);
  }

  /** Calls a function for each event of exactly this name, and returns the function. With `sync`, whoever emits waits for it. */
  registerEventHandler<Handler extends EventHandler>(
    name: string,
    handler: Handler,
    options?: { readonly sync?: boolean },
  ): Handler {
    checkFunction(`handler of the event ${name}`, handler);
    this.registrations.add({ kind: "event handler", name, subject: handler }, () =>
      this.#host.events.on(name, handler, options),
    );
    return handler;
  }

  /** Like {@link registerEventHandler}, for the next event only. */
  registerEventHandlerOnce<Handler extends EventHandler>(name: string, handler: Handler): Handler {
    checkFunction(`handler of the event ${name}`, handler);
    const once: EventHandler = (args, event) => {
      this.registrations.remove("event handler", name, handler);
      return handler(args, event);
    };
    this.registrations.add({ kind: "event handler", name, subject: handler }, () => this.#host.events.once(name, once));
    return handler;
  }

  unregisterEventHandler(name: string, handler: EventHandler): void {
    this.registrations.remove("event handler", name, handler);
  }

  /** See {@link Events.testOrWait}. */
  testOrWaitForEvent(wait: EventWait & { readonly condition: () => unknown }): Promise<boolean> {
    return this.#host.events.testOrWait(wait);
  }

  /** See {@link Events.execAndWait}. */
  execAndWaitForEvent(wait: EventWait & { readonly run: () => unknown }): Promise<boolean> {
    return this.#host.events.execAndWait(wait);
  }

  // Tasks

  /** Makes a task submittable. `exportName`: under which name the plugin's file exports the class, for tasks that run in a process of their own. */
  registerTaskHandler(name: string, taskClass: TaskClass, { exportName }: { readonly exportName?: string } = {}): void {
    const { filename } = this.#options;
    const source =
      filename === null ? undefined : { filename, ...(exportName === undefined ? undefined : { exportName }) };
    this.registrations.add({ kind: "task", name }, () => this.#host.tasks.handlers.register(name, taskClass, source));
  }

  unregisterTaskHandler(name: string): void {
    this.registrations.remove("task", name);
  }

  /** Gives a task a second name. */
  registerTaskAlias(alias: string, name: string): void {
    this.registrations.add({ kind: "task", name: alias }, () => this.#host.tasks.handlers.registerAlias(alias, name));
  }

  /** Runs a task `hook` at a point of another one: `<task>:before`, `<task>:after` or `<task>:error`. */
  registerTaskHook(point: string, hook: string, condition?: HookCondition): void {
    this.registrations.add({ kind: "task hook", name: point, subject: hook }, () => {
      this.#host.tasks.hooks.register(point, hook, condition);
      return () => this.#host.tasks.hooks.unregister(point, hook);
    });
  }

  unregisterTaskHook(point: string, hook: string): void {
    this.registrations.remove("task hook", point, hook);
  }

  /** Submits a task and resolves with its number. */
  submitTask(name: string, ...args: readonly unknown[]): Promise<number> {
    return this.#host.tasks.submit(name, args);
  }

  /** Runs a task and resolves with its result. */
  callTaskSync(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#host.tasks.run(name, args);
  }

  /** The graph of resources that tasks lock, for what {@link registerResource} does not do. */
  get resources(): ResourceGraph {
    return this.#host.tasks.resources;
  }

  registerResource(name: string, parents: readonly string[] = [], children: readonly string[] = []): void {
    this.registrations.add({ kind: "resource", name }, () => {
      this.resources.register(name, { parents, children });
      // It may have been renamed, or removed with an ancestor.
      return () => (this.resources.has(name) ? this.resources.unregister(name) : undefined);
    });
  }

  unregisterResource(name: string): void {
    this.registrations.remove("resource", name);
  }

  /**
   * Keeps one resource for each object of a service, and follows its changes. Resolves when those that exist are there, for which the plugin's start
   * waits anyway; rejects with what the query rejects with.
   */
  trackResources(tracked: TrackedResources): Promise<void> {
    this.registrations.checkOpen();
    const { services, events } = this.#host;
    const support = { resources: this.resources, services, events, logger: this.logger };
    const tracking = trackResources(tracked, support).then((stop) => {
      try {
        this.registrations.add({ kind: "tracked resources", name: tracked.query }, () => stop);
      } catch (error) {
        stop();
        throw error;
      }
    });
    this.#startLater(tracking);
    return tracking;
  }

  // Schemas

  /** Makes a schema known by name. @throws {ServerError} SCHEMA_INVALID, SCHEMA_EXISTS. */
  registerSchemaDefinition(name: string, schema: JsonSchema): void {
    this.registrations.add({ kind: "schema", name }, () => {
      this.#host.schemas.register(name, schema, { owner: this });
      return () => this.#host.schemas.unregister(name, { owner: this });
    });
  }

  unregisterSchemaDefinition(name: string): void {
    this.registrations.remove("schema", name);
  }

  // Hooks

  /** Offers a hook point. @throws {ServerError} HOOK_EXISTS. */
  registerHook(name: string): void {
    this.registrations.add({ kind: "hook point", name }, () => this.#host.hooks.register(name));
  }

  unregisterHook(name: string): void {
    this.registrations.remove("hook point", name);
  }

  /** Attaches a function to a hook point, which is made when it is missing. */
  attachHook(name: string, hook: Hook): void {
    checkFunction(`hook at ${name}`, hook);
    this.registrations.add({ kind: "hook", name, subject: hook }, () => this.#host.hooks.attach(name, hook));
  }

  detachHook(name: string, hook: Hook): void {
    this.registrations.remove("hook", name, hook);
  }

  /** Calls what is attached; see {@link Hooks.run}. */
  runHook(name: string, ...args: readonly unknown[]): Promise<boolean> {
    return this.#host.hooks.run(name, ...args);
  }

  /** Contributes to the debug archive: the function returns descriptions of attachments. */
  registerDebugHook(hook: DebugHook): void {
    this.registrations.add({ kind: "debug hook", name: this.name, subject: hook }, () =>
      this.#host.hooks.registerDebug(this.name, hook),
    );
  }

  // The rest

  /** Creates a collection, if it is missing. */
  async requireCollection(
    name: string,
    keyType: KeyType = "uuid",
    attributes: CollectionAttributes = {},
  ): Promise<void> {
    const store = attributes.type === "log" ? this.datastoreLog : this.datastore;
    await store.requireCollection(name, keyType, attributes);
  }

  /** A lock that this plugin and clients (by the service `lock`) share. Released when the plugin is unloaded. */
  getLock(name: string): LockHandle {
    if (this.registrations.of("lock").length === 0) {
      this.registrations.add({ kind: "lock", name: "all" }, () => () => this.#host.locks.releaseAll(this));
    }
    return this.#host.locks.handle(name, this);
  }

  /** Tells the service manager how far starting has come. */
  pushStatus(text: string): void {
    this.#host.pushStatus(text);
  }

  /** Writes a crash report. Never rejects. */
  async reportError(title: string, error: unknown): Promise<void> {
    this.logger.error({ err: error }, title);
    await this.#host.crashReports.write(`${this.name}: ${title}`, error);
  }

  /** For the plugin manager: waits for what was begun while registering. Rejects with what failed. */
  async started(): Promise<void> {
    while (this.#starting.length > 0) await this.#starting.shift();
  }

  #startLater(work: Promise<unknown>): void {
    // Whoever awaits `started` gets the error; it may do so late.
    work.catch(() => undefined);
    this.#starting.push(work);
  }
}

/** @throws {ServerError} PLUGIN_INVALID. */
function checkFunction(what: string, value: unknown): void {
  if (typeof value === "function") return;
  const got = JSON.stringify(value)?.slice(0, 100) ?? typeof value;
  throw new ServerError("PLUGIN_INVALID", `${what}: expected a function, got ${got}`);
}

function isClass<Instance>(value: unknown): value is ClassOf<Instance> {
  return typeof value === "function";
}

function loggerFor(plugin: string, logger: Logger): Logger {
  return {
    debug: (fields, message) => logger.debug({ plugin, ...fields }, message),
    info: (fields, message) => logger.info({ plugin, ...fields }, message),
    warn: (fields, message) => logger.warn({ plugin, ...fields }, message),
    error: (fields, message) => logger.error({ plugin, ...fields }, message),
  };
}
