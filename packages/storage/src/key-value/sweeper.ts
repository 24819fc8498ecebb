// Decides when an engine removes expired keys: when the next one is due, but at most once a second. Expired keys are invisible anyway.

import type { Clock, Timer } from "@switchboard/core";

const minDelayMs = 1_000;
const maxDelayMs = 3_600_000;

/** Calls `sweep` when something is due. `sweep` resolves with when the next key expires; if that is past already, it is called again soon. */
export class Sweeper {
  readonly #clock: Clock;
  readonly #sweep: () => Promise<number | undefined>;
  #timer: Timer | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(clock: Clock, sweep: () => Promise<number | undefined>) {
    this.#clock = clock;
    this.#sweep = sweep;
  }

  /** Says that a key expires at `expiresAt`, milliseconds since 1970, or that none does. */
  expects(expiresAt: number | undefined): void {
    if (this.#isStopped || expiresAt === undefined || expiresAt >= this.#dueAt) return;
    this.#timer?.cancel();
    const delayMs = Math.min(Math.max(expiresAt - this.#clock.now(), minDelayMs), maxDelayMs);
    this.#dueAt = this.#clock.now() + delayMs;
    this.#timer = this.#clock.setTimer(() => this.#run(), delayMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #run(): void {
    this.#sweep().then(
      (next) => {
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.expects(next);
      },
      () => {
        // The disk is full, or the like: the next attempt finds the same keys.
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.expects(this.#clock.now());
      },
    );
  }
}
