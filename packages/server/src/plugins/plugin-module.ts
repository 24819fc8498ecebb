// Makes a plugin out of what a file exports: a default export made by `definePlugin`, or functions in the way of FreeNAS 10 plugins.

import { basename, extname } from "node:path";
import { ServerError } from "../errors.ts";
import type { Plugin } from "./plugin.ts";

const namePattern = /^[A-Za-z0-9][\w.-]{0,99}$/;
type Exports = Readonly<Record<string, unknown>>;
type AnyFunction = (...args: unknown[]) => unknown;

/** A plugin's name, when it does not say it itself: its file's, without folder and extension. */
export function nameOfFile(filename: string): string {
  return basename(filename, extname(filename));
}

/**
 * Reads a module: a default export with a `name`; else `_init` (or `init`), and if there are `_cleanup`, `_depends` and `_metadata` (or without `_`).
 * `_depends` and `_metadata` are called now, once.
 *
 * @throws {ServerError} PLUGIN_INVALID; and what those two throw.
 */
export async function toPlugin(exported: unknown, filename: string): Promise<Plugin> {
  // A CommonJS file's exports are the default export; a compiled one's have a default of their own.
  const exports = toExports(exported);
  const inner = toExports(exports["default"]);
  for (const candidate of [toExports(inner["default"]), inner]) {
    if (typeof candidate["name"] === "string") return checkPlugin(candidate as unknown as Plugin);
  }
  return fromFunctions(functionsOf({ ...inner, ...exports }), filename);
}

/** @throws {ServerError} PLUGIN_INVALID. */
export function checkPlugin(plugin: Plugin): Plugin {
  const { name, requires = [] } = plugin;
  if (!namePattern.test(name)) throw invalid(`expected a plugin name of letters, digits and "_.-"`, name);
  const isList = Array.isArray(requires) && requires.every((other) => typeof other === "string");
  if (!isList) throw invalid(`plugin ${name}: expected a list of plugin names in requires`, requires);
  for (const hook of ["start", "stop"] as const) {
    const value: unknown = plugin[hook];
    if (value !== undefined && typeof value !== "function") {
      throw invalid(`plugin ${name}: expected a function as ${hook}`, value);
    }
  }
  return plugin;
}

interface Functions {
  readonly init: AnyFunction;
  readonly cleanup: AnyFunction | undefined;
  readonly depends: AnyFunction | undefined;
  readonly metadata: AnyFunction | undefined;
}

async function fromFunctions({ init, cleanup, depends, metadata }: Functions, filename: string): Promise<Plugin> {
  return checkPlugin({
    name: nameOfFile(filename),
    requires: ((await depends?.()) ?? []) as readonly string[],
    metadata: await metadata?.(),
    // The context is both the dispatcher and the plugin, which those functions get as two arguments.
    start: (context) => init(context, context),
    ...(cleanup === undefined ? undefined : { stop: (context) => cleanup(context, context) }),
  });
}

function functionsOf(exports: Exports): Functions {
  const find = (name: string): AnyFunction | undefined => {
    const found = [exports[`_${name}`], exports[name]].find((value) => typeof value === "function");
    return found as AnyFunction | undefined;
  };
  const init = find("init");
  if (init === undefined) {
    throw invalid("expected a default export made by definePlugin, or a function _init", Object.keys(exports));
  }
  return { init, cleanup: find("cleanup"), depends: find("depends"), metadata: find("metadata") };
}

function toExports(value: unknown): Exports {
  return typeof value === "object" && value !== null ? (value as Exports) : {};
}

function invalid(message: string, got: unknown): ServerError {
  return new ServerError("PLUGIN_INVALID", `${message}, got ${(JSON.stringify(got) ?? typeof got).slice(0, 100)}`);
}
