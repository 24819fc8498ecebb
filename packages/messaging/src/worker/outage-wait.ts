// Messages whose handlers need what is away, such as the database: they stay in the worker's hands and are handled again until it is back. Given back
// to the bus they would soon have failed too often, and be parked, though nothing is wrong with them. How many can wait here is the prefetch.

import type { Clock, Logger, Timer } from "@switchboard/core";

/** A message that waits. */
export interface Waiting {
  /** Handles it once more. */
  again(): void;
  /** Gives it back to the bus as failed. */
  giveUp(error: unknown): void;
}

const pauseMs = 2_000;
const warnEveryMs = 60_000;

/** Whether an error says that what the handler needs is away, for every message. */
export function isOutage(error: unknown): boolean {
  return typeof error === "object" && error !== null && (error as { readonly isOutage?: unknown }).isOutage === true;
}

/** The messages of one intake that wait for what is away. */
export class OutageWait {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #fields: object;
  readonly #waiting = new Map<Waiting, unknown>();
  #timer: Timer | undefined;
  #warnedAt = -Infinity;
  #isOpen = true;

  /** `fields` say in the log whose messages they are. */
  constructor(clock: Clock, logger: Logger, fields: object) {
    this.#clock = clock;
    this.#logger = logger;
    this.#fields = fields;
  }

  /** Handles a message again in two seconds; false when nothing may wait, since the worker pauses or stops. */
  add(message: Waiting, error: unknown): boolean {
    if (!this.#isOpen) return false;
    this.#waiting.set(message, error);
    this.#timer ??= this.#clock.setTimer(() => this.#again(), pauseMs);
    const now = this.#clock.now();
    if (now - this.#warnedAt >= warnEveryMs) {
      this.#warnedAt = now;
      this.#logger.warn({ ...this.#fields, err: error }, "what messages need is away; they wait until it is back");
    }
    return true;
  }

  /** Gives back what waits, and lets nothing wait any more. */
  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const [message, error] of this.#take()) message.giveUp(error);
  }

  /** Messages may wait again. */
  open(): void {
    this.#isOpen = true;
  }

  #again(): void {
    this.#timer = undefined;
    for (const [message] of this.#take()) message.again();
  }

  #take(): [Waiting, unknown][] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }
}
