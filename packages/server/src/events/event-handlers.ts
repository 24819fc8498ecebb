// The handlers inside the process. Each gets its own copy of the args; what it throws reaches the log and nobody else.

import type { Logger } from "@switchboard/core";
import { copyObject } from "./copy-value.ts";
import type { EventArgs, EventHandler } from "./event.ts";

interface Entry {
  readonly handler: EventHandler;
  readonly sync: boolean;
}

const done = Promise.resolve();

/** Handlers by exact event name, called in the order in which they were added. */
export class EventHandlers {
  readonly #logger: Logger;
  readonly #byName = new Map<string, Set<Entry>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** How many handlers a name has. */
  count(name: string): number {
    return this.#byName.get(name)?.size ?? 0;
  }

  /** Adds a handler; the same function twice is two handlers. Returns its remover, which is true the first time. */
  add(name: string, handler: EventHandler, sync: boolean): () => boolean {
    const entries = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, entries);
    const entry = { handler, sync };
    entries.add(entry);
    return () => {
      const isRemoved = entries.delete(entry);
      if (entries.size === 0 && this.#byName.get(name) === entries) this.#byName.delete(name);
      return isRemoved;
    };
  }

  /** Starts the handlers, and resolves when the sync ones are done, one after another. */
  dispatch(name: string, args: EventArgs): Promise<void> {
    const entries = this.#byName.get(name);
    if (entries === undefined) return done;
    const sync: (() => Promise<void>)[] = [];
    for (const entry of entries) {
      const run = this.#prepare(name, args, () => (entries.has(entry) ? entry.handler : undefined));
      if (run === undefined) continue;
      if (entry.sync) sync.push(run);
      else queueMicrotask(() => void run());
    }
    return sync.length === 0 ? done : inOrder(sync);
  }

  #prepare(name: string, args: EventArgs, current: () => EventHandler | undefined): (() => Promise<void>) | undefined {
    const fail = (error: unknown): void => {
      this.#logger.error({ event: name, err: error }, "an event handler has failed");
    };
    try {
      // Copied now: whoever emits may go on to change its object.
      const copy = copyObject(args);
      return async () => {
        try {
          await current()?.(copy, name);
        } catch (error) {
          fail(error);
        }
      };
    } catch (error) {
      fail(error);
      return undefined;
    }
  }
}

async function inOrder(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}
