// The bus on RabbitMQ: puts connections, topology, publisher, consumers and parking together. What each of them does is in its own file.

import { randomBytes } from "node:crypto";
import {
  type Bus,
  type ConsumeOptions,
  type Consumer,
  defaultExchange,
  type DeliveryHandler,
  type ExchangeDeclaration,
  type Parking,
  type PublishOptions,
  type QueueDeclaration,
  type QueueInfo,
} from "../bus.ts";
import { BusError } from "../errors.ts";
import { checkExchangeName, checkQueueName, checkRoutingKey } from "../names.ts";
import { defaultDrainTimeoutMs, resolveConsume, resolvePublish } from "../options.ts";
import { QueueMeter } from "../rates.ts";
import { judgeFailure } from "../retry.ts";
import { AmqpConnection } from "./connection.ts";
import { AmqpConsumer } from "./consumer.ts";
import { publishProperties } from "./envelope.ts";
import { closedError } from "./faults.ts";
import { type AmqpBusOptions, type ResolvedAmqpOptions, resolveAmqpOptions } from "./options.ts";
import { ParkedMessages } from "./parked-messages.ts";
import { type OutgoingMessage, Publisher } from "./publisher.ts";
import { Redelivery } from "./redelivery.ts";
import { Released } from "./released.ts";
import { Topology } from "./topology.ts";
import { sleep } from "./waiting.ts";

/**
 * Connects to RabbitMQ 3.10 or newer and returns a bus on it. It then comes back by itself, whatever happens to the broker.
 *
 * @throws {BusError} BUS_OPTION_INVALID, BUS_BROKER_UNREACHABLE, BUS_BROKER_REFUSED, BUS_DECLARATION_CONFLICT
 */
export async function openAmqpBus(options: AmqpBusOptions): Promise<AmqpBus> {
  const bus = new AmqpBus(resolveAmqpOptions(options));
  try {
    await bus.open();
    return bus;
  } catch (error) {
    await bus.close({ drainTimeoutMs: 0 });
    throw error;
  }
}

const maxNotedRetryQueues = 16;
const maxLooks = 3;

