// Hook points that plugins offer and others attach functions to, and the functions that contribute to the debug archive.

import type { Logger } from "@switchboard/core";
import { ServerError } from "../errors.ts";
import type { CrashReports } from "./crash-reports.ts";

/** A function attached to a hook point. */
// oxlint-disable-next-line typescript/no-explicit-any -- hook points take what their owner documents
export type Hook = (...args: any[]) => unknown;

/** Describes what a plugin contributes to the debug archive. */
export type DebugHook = () => unknown;

/** The hook points of a server. */
export class Hooks {
  readonly #points = new Map<string, Set<{ readonly hook: Hook }>>();
  readonly #registered = new Set<string>();
  readonly #debug = new Map<string, Set<{ readonly hook: DebugHook }>>();
  readonly #logger: Logger;
  readonly #crashReports: Pick<CrashReports, "write">;

  constructor(options: { readonly logger: Logger; readonly crashReports: Pick<CrashReports, "write"> }) {
    this.#logger = options.logger;
    this.#crashReports = options.crashReports;
  }

  /** Adds a hook point; one that {@link attach} made is taken over with its functions. Returns its remover. @throws {ServerError} HOOK_EXISTS. */
  register(name: string): () => void {
    const existing = this.#points.get(name);
    if (existing !== undefined && this.#registered.has(name)) {
      throw new ServerError("HOOK_EXISTS", `there is a hook point ${JSON.stringify(name)} already`);
    }
    this.#registered.add(name);
    if (existing === undefined) this.#points.set(name, new Set());
    return () => {
      if (this.#registered.delete(name)) this.#points.delete(name);
    };
  }

  /** Adds a function to a point, which is made when it is missing. Returns its remover. */
  attach(name: string, hook: Hook): () => void {
    const hooks = this.#points.get(name) ?? new Set();
    this.#points.set(name, hooks);
    const entry = { hook };
    hooks.add(entry);
    return () => void hooks.delete(entry);
  }

  /**
   * Calls the functions in the order in which they were attached. False as soon as one fails, or returns something false, or nothing.
   *
   * @throws {ServerError} HOOK_UNKNOWN.
   */
  async run(name: string, ...args: readonly unknown[]): Promise<boolean> {
    const hooks = this.#points.get(name);
    if (hooks === undefined) throw new ServerError("HOOK_UNKNOWN", `there is no hook point ${JSON.stringify(name)}`);
    for (const { hook } of hooks) {
      try {
        if (!(await hook(...args))) return false;
      } catch (error) {
        this.#logger.error({ hook: name, err: error }, "a hook has failed");
        await this.#crashReports.write(`Hook ${name}`, error);
        return false;
      }
    }
    return true;
  }

  /** Adds a contribution of a plugin to the debug archive. Returns its remover. */
  registerDebug(plugin: string, hook: DebugHook): () => void {
    const hooks = this.#debug.get(plugin) ?? new Set();
    this.#debug.set(plugin, hooks);
    const entry = { hook };
    hooks.add(entry);
    return () => {
      hooks.delete(entry);
      if (hooks.size === 0 && this.#debug.get(plugin) === hooks) this.#debug.delete(plugin);
    };
  }

  /** What a plugin contributes to the debug archive; undefined when it contributes nothing. Rejects with what its functions throw. */
  async collectDebug(plugin: string): Promise<unknown[] | undefined> {
    const hooks = this.#debug.get(plugin);
    if (hooks === undefined) return undefined;
    const found: unknown[] = [];
    for (const { hook } of hooks) {
      const attachments = await hook();
      found.push(...(Array.isArray(attachments) ? (attachments as unknown[]) : [attachments]));
    }
    return found;
  }
}
