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
import { defaultDrainTimeoutMs, resolveConsume, ownBytes, resolvePublish } from "../options.ts";
import type { QueueMeter } from "../rates.ts";
import { AmqpConnection } from "./connection.ts";
import { messageId, publishProperties } from "./envelope.ts";
import { closedError } from "./faults.ts";
import { type AmqpBusOptions, type ResolvedAmqpOptions, resolveAmqpOptions } from "./options.ts";
import { ParkedMessages } from "./parked-messages.ts";
import type { OutgoingMessage } from "./pending.ts";
import { Publisher } from "./publisher.ts";
import { AmqpQueue, type QueueContext } from "./queue.ts";
import { Redelivery } from "./redelivery.ts";
import { Topology } from "./topology.ts";
import { sleep } from "./waiting.ts";

/**
 * Connects to RabbitMQ and returns a bus on it. It then comes back by itself, whatever happens to the broker.
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
  readonly #queues = new Map<string, AmqpQueue>();
  readonly #queueContext: QueueContext;
  readonly #newId: () => string;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ResolvedAmqpOptions) {
    this.#options = options;
    const { clock, logger, maxPendingPublishes } = options;
    this.#newId = idSource();
    this.#consuming = new AmqpConnection(options, "consumer", { connected: () => this.#topology.renew() });
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
    const publisher = new Publisher({
      connection: this.#publishing,
      topology,
      maxPendingPublishes,
      onSafe: (message) => this.#countPublished(message),
      clock,
      logger,
    });
    this.#publisher = publisher;
    const newId = this.#newId;
    const meter = (queue: string): QueueMeter => this.#queue(queue).meter;
    const redelivery = new Redelivery({ publisher, topology, clock, logger, meter, newId });
    this.#redelivery = redelivery;
    const checkOpen = (): void => this.#checkOpen();
    const isQuorum = options.queueType === "quorum";
    const parked = new ParkedMessages({ connection, topology, publisher, clock, newId, isQuorum, checkOpen });
    this.parking = parked;
    this.#queueContext = { connection, topology, publisher, redelivery, parked, clock, logger, newId, isQuorum };
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
      // The message may have to be sent again after the caller has written into its buffer.
      const bytes = ownBytes(body, options?.decoded);
      const resolved = resolvePublish(routingKey, bytes.length, options);
      const now = this.#options.clock.now();
      const token = messageId(this.#newId(), now);
      const properties = publishProperties(resolved, token, now);
      const message = { exchange: resolved.exchange, routingKey, body: bytes, properties, token };
      const isThere = this.#topology.hasExchange(resolved.exchange);
      return isThere === true ? this.#publisher.publish(message) : this.#publishIf(isThere, message);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async consume(queue: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<Consumer> {
    this.#checkOpen();
    const resolved = resolveConsume(options);
    if (!this.#topology.hasQueue(queue)) await this.declareQueue({ queue });
    return await this.#queue(queue).consume(resolved, handler);
  }

  async inspect(queue?: string): Promise<readonly QueueInfo[]> {
    this.#checkOpen();
    const names = queue === undefined ? new Set([...this.#topology.queues, ...this.#queues.keys()]) : [queue];
    const infos = await Promise.all([...names].map((name) => this.#known(name).inspect()));
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
    const queues = [...this.#queues.values()];
    // Handlers may publish until they are done.
    await Promise.race([Promise.all(queues.map((queue) => queue.stop())), deadline]);
    await this.#publisher.close(late.signal);
    this.#isClosed = true;
    drained.abort();
    for (const queue of queues) queue.abandon();
    this.#redelivery.close();
    this.#topology.close();
    await Promise.all([this.#publishing.close(), this.#consuming.close()]);
  }

  async #publishIf(isThere: Promise<boolean> | false, message: OutgoingMessage): Promise<void> {
    if (await isThere) await this.#publisher.publish(message);
    else throw new BusError("BUS_UNROUTABLE", `there is no exchange "${message.exchange}"`);
  }

  #countPublished({ exchange, routingKey }: OutgoingMessage): void {
    // What the bus moves goes to queues directly, by the exchange without a name.
    if (exchange === "") return;
    const now = this.#options.clock.now();
    for (const queue of this.#topology.queuesFor(exchange, routingKey)) this.#queue(queue).meter.published(1, now);
  }

  #queue(name: string): AmqpQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, (queue = new AmqpQueue(name, this.#queueContext)));
    return queue;
  }

  /** The queue, without remembering a name that somebody only asks about. */
  #known(name: string): AmqpQueue {
    return this.#queues.get(name) ?? new AmqpQueue(name, this.#queueContext);
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
