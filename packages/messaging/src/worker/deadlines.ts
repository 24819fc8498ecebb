// A time limit for many tasks at once on one timer: as all have the same limit, they run out in the order in which they began.

import type { Clock, Timer } from "@switchboard/core";

// One is made for every message of every worker. They form a list by themselves, in the order in which they end: a Set that gains and loses
// entries all the time leaves garbage that outlives many collections.
class Entry {
  readonly endsAt: number;
  readonly reject: (error: Error) => void;
  readonly onExpiry: () => Error;
  isExpired = false;
  previous: Entry | undefined;
  next: Entry | undefined;

  constructor(endsAt: number, reject: (error: Error) => void, onExpiry: () => Error) {
    this.endsAt = endsAt;
    this.reject = reject;
    this.onExpiry = onExpiry;
  }

  expire(): void {
    this.isExpired = true;
    this.reject(this.onExpiry());
  }
}

/** Gives every task the same time. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /**
   * Settles as `task` does, or rejects with what `onExpiry` returns when the time is up. The task is not interrupted; `onLate` hears when
   * it settles after all.
   */
  limit<Result>(task: Promise<Result>, onExpiry: () => Error, onLate: (error: unknown) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      const entry = this.#add(new Entry(this.#clock.now() + this.#limitMs, reject, onExpiry));
      task.then(
        (result) => {
          if (entry.isExpired) return onLate(undefined);
          this.#remove(entry);
          resolve(result);
        },
        (error: unknown) => {
          if (entry.isExpired) return onLate(error);
          this.#remove(entry);
          reject(error);
        },
      );
    });
  }

  /** Stops the timer; tasks that still run have no limit any more. */
  close(): void {
    while (this.#oldest !== undefined) this.#remove(this.#oldest);
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #add(entry: Entry): Entry {
    entry.previous = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.next = entry;
    this.#newest = entry;
    this.#arm();
    return entry;
  }

  // Also called for one that `close` has removed: it has no neighbours then, and is neither the oldest nor the newest.
  #remove(entry: Entry): void {
    const { previous, next } = entry;
    if (previous !== undefined) previous.next = next;
    else if (this.#oldest === entry) this.#oldest = next;
    if (next !== undefined) next.previous = previous;
    else if (this.#newest === entry) this.#newest = previous;
    entry.previous = undefined;
    entry.next = undefined;
  }

  // The timer is for what was the oldest entry when it was set. When that is gone by then, it is simply set again: cheaper than cancelling
  // and setting one per task.
  #arm(): void {
    if (this.#timer !== undefined || this.#oldest === undefined) return;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      const now = this.#clock.now();
      for (let entry = this.#oldest; entry !== undefined && entry.endsAt <= now; entry = this.#oldest) {
        this.#remove(entry);
        entry.expire();
      }
      this.#arm();
    }, this.#oldest.endsAt - this.#clock.now());
  }
}
