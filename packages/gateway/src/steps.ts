// Starting in order and stopping in reverse. Each step has a deadline, and the error that it gives names who hung.

import type { Clock, Logger } from "@switchboard/core";
import { within } from "./within.ts";

/** One part of the gateway. */
export interface Step<Part> {
  /** Names it in errors and logs: `bus`, `workers`. */
  readonly name: string;
  readonly start: () => Part | Promise<Part>;
  readonly stop: (part: Part) => void | Promise<void>;
  /** What the part is waiting for when it does not stop: names of workers. */
  readonly waitsFor?: () => string;
}

/** How steps are taken. */
export interface StepsOptions {
  /** How long each part may take to start. */
  readonly startTimeoutMs: number;
  /** How long each part may take to stop; all together have twice as long, and then each a second. */
  readonly stopTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears which part is started or stopped next. */
  readonly onProgress?: (text: string) => void;
}

const leastStopTimeoutMs = 1_000;

/** What was started, in order. */
export class Steps {
  readonly #options: StepsOptions;
  readonly #started: (Pick<Step<unknown>, "name" | "waitsFor"> & { readonly stop: () => void | Promise<void> })[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /**
   * Starts a part and remembers how to stop it. One that comes too late is stopped as soon as it comes.
   *
   * @throws {GatewayError} GATEWAY_STEP_TIMEOUT naming the part; what the part throws.
   */
  async take<Part>({ name, start, stop, ...rest }: Step<Part>): Promise<Part> {
    const { clock, startTimeoutMs: timeoutMs, logger, onProgress } = this.#options;
    onProgress?.(`starting ${name}`);
    const starting = Promise.resolve(start());
    try {
      const part = await within({ clock, timeoutMs, what: () => `${name} did not start` }, starting);
      this.#started.push({ name, ...rest, stop: () => stop(part) });
      return part;
    } catch (error) {
      starting
        .then(stop)
        .catch((reason: unknown) => logger.debug({ step: name, err: reason }, "it did not start late"));
      throw error;
    }
  }

  /** Stops everything, last started first. One that fails or hangs is logged, and does not keep the others from stopping. Idempotent. */
  stopAll(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const { clock, stopTimeoutMs, logger, onProgress } = this.#options;
    const end = clock.now() + 2 * stopTimeoutMs;
    for (const { name, stop, waitsFor } of this.#started.splice(0).toReversed()) {
      onProgress?.(`stopping ${name}`);
      const timeoutMs = Math.min(stopTimeoutMs, Math.max(end - clock.now(), leastStopTimeoutMs));
      const what = (): string => {
        const waiting = waitsFor?.() ?? "";
        return `${name}${waiting === "" ? "" : ` (${waiting})`} did not stop`;
      };
      try {
        await within({ clock, timeoutMs, what }, Promise.resolve(stop()));
      } catch (error) {
        logger.error({ step: name, err: error }, "a part of the gateway did not stop as it should");
      }
    }
  }
}
