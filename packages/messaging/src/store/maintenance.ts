// What a message store does by itself, now and then, behind the backs of those who store: forgets what is not to be kept, and builds blocks. Under
// load it takes little of the writer's time, however far behind it falls: what is in no block yet is found all the same.

import type { Clock, Logger, Timer } from "@switchboard/core";
import type { BlockBuilder } from "./block-builder.ts";

/** What is done, and whether there is more important work. */
export interface MaintenanceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly builder: Pick<BlockBuilder, "step" | "untilUs">;
  /** Undefined when all is kept. */
  readonly prune: (() => Promise<unknown>) | undefined;
  /** How many messages and events were stored since the start. */
  readonly stored: () => number;
}

const pruneEveryMs = 60_000;
const buildEveryMs = 5_000;
const buildAgainMs = 60_000;
const tellEveryMs = 30_000;
// How many times as long as a step the pause behind it is: so many of the writer's time goes to others.
const pauseWhenBusy = 20;
const pauseWhenQuiet = 1;
// Stored in a second.
const busyRate = 200;

/** Does it until it is ended. */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  #pruning: Timer | undefined;
  #building: Timer | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #wake: (() => void) | undefined;
  #isEnded = false;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#pruneLater();
    this.#buildLater();
  }

  /** Resolves when the step that is being done is done. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#pruning?.cancel();
    this.#building?.cancel();
    this.#wake?.();
    await this.#running;
  }

  #pruneLater(): void {
    const { clock, logger, prune } = this.#options;
    if (this.#isEnded || prune === undefined) return;
    this.#pruning = clock.setTimer(() => {
      prune()
        .catch((error: unknown) => logger.error({ err: error }, "old messages could not be forgotten"))
        .finally(() => this.#pruneLater());
    }, pruneEveryMs);
  }

  #buildLater(ms: number = buildEveryMs): void {
    const { clock, logger } = this.#options;
    if (this.#isEnded) return;
    this.#building = clock.setTimer(() => {
      this.#running = this.#build().then(
        () => this.#buildLater(),
        (error: unknown) => {
          logger.error({ err: error }, "the index of messages could not be kept; tried again in a minute");
          this.#buildLater(buildAgainMs);
        },
      );
    }, ms);
  }

  /** Does steps until there is nothing to be done. */
  async #build(): Promise<void> {
    const { clock, builder, stored, logger } = this.#options;
    const beganAt = clock.now();
    let toldAt = beganAt;
    let known = { at: beganAt, stored: stored() };
    for (;;) {
      const startedAt = clock.now();
      if (this.#isEnded || !(await builder.step())) break;
      const now = { at: clock.now(), stored: stored() };
      const isBusy = (now.stored - known.stored) * 1_000 > busyRate * (now.at - known.at);
      known = now;
      await this.#pause(Math.max(1, now.at - startedAt) * (isBusy ? pauseWhenBusy : pauseWhenQuiet));
      if (clock.now() - toldAt < tellEveryMs) continue;
      toldAt = clock.now();
      const untilUs = await builder.untilUs();
      if (untilUs !== undefined) logger.info({ until: new Date(untilUs / 1_000) }, "messages are being indexed");
    }
    if (toldAt > beganAt) logger.info({ took_ms: clock.now() - beganAt }, "messages are indexed");
  }

  async #pause(ms: number): Promise<void> {
    if (this.#isEnded) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#building = this.#options.clock.setTimer(resolve, ms);
    });
  }
}
