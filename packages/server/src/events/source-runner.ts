// Keeps one event source running: starts it again, after a growing pause, whenever it ends by itself.

import type { Clock, Logger } from "@switchboard/core";
import { deferred } from "../deferred.ts";
import type { EventSource } from "./event.ts";

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
const stopTimeoutMs = 5_000;

/** One source and its `run`. */
export class SourceRunner {
  readonly #name: string;
  readonly #source: EventSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #pauseMs = firstPauseMs;

  constructor(name: string, source: EventSource, options: { readonly clock: Clock; readonly logger: Logger }) {
    this.#name = name;
    this.#source = source;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** The source itself. */
  get source(): EventSource {
    return this.#source;
  }

  start(): void {
    if (this.#source.run !== undefined) this.#running = this.#keepRunning();
  }

  /** Aborts the source's signal and resolves when `run` has ended, or after five seconds. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const { timer, passed } = this.#wait(stopTimeoutMs);
    const ended = this.#running.then(() => true);
    if (!(await Promise.race([ended, passed.then(() => false)]))) {
      this.#logger.warn({ source: this.#name }, "an event source does not end; it is left alone");
    }
    timer.cancel();
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedAt = this.#clock.now();
      await this.#runOnce(signal);
      if (signal.aborted) return;
      if (this.#clock.now() - startedAt >= longestPauseMs) this.#pauseMs = firstPauseMs;
      const pauseMs = this.#pauseMs;
      this.#pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      this.#logger.warn({ source: this.#name, pauseMs }, "an event source has ended and will be started again");
      const { timer, passed } = this.#wait(pauseMs);
      const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([passed, aborted]);
      timer.cancel();
    }
  }

  async #runOnce(signal: AbortSignal): Promise<void> {
    try {
      await this.#source.run?.(signal);
    } catch (error) {
      if (!signal.aborted) this.#logger.error({ source: this.#name, err: error }, "an event source has failed");
    }
  }

  #wait(ms: number): { readonly timer: ReturnType<Clock["setTimer"]>; readonly passed: Promise<void> } {
    const { promise: passed, resolve } = deferred();
    return { timer: this.#clock.setTimer(resolve, ms), passed };
  }
}
