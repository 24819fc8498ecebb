// What one plugin has registered, so that all of it can be taken back, the last thing first.

import { ServerError } from "../errors.ts";

/** What may be registered. */
export type RegistrationKind =
  | "service"
  | "event source"
  | "event type"
  | "event handler"
  | "task"
  | "task hook"
  | "schema"
  | "resource"
  | "tracked resources"
  | "hook point"
  | "hook"
  | "debug hook"
  | "lock";

/** One thing that was registered. */
export interface Registration {
  readonly kind: RegistrationKind;
  readonly name: string;
  /** What was registered, when one name can have several. */
  readonly subject?: unknown;
  readonly undo: () => unknown;
}

/** The registrations of one plugin. */
export class Registrations {
  readonly #plugin: string;
  #entries: Registration[] = [];
  #isClosed = false;

  constructor(plugin: string) {
    this.#plugin = plugin;
  }

  /** All of them as `kind name`, in order. */
  list(): string[] {
    return this.#entries.map(({ kind, name }) => `${kind} ${name}`);
  }

  /** Those of some kinds. */
  of(...kinds: readonly RegistrationKind[]): Registration[] {
    return this.#entries.filter(({ kind }) => kinds.includes(kind));
  }

  /** Registers something by `register`, which returns how to take it back. @throws {ServerError} PLUGIN_UNLOADED; and what `register` throws. */
  add(entry: Omit<Registration, "undo">, register: () => () => unknown): void {
    this.checkOpen();
    this.#entries.push({ ...entry, undo: register() });
  }

  /** @throws {ServerError} PLUGIN_UNLOADED. */
  checkOpen(): void {
    if (!this.#isClosed) return;
    throw new ServerError("PLUGIN_UNLOADED", `plugin ${this.#plugin} has been unloaded and can register nothing more`);
  }

  /** Takes one thing back. Nothing happens when it is not there: a `stop` may do by hand what is done for it anyway. */
  remove(kind: RegistrationKind, name: string, subject?: unknown): unknown {
    const index = this.#entries.findLastIndex(
      (entry) => entry.kind === kind && entry.name === name && (subject === undefined || entry.subject === subject),
    );
    const [entry] = index === -1 ? [] : this.#entries.splice(index, 1);
    return entry?.undo();
  }

  /** Forgets entries without undoing them. */
  forget(entries: readonly Registration[]): void {
    this.#entries = this.#entries.filter((entry) => !entries.includes(entry));
  }

  /** Takes everything back, the last thing first, whatever fails on the way; resolves with the failures. Nothing can be added later. */
  async close(): Promise<unknown[]> {
    this.#isClosed = true;
    const failures: unknown[] = [];
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await entry.undo();
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }
}
