// Does something again and again with a pause between, one at a time, whatever becomes of it.

import type { Clock, Logger, Timer } from "@switchboard/core";

/** How a task is repeated. */
export interface RepeatOptions {
  /** Milliseconds from the end of one run to the beginning of the next. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For the log: what failed. */
  readonly what: string;
  /** True: begin at once. Default: after the first interval. */
  readonly immediately?: boolean;
}

/** A task that repeats until it is stopped. A run that fails is logged, and the next one comes all the same. */
export class Repeat {
  readonly #task: () => Promise<void>;
  readonly #options: RepeatOptions;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(task: () => Promise<void>, options: RepeatOptions) {
    this.#task = task;
    this.#options = options;
    if (options.immediately === true) this.#run();
    else this.#wait();
  }

  /** Resolves when no run is on the way any more. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  /** True once `stop` was called; a long run may look at it and end early. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  #wait(): void {
    this.#timer = this.#options.clock.setTimer(() => this.#run(), this.#options.intervalMs);
  }

  #run(): void {
    this.#running = this.#runOnce().finally(() => {
      if (!this.#isStopped) this.#wait();
    });
  }

  async #runOnce(): Promise<void> {
    try {
      await this.#task();
    } catch (error) {
      this.#options.logger.error({ err: error }, `${this.#options.what} failed; it is tried again`);
    }
  }
}
