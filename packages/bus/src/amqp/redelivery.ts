// Moves failed messages: to a queue in which they wait for their next delivery, or to the one in which they are parked. A message is
// published there, confirmed, before its consumer acknowledges the original, so a crash in between duplicates it and never loses it.

import { setMaxListeners } from "node:events";
import type { Clock, Logger } from "@switchboard/core";
import type { Delivery, DeliveryFailure } from "../bus.ts";
import { BusError } from "../errors.ts";
import type { QueueMeter } from "../rates.ts";
import type { Verdict } from "../retry.ts";
import { type Onward, onwardProperties, type WireMessage, withoutForeignHeaders } from "./envelope.ts";
import { faultText } from "./faults.ts";
import type { OutgoingMessage } from "./pending.ts";
import type { Publisher } from "./publisher.ts";
import { parkedQueueName, retryQueueName } from "./queue-kinds.ts";
import type { Topology } from "./topology.ts";
import { backoffMs, sleep } from "./waiting.ts";

/** A message whose delivery failed. */
export interface FailedMessage {
  readonly message: WireMessage;
  /** The one that failed last. */
  readonly delivery: Delivery;
  /** Oldest first, with what just happened. */
  readonly history: readonly DeliveryFailure[];
}

/** What moving needs. */
export interface RedeliveryOptions {
  readonly publisher: Publisher;
  readonly topology: Topology;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: (queue: string) => QueueMeter;
  readonly newId: () => string;
}

/** Moves failed messages for the whole bus. */
export class Redelivery {
  /** Messages moved so far. */
  moves = 0;
  readonly #options: RedeliveryOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #closed = new AbortController();

  constructor(options: RedeliveryOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#logger = options.logger;
    // As many moves may wait as there are messages in hand.
    setMaxListeners(0, this.#closed.signal);
  }

  /** Wakes whatever waits for its next try. */
  close(): void {
    this.#closed.abort();
  }

  /**
   * Resolves when the message is safe in its new place. Tries until then, or until `isWanted` says no.
   *
   * @throws {BusError} BUS_CLOSED
   */
  async move(failed: FailedMessage, verdict: Verdict, isWanted: () => boolean): Promise<void> {
    let decided = verdict;
    for (let tries = 0; ; tries++) {
      await sleep(this.#clock, backoffMs(tries), this.#closed.signal);
      if (!isWanted()) throw new BusError("BUS_CONNECTION_LOST", "the message is the broker's again");
      try {
        if (decided.park) await this.#park(failed);
        else await this.#retryLater(failed, decided.delayMs);
        this.moves++;
        return;
      } catch (error) {
        if (error instanceof BusError && error.code === "BUS_CLOSED") throw error;
        const { queue, id } = failed.delivery;
        this.#logger.error({ queue, id, error: faultText(error) }, "could not move a failed message yet");
        // A broker that will not have the queue of the retry may still have the other one, where somebody will see the message.
        decided = { park: true };
      }
    }
  }

  async #retryLater(failed: FailedMessage, delayMs: number): Promise<void> {
    const { queue, id, attempt } = failed.delivery;
    const { history } = failed;
    const onward = { attempt: attempt + 1, history };
    if (delayMs === 0) await this.#publish(queue, failed, onward);
    else await this.#publish(retryQueueName(queue), failed, { ...onward, dueAt: this.#clock.now() + delayMs });
    const error = history.at(-1)?.message;
    this.#logger.info({ queue, id, attempt, delayMs, error }, "message failed, will be delivered again");
  }

  async #park(failed: FailedMessage): Promise<void> {
    const { topology, meter } = this.#options;
    const { queue, id, attempt } = failed.delivery;
    const { history } = failed;
    const target = parkedQueueName(queue);
    await topology.declareOwn(target);
    await this.#publish(target, failed, { attempt, history, parkedAt: this.#clock.now() });
    meter(queue).parked(1);
    this.#logger.warn({ queue, id, attempt, error: history.at(-1)?.message }, "message parked");
  }

  async #publish(target: string, { message, delivery }: FailedMessage, onward: Omit<Onward, "token">): Promise<void> {
    const { publisher, newId } = this.#options;
    const token = newId();
    const properties = onwardProperties(message, delivery, { ...onward, token });
    const outgoing: OutgoingMessage = { exchange: "", routingKey: target, body: message.content, properties, token };
    try {
      await publisher.move(outgoing);
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== "BUS_OPTION_INVALID") throw error;
      const { queue, id } = delivery;
      this.#logger.error(
        { queue, id, error: error.message },
        "a message's headers cannot be sent again and are left out",
      );
      await publisher.move({ ...outgoing, properties: withoutForeignHeaders(properties) });
    }
  }
}
