// Who has a dialled session open on a played network, and for how long one may be silent. It says nothing to anybody; index.ts does.

import type { Clock, Timer } from "@switchboard/core";

/** How sessions are kept. */
export interface SessionsOptions {
  readonly clock: Clock;
  /** How long one may be silent. */
  readonly timeoutMs: number;
  /** How many may be open at once. */
  readonly limit: number;
  /** Called with the person whose session the network ended. */
  readonly onEnded: (person: string) => void;
}

/** Open sessions by person, at most so many: where one more is opened, the one that has been silent longest ends. */
export class Sessions {
  readonly #options: SessionsOptions;
  /** The one that has been silent longest is first. */
  readonly #timers = new Map<string, Timer>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  has(person: string): boolean {
    return this.#timers.has(person);
  }

  /** Opens a session, or keeps it open for as long again. */
  keep(person: string): void {
    this.end(person);
    const { clock, timeoutMs, limit } = this.#options;
    this.#timers.set(
      person,
      clock.setTimer(() => this.#giveUp(person), timeoutMs),
    );
    const [silent] = this.#timers.keys();
    if (this.#timers.size > limit && silent !== undefined) this.#giveUp(silent);
  }

  /** Ends a session, if there is one, without a word. */
  end(person: string): void {
    this.#timers.get(person)?.cancel();
    this.#timers.delete(person);
  }

  /** Ends all without a word. */
  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #giveUp(person: string): void {
    this.end(person);
    this.#options.onEnded(person);
  }
}
