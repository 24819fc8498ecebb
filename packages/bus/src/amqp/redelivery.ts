// Moves failed messages: to a queue in which they wait for their next delivery, or to the one in which they are parked. A message is
// published there, confirmed, before its consumer acknowledges the original, so a crash in between duplicates it and never loses it.

import type { Clock, Logger } from "@switchboard/core";
import type { Delivery, DeliveryFailure } from "../bus.ts";
import { BusError } from "../errors.ts";
import type { QueueMeter } from "../rates.ts";
import type { Verdict } from "../retry.ts";
import { onwardProperties, type WireMessage, withoutForeignHeaders } from "./envelope.ts";
import { faultText } from "./faults.ts";
import type { OutgoingMessage, Publisher } from "./publisher.ts";
import { parkedQueueName, queueArguments, retryArguments, retryQueueName } from "./queue-kinds.ts";
import type { ResolvedAmqpOptions } from "./options.ts";
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
  readonly resolved: ResolvedAmqpOptions;
  readonly meter: (queue: string) => QueueMeter;
  readonly newId: () => string;
}

// How long a message may be on its way back before it is counted no more.
const returnMs = 1_000;
const maxReturning = 10_000;

/** Moves failed messages for the whole bus. */
export class Redelivery {
  /** Messages moved so far. */
  moves = 0;
  readonly #options: RedeliveryOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #never = new AbortController().signal;
  /** When messages of this process come back to their queues, the earliest moved first. */
  readonly #returning = new Map<string, { readonly queue: string; readonly dueAt: number }>();
  /** By queue, the queues in which its messages wait. */
  readonly #retryQueues = new Map<string, Set<string>>();

  constructor(options: RedeliveryOptions) {
    this.#options = options;
    this.#clock = options.resolved.clock;
    this.#logger = options.resolved.logger;
  }

  /** Names of the queues in which messages of `queue` are known to wait. */
  retryQueues(queue: string): Iterable<string> {
    return this.#retryQueues.get(queue) ?? [];
  }

  /** Makes a retry queue known that an earlier process may have left behind. */
  noteRetryQueue(queue: string, delayMs: number): void {
    const known = this.#retryQueues.get(queue) ?? new Set();
    this.#retryQueues.set(queue, known.add(retryQueueName(queue, delayMs)));
  }

  /** Call when a message is delivered. */
  arrived({ id, attempt }: Delivery): void {
    if (attempt > 1) this.#returning.delete(returnKey(id, attempt));
  }

  /** How many messages are between the queue in which they waited and their own: RabbitMQ counts them in neither. */
  returning(queue: string): number {
    const now = this.#clock.now();
    let count = 0;
    for (const [key, one] of this.#returning) {
      if (one.dueAt + returnMs < now) this.#returning.delete(key);
      else if (one.queue === queue && one.dueAt <= now) count++;
    }
    return count;
  }

  /**
   * Resolves when the message is safe in its new place. Tries until then, or until `isWanted` says no.
   *
   * @throws {BusError} BUS_CLOSED
   */
  async move(failed: FailedMessage, verdict: Verdict, isWanted: () => boolean): Promise<void> {
    let decided = verdict;
    for (let tries = 0; ; tries++) {
      await sleep(this.#clock, backoffMs(tries), this.#never);
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
    let target = queue;
    if (delayMs > 0) {
      target = retryQueueName(queue, delayMs);
      await this.#options.topology.declareOwn(target, retryArguments(queue, delayMs));
      this.noteRetryQueue(queue, delayMs);
    }
    this.#expect({ queue, id, attempt: attempt + 1, dueAt: this.#clock.now() + delayMs });
    await this.#publish(target, failed, { attempt: attempt + 1, history });
    const error = history.at(-1)?.message;
    this.#logger.info({ queue, id, attempt, delayMs, error }, "message failed, will be delivered again");
  }

  #expect({
    id,
    attempt,
    queue,
    dueAt,
  }: {
    readonly id: string;
    readonly attempt: number;
    readonly queue: string;
    readonly dueAt: number;
  }): void {
    if (this.#returning.size >= maxReturning) {
      const [oldest = ""] = this.#returning.keys();
      this.#returning.delete(oldest);
    }
    this.#returning.set(returnKey(id, attempt), { queue, dueAt });
  }

  async #park(failed: FailedMessage): Promise<void> {
    const { topology, resolved, meter } = this.#options;
    const { queue, id, attempt } = failed.delivery;
    const { history } = failed;
    const target = parkedQueueName(queue);
    await topology.declareOwn(target, queueArguments({ queueType: resolved.queueType }));
    await this.#publish(target, failed, { attempt, history, parkedAt: this.#clock.now() });
    meter(queue).parked(1);
    this.#logger.warn({ queue, id, attempt, error: history.at(-1)?.message }, "message parked");
  }

  async #publish(
    target: string,
    { message, delivery }: FailedMessage,
    onward: { readonly attempt: number; readonly history: readonly DeliveryFailure[]; readonly parkedAt?: number },
  ): Promise<void> {
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

function returnKey(id: string, attempt: number): string {
  return `${id} ${attempt}`;
}
