// The order of messages that must not overtake one another, while all others may.

/**
 * Lets tasks of one key begin one after the other, and tasks of different keys at the same time: how a worker handles many messages at once
 * and still answers one person in order. Holds memory only for keys with a task that has not ended.
 */
export class KeySequence {
  /** What waits behind the task that has begun. Nothing large: what a Map held may outlive many collections. */
  readonly #waiting = new Map<string, (() => void)[] | undefined>();

  /** Undefined when a task of `key` may begin now; otherwise resolves when it may. Whoever has begun calls {@link leave} once, in the end. */
  enter(key: string): Promise<void> | undefined {
    if (!this.#waiting.has(key)) {
      this.#waiting.set(key, undefined);
      return undefined;
    }
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) this.#waiting.set(key, [resolve]);
      else waiting.push(resolve);
    });
  }

  /** The task of `key` that has begun has ended. */
  leave(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next === undefined) this.#waiting.delete(key);
    else next();
  }
}
