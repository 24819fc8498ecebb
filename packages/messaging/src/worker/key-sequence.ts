/**
 * Runs tasks one after the other per key, and tasks of different keys at the same time: how a worker handles many messages at once and
 * still answers one person in order. Holds memory only for keys with a task that has not ended.
 */
export class KeySequence {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `task` when the earlier ones of `key` have settled, however; resolves or rejects as it does. */
  run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const previous = this.#last.get(key);
    const running = previous === undefined ? task() : previous.then(task, task);
    this.#last.set(key, running);
    running.then(
      () => this.#forget(key, running),
      () => this.#forget(key, running),
    );
    return running;
  }

  #forget(key: string, task: Promise<unknown>): void {
    if (this.#last.get(key) === task) this.#last.delete(key);
  }
}
