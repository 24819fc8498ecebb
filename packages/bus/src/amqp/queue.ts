// One queue as this process knows it: its consumers, the keeper of its delayed messages, its counters, and what can be seen of it.

import type { Clock } from "@switchboard/core";
import type { DeliveryHandler, QueueInfo } from "../bus.ts";
import type { ResolvedConsumeOptions } from "../options.ts";
import { QueueMeter } from "../rates.ts";
import { AmqpConsumer, type ConsumerContext } from "./consumer.ts";
import type { ParkedMessages } from "./parked-messages.ts";
import type { Publisher } from "./publisher.ts";
import { retryQueueName } from "./queue-kinds.ts";
import { Released } from "./released.ts";
import { RetryKeeper } from "./retry-keeper.ts";

/** What the queues of one bus share. */
export interface QueueContext extends Omit<ConsumerContext, "queue" | "released" | "meter" | "settled" | "stopped"> {
  readonly publisher: Publisher;
  readonly parked: ParkedMessages;
  readonly clock: Clock;
}

const maxLooks = 3;

/** A queue of this bus. */
export class AmqpQueue {
  readonly name: string;
  readonly meter: QueueMeter = new QueueMeter();
  readonly #context: QueueContext;
  readonly #released = new Released();
  readonly #consumers = new Set<AmqpConsumer>();
  #keeper: RetryKeeper | undefined;
  #keeping: Promise<void> | undefined;

  constructor(name: string, context: QueueContext) {
    this.name = name;
    this.#context = context;
  }

  /** Starts a consumer; see {@link AmqpConsumer.open}. */
  async consume(options: ResolvedConsumeOptions, handler: DeliveryHandler): Promise<AmqpConsumer> {
    await this.#keep();
    const context: ConsumerContext = {
      ...this.#context,
      queue: this.name,
      released: this.#released,
      meter: this.meter,
      settled: (message) => this.#keeper?.settled(message),
      stopped: (stopped) => void this.#consumers.delete(stopped),
    };
    const consumer = new AmqpConsumer(context, options, handler);
    this.#consumers.add(consumer);
    try {
      await consumer.open();
      return consumer;
    } catch (error) {
      consumer.abandon();
      throw error;
    }
  }

  /** Stops its consumers, then the keeper of its delayed messages. */
  async stop(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    await this.#keeper?.stop();
  }

  /** Ends everything at once. */
  abandon(): void {
    for (const consumer of this.#consumers) consumer.abandon();
    this.#keeper?.abandon();
  }

  /** What the queue looks like now; undefined if there is none of that name. */
  async inspect(): Promise<QueueInfo | undefined> {
    for (let looks = 1; ; looks++) {
      const moves = this.#moves;
      const info = await this.#look();
      // A message that was moved meanwhile may have been missed both where it was and where it went.
      if (moves === this.#moves || info === undefined || looks === maxLooks) return info;
    }
  }

  get #moves(): number {
    return this.#context.redelivery.moves + (this.#keeper?.returns ?? 0);
  }

  async #look(): Promise<QueueInfo | undefined> {
    const { topology, parked, clock } = this.#context;
    const waiting = await topology.count(retryQueueName(this.name));
    const ready = await topology.count(this.name);
    if (ready === undefined) return undefined;
    const consumers = [...this.#consumers];
    // What the broker counts no more because it has delivered it has arrived after this.
    await Promise.all([this.#keeper?.fence(), ...consumers.map((consumer) => consumer.fence())]);
    const delayed = (waiting?.messages ?? 0) + (this.#keeper?.kept ?? 0);
    const held = consumers.reduce((sum, consumer) => sum + consumer.held, 0);
    const inFlight = consumers.reduce((sum, consumer) => sum + consumer.inFlight, 0);
    return {
      queue: this.name,
      depth: ready.messages + delayed + held,
      delayed,
      inFlight,
      consumers: ready.consumers,
      parked: await parked.count(this.name),
      // To look at the first message is to take it, which marks it as delivered before.
      oldestAgeMs: undefined,
      rates: this.meter.rates(clock.now()),
      totals: this.meter.totals(),
    };
  }

  /** Makes sure that what waits for its next delivery gets it, also what an earlier process has left. */
  #keep(): Promise<void> {
    this.#keeping ??= this.#startKeeper().catch((error: unknown) => {
      // The next consumer tries again.
      this.#keeping = undefined;
      throw error;
    });
    return this.#keeping;
  }

  async #startKeeper(): Promise<void> {
    const { topology, connection, publisher, clock, logger, newId } = this.#context;
    await topology.declareOwn(retryQueueName(this.name));
    const keeper = new RetryKeeper({ queue: this.name, topology, connection, publisher, clock, logger, newId });
    await keeper.open();
    this.#keeper = keeper;
  }
}
