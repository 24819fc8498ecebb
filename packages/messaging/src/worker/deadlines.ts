// A time limit for many tasks at once on one timer: as all have the same limit, they run out in the order in which they began.

import type { Clock, Timer } from "@switchboard/core";

/**
 * A task with a time limit. One is made for every message of every worker, so they form a list by themselves: a Set that gains and loses
 * entries all the time leaves garbage that outlives many collections.
 */
export abstract class LimitedTask {
  /** Milliseconds since 1970. Belongs to {@link Deadlines}, as do the next two. */
  endsAt = 0;
  previous: LimitedTask | undefined;
  next: LimitedTask | undefined;

  /** Its time is up. The task is not interrupted. */
  abstract expire(): void;
}

/** Gives every task the same time. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #oldest: LimitedTask | undefined;
  #newest: LimitedTask | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** The task begins: it expires when the time is up, unless it has ended by then. */
  begin(task: LimitedTask): void {
    task.endsAt = this.#clock.now() + this.#limitMs;
    task.previous = this.#newest;
    if (this.#newest === undefined) this.#oldest = task;
    else this.#newest.next = task;
    this.#newest = task;
    this.#arm();
  }

  /** The task has ended. Does nothing for one that has expired. */
  end(task: LimitedTask): void {
    const { previous, next } = task;
    if (previous !== undefined) previous.next = next;
    else if (this.#oldest === task) this.#oldest = next;
    if (next !== undefined) next.previous = previous;
    else if (this.#newest === task) this.#newest = previous;
    task.previous = undefined;
    task.next = undefined;
  }

  /** Stops the timer; tasks that still run have no limit any more. */
  close(): void {
    while (this.#oldest !== undefined) this.end(this.#oldest);
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // The timer is for what was the oldest task when it was set. When that is gone by then, it is simply set again: cheaper than cancelling
  // and setting one per task.
  #arm(): void {
    if (this.#timer !== undefined || this.#oldest === undefined) return;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = undefined;
      const now = this.#clock.now();
      for (let task = this.#oldest; task !== undefined && task.endsAt <= now; task = this.#oldest) {
        this.end(task);
        task.expire();
      }
      this.#arm();
    }, this.#oldest.endsAt - this.#clock.now());
  }
}