/** A {@link Bus} on RabbitMQ; get one from {@link openAmqpBus}. */
export class AmqpBus implements Bus {
  readonly parking: Parking;
  readonly #options: ResolvedAmqpOptions;
  readonly #publishing: AmqpConnection;
  /** Everything but publishing, so that it goes on when RabbitMQ blocks publishers. */
  readonly #consuming: AmqpConnection;
  readonly #topology: Topology;
  readonly #publisher: Publisher;
  readonly #redelivery: Redelivery;
  readonly #parked: ParkedMessages;
  readonly #consumers = new Set<AmqpConsumer>();
  readonly #meters = new Map<string, QueueMeter>();
  readonly #released = new Map<string, Released>();
  readonly #newId: () => string;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ResolvedAmqpOptions) {
    this.#options = options;
    const { clock, logger, maxPendingPublishes } = options;
    this.#newId = idSource();
    this.#consuming = new AmqpConnection(options, "consumer", { connected: () => this.#topology.connected() });
    this.#publishing = new AmqpConnection(options, "publisher", {
      connected: () => this.#publisher.setBlocked(false),
      blocked: (reason) => {
        logger.warn({ reason }, "RabbitMQ is short of memory or disk and takes no messages; publishes wait");
        this.#publisher.setBlocked(true);
      },
      unblocked: () => {
        logger.info({}, "RabbitMQ takes messages again");
        this.#publisher.setBlocked(false);
      },
    });
    const connection = this.#consuming;
    const topology = new Topology(connection, options);
    this.#topology = topology;
    const publisher = new Publisher({ connection: this.#publishing, topology, maxPendingPublishes, clock, logger });
    this.#publisher = publisher;
    const newId = this.#newId;
    this.#redelivery = new Redelivery({
      publisher,
      topology,
      resolved: options,
      meter: (queue) => this.#meter(queue),
      newId,
    });
    const checkOpen = (): void => this.#checkOpen();
    const isOrdered = options.queueType === "classic";
    this.#parked = new ParkedMessages({ connection, topology, publisher, clock, newId, isOrdered, checkOpen });
    this.parking = this.#parked;
  }

  /** Connects. Called once, by {@link openAmqpBus}. */
  async open(): Promise<void> {
    await Promise.all([this.#consuming.open(), this.#publishing.open()]);
    await this.#topology.declareExchange(defaultExchange, "direct");
    await this.#publisher.open();
  }

  async declareExchange({ name, type = "direct" }: ExchangeDeclaration): Promise<void> {
    this.#checkOpen();
    checkExchangeName(name);
    await this.#topology.declareExchange(name, type);
  }

  async declareQueue({ queue, exchange = defaultExchange, routingKeys = [queue] }: QueueDeclaration): Promise<void> {
    this.#checkOpen();
    checkQueueName(queue, exchange);
    for (const key of routingKeys) checkRoutingKey(key, exchange);
    await this.#topology.declareQueue(queue, exchange, routingKeys);
  }

  publish(routingKey: string, body: string | Uint8Array, options?: PublishOptions): Promise<void> {
    try {
      this.#checkNotClosed();
      // A copy, because the message may have to be sent again after the caller has written into its buffer.
      const bytes = Buffer.from(body);
      const resolved = resolvePublish(routingKey, bytes.length, options);
      const token = this.#newId();
      const properties = publishProperties(resolved, token, this.#options.clock.now());
      const message = { exchange: resolved.exchange, routingKey, body: bytes, properties, token };
      const isThere = this.#topology.hasExchange(resolved.exchange);
      return isThere === true ? this.#publish(message) : this.#publishIf(isThere, message);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async consume(queue: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<Consumer> {
    this.#checkOpen();
    const resolved = resolveConsume(options);
    if (!this.#topology.hasQueue(queue)) await this.declareQueue({ queue });
    for (let attempt = 1; attempt < Math.min(resolved.maxDeliveries, maxNotedRetryQueues); attempt++) {
      const verdict = judgeFailure(undefined, attempt, resolved);
      if (!verdict.park && verdict.delayMs > 0) this.#redelivery.noteRetryQueue(queue, verdict.delayMs);
    }
    const { clock, logger } = this.#options;
    const consumer = new AmqpConsumer(
      {
        queue,
        connection: this.#consuming,
        topology: this.#topology,
        redelivery: this.#redelivery,
        released: this.#releasedFrom(queue),
        meter: this.#meter(queue),
        clock,
        logger,
        newId: this.#newId,
        stopped: (stopped) => void this.#consumers.delete(stopped),
      },
      resolved,
      handler,
    );
    this.#consumers.add(consumer);
    try {
      await consumer.open();
      return consumer;
    } catch (error) {
      consumer.abandon();
      throw error;
    }
  }

  async inspect(queue?: string): Promise<readonly QueueInfo[]> {
    this.#checkOpen();
    const names = queue === undefined ? new Set([...this.#topology.queues, ...this.#meters.keys()]) : [queue];
    const infos = await Promise.all([...names].map((name) => this.#inspect(name)));
    return infos.filter((info) => info !== undefined);
  }

  close({ drainTimeoutMs = defaultDrainTimeoutMs }: { readonly drainTimeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainTimeoutMs);
    return this.#closing;
  }

  async #close(drainTimeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const [drained, late] = [new AbortController(), new AbortController()];
    const deadline = sleep(clock, drainTimeoutMs, drained.signal).then(() => late.abort());
    const consumers = [...this.#consumers];
    // Handlers may publish until they are done.
    await Promise.race([Promise.all(consumers.map((consumer) => consumer.stop())), deadline]);
    await this.#publisher.close(late.signal);
    this.#isClosed = true;
    drained.abort();
    for (const consumer of consumers) consumer.abandon();
    this.#topology.close();
    await Promise.all([this.#publishing.close(), this.#consuming.close()]);
  }

  async #publishIf(isThere: Promise<boolean> | false, message: OutgoingMessage): Promise<void> {
    if (await isThere) await this.#publish(message);
    else throw new BusError("BUS_UNROUTABLE", `there is no exchange "${message.exchange}"`);
  }

  async #publish(message: OutgoingMessage): Promise<void> {
    await this.#publisher.publish(message);
    const { exchange, routingKey } = message;
    const now = this.#options.clock.now();
    for (const queue of this.#topology.queuesFor(exchange, routingKey)) this.#meter(queue).published(1, now);
  }

  async #inspect(queue: string): Promise<QueueInfo | undefined> {
    for (let looks = 1; ; looks++) {
      const { moves } = this.#redelivery;
      const info = await this.#look(queue);
      // A message that was moved meanwhile may have been missed both where it was and where it went.
      if (moves === this.#redelivery.moves || info === undefined || looks === maxLooks) return info;
    }
  }

  // In the order of a message's way, so that none slips past: where it waits for its delay, in its queue, in hand.
  async #look(queue: string): Promise<QueueInfo | undefined> {
    const retryQueues = [...this.#redelivery.retryQueues(queue)];
    const waiting = await Promise.all(retryQueues.map((name) => this.#topology.count(name)));
    const returning = this.#redelivery.returning(queue);
    const count = await this.#topology.count(queue);
    if (count === undefined) return undefined;
    const parked = await this.#parked.count(queue);
    const delayed = waiting.reduce((sum, one) => sum + (one?.messages ?? 0), returning);
    const consumers = [...this.#consumers].filter((consumer) => consumer.queue === queue);
    const held = consumers.reduce((sum, consumer) => sum + consumer.held, 0);
    const meter = this.#meters.get(queue) ?? new QueueMeter();
    return {
      queue,
      depth: count.messages + delayed + held,
      delayed,
      inFlight: consumers.reduce((sum, consumer) => sum + consumer.inFlight, 0),
      consumers: count.consumers,
      parked,
      // To look at the first message is to take it, which marks it as delivered before.
      oldestAgeMs: undefined,
      rates: meter.rates(this.#options.clock.now()),
      totals: meter.totals(),
    };
  }

  #meter(queue: string): QueueMeter {
    let meter = this.#meters.get(queue);
    if (meter === undefined) this.#meters.set(queue, (meter = new QueueMeter()));
    return meter;
  }

  #releasedFrom(queue: string): Released {
    let released = this.#released.get(queue);
    if (released === undefined) this.#released.set(queue, (released = new Released()));
    return released;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  #checkNotClosed(): void {
    if (this.#isClosed) throw closedError();
  }
}

function idSource(): () => string {
  const prefix = randomBytes(9).toString("base64url");
  let last = 0;
  return () => `${prefix}-${(++last).toString(36)}`;
}
