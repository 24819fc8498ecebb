// When to try again: pauses that double, shortened at random so that many links to one place do not come back at the same moment.

import type { Clock, Timer } from "@switchboard/core";
import type { ResolvedReconnectOptions } from "./options.ts";

/** Runs one attempt after another, each after a longer pause, until one has lasted. */
export class Backoff {
  readonly #clock: Clock;
  readonly #options: ResolvedReconnectOptions;
  #attempts = 0;
  #lastDelayMs = 0;
  #upSince: number | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, options: ResolvedReconnectOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Says that an attempt has led to a session. */
  succeeded(): void {
    this.#upSince = this.#clock.now();
  }

  /** Calls `attempt` after the next pause, which is returned. A session that outlived the last pause starts the count anew. */
  retry(attempt: () => void): number {
    const { reconnectMinMs, reconnectMaxMs, random } = this.#options;
    if (this.#upSince !== undefined && this.#clock.now() - this.#upSince >= this.#lastDelayMs) this.#attempts = 0;
    this.#upSince = undefined;
    // 2 ** 40 is beyond any maximum and still exact.
    const longest = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(this.#attempts++, 40));
    this.#lastDelayMs = Math.round(longest * (1 - random() / 2));
    this.#timer = this.#clock.setTimer(attempt, this.#lastDelayMs);
    return this.#lastDelayMs;
  }

  /** Takes back a {@link retry} that has not come due. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
