// When to try again: pauses that double, shortened at random so that many clients of one server do not come back at the same moment.

import type { ReconnectOptions } from "./options.ts";

/** The pauses between attempts, one after the other. */
export class Backoff {
  readonly #options: Required<ReconnectOptions>;
  readonly #random: () => number;
  #attempts = 0;
  #lastMs = 0;

  constructor(options: Required<ReconnectOptions>, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  /** The next pause. */
  nextMs(): number {
    const { minDelayMs, maxDelayMs } = this.#options;
    // 2 ** 40 is beyond any maximum and still exact.
    const longest = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(this.#attempts++, 40));
    this.#lastMs = Math.round(longest * (1 - this.#random() / 2));
    return this.#lastMs;
  }

  /** A session ended that had been up for so long. One that outlived the last pause makes the next pause the shortest again. */
  ended(upMs: number): void {
    if (upMs >= this.#lastMs) this.#attempts = 0;
  }
}
