// Starting in order and stopping in reverse. Each step has a deadline, and the error that it gives names who hung.

import type { Clock, Logger } from "@switchboard/core";
import { GatewayError } from "./errors.ts";

/** One part of the gateway. */
export interface Step<Part> {
  /** Names it in errors and logs: `bus`, `workers`. */
  readonly name: string;
  readonly start: () => Promise<Part>;
  readonly stop: (part: Part) => void | Promise<void>;
}

/** How steps are taken. */
export interface StepsOptions {
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears which part is started or stopped next. */
  readonly onProgress?: (text: string) => void;
}

/** What was started, in order. */
export class Steps {
  readonly #options: StepsOptions;
  readonly #started: { readonly name: string; readonly stop: () => void | Promise<void> }[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /**
   * Starts a part and remembers how to stop it.
   *
   * @throws {GatewayError} GATEWAY_STEP_TIMEOUT naming the part; what the part throws.
   */
  async take<Part>({ name, start, stop }: Step<Part>): Promise<Part> {
    this.#options.onProgress?.(`starting ${name}`);
    const starting = start();
    const part = await this.#within(this.#options.startTimeoutMs, `${name} did not start`, starting);
    this.#started.push({ name, stop: () => stop(part) });
    return part;
  }

  /** Stops everything, last started first. One that fails or hangs is logged, and does not keep the others from stopping. Idempotent. */
  stopAll(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of this.#started.splice(0).toReversed()) {
      this.#options.onProgress?.(`stopping ${name}`);
      try {
        await this.#within(this.#options.stopTimeoutMs, `${name} did not stop`, Promise.resolve(stop()));
      } catch (error) {
        this.#options.logger.error({ step: name, err: error }, "a part of the gateway did not stop as it should");
      }
    }
  }

  #within<Value>(timeoutMs: number, what: string, work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.setTimer(() => {
        reject(new GatewayError("GATEWAY_STEP_TIMEOUT", `${what} within ${timeoutMs / 1_000} s`));
      }, timeoutMs);
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
