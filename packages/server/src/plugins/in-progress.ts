// Counts the calls of a plugin's methods that are under way, so that a reload can let them finish before it stops the plugin.

import type { Clock } from "@switchboard/core";
import { type Deferred, deferred } from "../deferred.ts";
import type { MethodDefinition, ServiceDefinition } from "../rpc/service.ts";
import { within } from "../within.ts";

/** Calls under way. The items of a stream do not count, only the call that began it. */
export class InProgress {
  #count = 0;
  #idle: Deferred<void> | undefined;

  /** The same service, counted. */
  counted(definition: ServiceDefinition): ServiceDefinition {
    const methods = Object.entries(definition.methods).map(([name, method]) => [name, this.#countedMethod(method)]);
    return { ...definition, methods: Object.fromEntries(methods) as Record<string, MethodDefinition> };
  }

  /** Resolves with true when nothing is under way, with false after `timeoutMs`. */
  async settled(timeoutMs: number, clock: Clock): Promise<boolean> {
    if (this.#count === 0) return true;
    this.#idle ??= deferred();
    return within(
      { clock, timeoutMs, late: () => false },
      this.#idle.promise.then(() => true),
    );
  }

  #countedMethod(method: MethodDefinition): MethodDefinition {
    const call = method.handler as (...args: unknown[]) => unknown;
    const handler = (...args: unknown[]): unknown => {
      const result = call(...args);
      return result instanceof Promise ? this.#counted(result) : result;
    };
    return { ...method, handler };
  }

  async #counted(result: Promise<unknown>): Promise<unknown> {
    this.#count++;
    try {
      return await result;
    } finally {
      this.#count--;
      if (this.#count === 0) {
        this.#idle?.resolve();
        this.#idle = undefined;
      }
    }
  }
}
