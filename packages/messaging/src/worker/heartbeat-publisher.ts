// Gives a sign of life for one worker every ten seconds, for those who watch processes. Best effort: a heart that cannot be heard does not
// stop the worker. Made by `createWorker` for workers whose configuration has a `worker_name`, as in Vumi.

import { hostname } from "node:os";
import type { Bus } from "@switchboard/bus";
import type { Clock, Logger, Timer } from "@switchboard/core";
import { type Heartbeat, heartbeatVersion } from "../message/heartbeat.ts";

/** What a heartbeat publisher works with. */
export interface HeartbeatOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names a group of workers. */
  readonly systemId: string;
  readonly workerName: string;
}

/** Where heartbeats go. */
export const heartbeatExchange = "vumi.health";
/** Under which key. */
export const heartbeatKey = "heartbeat.inbound";
const intervalMs = 10_000;

/** The heart of one worker: the first beat comes ten seconds after the start. */
export class HeartbeatPublisher {
  readonly #options: HeartbeatOptions;
  #timer: Timer | undefined;
  #beat: Promise<void> = Promise.resolve();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Makes sure that heartbeats have somewhere to go, and begins. */
  async start(): Promise<void> {
    await this.#options.bus.declareExchange({ name: heartbeatExchange });
    this.#schedule();
  }

  /** Resolves when the last beat is on the bus. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#beat;
  }

  #schedule(): void {
    this.#timer = this.#options.clock.setTimer(() => {
      this.#beat = this.#publish();
      this.#schedule();
    }, intervalMs);
  }

  async #publish(): Promise<void> {
    const { bus, clock, logger, systemId, workerName } = this.#options;
    const heartbeat: Heartbeat = {
      version: heartbeatVersion,
      worker_id: `${systemId}:${workerName}`,
      system_id: systemId,
      worker_name: workerName,
      hostname: hostname(),
      pid: process.pid,
      timestamp: clock.now() / 1_000,
    };
    try {
      // Nobody may be listening; then it is heard by nobody.
      await bus.publish(heartbeatKey, JSON.stringify(heartbeat), {
        exchange: heartbeatExchange,
        unroutable: "discard",
      });
    } catch (error) {
      logger.warn({ worker: workerName, err: error }, "a heartbeat could not be published");
    }
  }
}
