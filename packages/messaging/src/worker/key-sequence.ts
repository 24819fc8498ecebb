// The order of messages that must not overtake one another, while all others may.

import type { MaybePromise } from "./kinds.ts";

/**
 * Runs tasks one after the other per key, and tasks of different keys at the same time: how a worker handles many messages at once and
 * still answers one person in order. Holds memory only for keys with a task that has not ended.
 */
export class KeySequence {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Runs `task` when the earlier ones of `key` have settled, however; settles as it does. Without earlier ones it runs at once, and what it
   * returns or throws is returned or thrown as it is.
   */
  run<Result>(key: string, task: () => MaybePromise<Result>): MaybePromise<Result> {
    const previous = this.#last.get(key);
    const running = previous === undefined ? task() : previous.then(task, task);
    if (!(running instanceof Promise)) return running;
    this.#last.set(key, running);
    const forget = this.#forget.bind(this, key, running);
    running.then(forget, forget);
    return running;
  }

  #forget(key: string, task: Promise<unknown>): void {
    if (this.#last.get(key) === task) this.#last.delete(key);
  }
}
