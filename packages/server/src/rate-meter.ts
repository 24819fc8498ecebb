// Counts the frames or calls of one client. Looks at the clock only when a second's worth has come, so that it costs nothing.

import type { Clock } from "@switchboard/core";

const windowMs = 1_000;

/** Allows so many per second. */
export class RateMeter {
  readonly #clock: Clock;
  #startedAt: number;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** Counts one. Returns 0, or for how many milliseconds there should be no more. */
  count(maxPerSecond: number): number {
    if (++this.#count <= maxPerSecond) return 0;
    const now = this.#clock.now();
    const left = this.#startedAt + windowMs - now;
    // A clock that was set back must not silence a client for long.
    if (left > 0 && left <= windowMs) return left;
    this.#startedAt = now;
    this.#count = 1;
    return 0;
  }
}
