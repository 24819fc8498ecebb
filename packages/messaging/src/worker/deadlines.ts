// A time limit for many tasks at once on one timer: as all have the same limit, they run out in the order in which they began.

import type { Clock, Timer } from "@switchboard/core";

// A class, and no closures: one is made for every message of every worker.
class Entry {
  readonly endsAt: number;
  readonly reject: (error: Error) => void;
  readonly onExpiry: () => Error;
  isExpired = false;

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
  readonly #entries = new Set<Entry>();
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
      const entry = new Entry(this.#clock.now() + this.#limitMs, reject, onExpiry);
      this.#entries.add(entry);
      this.#arm();
      task.then(
        (result) => {
          if (entry.isExpired) return onLate(undefined);
          this.#entries.delete(entry);
          resolve(result);
        },
        (error: unknown) => {
          if (entry.isExpired) return onLate(error);
          this.#entries.delete(entry);
          reject(error);
        },
      );
    });
  }

  /** Stops the timer; tasks that still run have no limit any more. */
  close(): void {
    this.#entries.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // The timer is for what was the oldest entry when it was set. When that is gone by then, it is simply set again: cheaper than cancelling
  // and setting one per task.
  #arm(): void {
    const [oldest] = this.#entries;
    if (oldest === undefined || this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      const now = this.#clock.now();
      for (const entry of this.#entries) {
        if (entry.endsAt > now) break;
        this.#entries.delete(entry);
        entry.expire();
      }
      this.#arm();
    }, oldest.endsAt - this.#clock.now());
  }
}
