// Says what is waited for, once it has been waited for long enough that somebody at a terminal wonders. `switchboard start` tells it each step.

import { type Clock, systemClock, type Timer } from "@switchboard/core";

const wonderMs = 1_000;

/** Tells what takes longer than a second, and nothing of what does not. */
export class Patience {
  readonly #say: (text: string) => void;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(say: (text: string) => void, clock: Clock = systemClock) {
    this.#say = say;
    this.#clock = clock;
  }

  /** Something else is under way: `starting bus`. It is said if nothing else begins within a second. */
  begin(text: string): void {
    this.end();
    this.#timer = this.#clock.setTimer(() => this.#say(`still ${text}`), wonderMs);
  }

  /** Nothing is under way any more. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
