// What a plugin is. Types, and `definePlugin`, which only gives its argument a type; plugin-module.ts reads files that export functions instead.

import type { EventSource, EventTypeOptions } from "../events/index.ts";
import type { Provider } from "../rpc/service.ts";
import type { JsonSchema } from "../schema/index.ts";
import type { TaskClass } from "../tasks/task.ts";
import type { PluginContext } from "./plugin-context.ts";

/** What a plugin brings along. Everything listed here is registered before `start` and taken back after `stop`. */
export interface Plugin {
  /** Unique on a server: letters, digits, `_`, `.` and `-`. */
  readonly name: string;
  /** Names of plugins that are started before this one and stopped after it. */
  readonly requires?: readonly string[];
  /** Anything, shown in the list of plugins. */
  readonly metadata?: unknown;
  /** Schema definitions by name. */
  readonly schemas?: Readonly<Record<string, JsonSchema>>;
  /** Event types by name. */
  readonly events?: Readonly<Record<string, EventTypeOptions>>;
  /** Event sources by name; a function is given the context and returns one. */
  readonly sources?: Readonly<Record<string, EventSource | ((context: PluginContext) => EventSource)>>;
  /** Services by name; a function is given the context and returns one. */
  readonly services?: Readonly<Record<string, Provider | ((context: PluginContext) => Provider)>>;
  /** Task classes by name. */
  readonly tasks?: Readonly<Record<string, TaskClass>>;
  /** Called when everything above is registered. What it registers through the context is taken back as well. */
  readonly start?: (context: PluginContext) => unknown;
  /** Called first when the plugin is unloaded. */
  readonly stop?: (context: PluginContext) => unknown;
}

/** Gives a plugin its type. A plugin's file exports the result as its default. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}

/** UNLOADED: not started, or stopped. ERROR: see its error. */
export type PluginState = "UNLOADED" | "LOADED" | "ERROR";

/** A plugin as the list shows it. */
export interface PluginInfo {
  readonly name: string;
  readonly state: PluginState;
  /** Null for plugins that were given to the server as objects. */
  readonly filename: string | null;
  readonly requires: readonly string[];
  readonly metadata: unknown;
  /** Why the state is ERROR; else null. */
  readonly error: string | null;
  /** What it has registered, as `kind name`. */
  readonly registered: readonly string[];
}
