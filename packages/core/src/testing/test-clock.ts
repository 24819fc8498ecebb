// A clock that stands still until a test moves it.

import type { Clock, Timer } from "../clock.ts";

interface Entry {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A {@link Clock} under the test's control.
 *
 * Order: timers run by due time, then in the order they were set, as on a real clock.
 */
export class TestClock implements Clock {
  #now: number;
  #order = 0;
  #timers = new Set<Entry>();

  /** `startMs` defaults to 2026-01-01T00:00:00Z, so that formatted times look like times. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const entry: Entry = { dueAt: this.#now + Math.max(delayMs, 0), order: this.#order++, callback };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /**
   * Moves time forward by `ms`, runs what falls due, and lets promise reactions run in between, so that code awaiting a timer
   * has gone on when this resolves.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#next(target);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.dueAt);
      next.callback();
      await settle();
    }
    this.#now = target;
  }

  #next(target: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#timers) {
      if (entry.dueAt > target) continue;
      if (next === undefined || entry.dueAt < next.dueAt || (entry.dueAt === next.dueAt && entry.order < next.order)) {
        next = entry;
      }
    }
    return next;
  }
}

// Long chains of awaits need many turns of the microtask queue; fifty is far more than any chain in this workspace.
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
