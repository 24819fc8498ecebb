// The embedded bus as its users see it: checks what they ask for and passes it to the parts that do it.

import { join, resolve as resolvePath } from "node:path";
import type { Clock, Logger } from "@switchboard/core";
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
import { checkRange, defaultDrainTimeoutMs, noHeaders, ownBytes, resolveConsume, resolvePublish } from "../options.ts";
import type { Content } from "./codec.ts";
import { EmbeddedConsumer } from "./consumer.ts";
import { EmbeddedParking } from "./embedded-parking.ts";
import { MemoryBudget } from "./lane.ts";
import { Message } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { PageReader } from "./page-reader.ts";
import { type Change, fileName, type StoredState } from "./protocol.ts";
import { Queue } from "./queue.ts";
import { Topology } from "./topology.ts";
import { Turn } from "./turn.ts";
import { WriterThread } from "./writer-thread.ts";

const maxWaitingBytes = 67_108_864;
const maxTimerMs = 2_147_483_647;

/** What {@link EmbeddedBus} is opened with. */
export interface ResolvedEmbeddedOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxPendingPublishes: number;
}

/** A {@link Bus} in this process and one folder, from `openEmbeddedBus`. */
export class EmbeddedBus implements Bus {
  readonly parking: Parking;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #thread: WriterThread;
  readonly #outbox: Outbox;
  readonly #topology: Topology;
  #lastLane = 0;
  #closing: Promise<void> | undefined;
  #closed = false;

  /** Opens the bus. */
  static async open(options: ResolvedEmbeddedOptions): Promise<EmbeddedBus> {
    const bus = new EmbeddedBus(options);
    await bus.#thread.start();
    return bus;
  }

  private constructor({ path, clock, logger, maxPendingPublishes }: ResolvedEmbeddedOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#thread = new WriterThread(
      resolvePath(path),
      { clock, logger },
      {
        opened: (state) => this.#opened(state),
        committed: (claimed, spare) => this.#outbox.committed(claimed, spare),
        failed: (error) => this.#outbox.failed(error),
        lost: (error) => this.#lost(error),
      },
    );
    const outbox = new Outbox({
      clock,
      logger,
      maxPendingPublishes,
      send: (batch) => this.#thread.send(batch),
      queue: (id) => this.#topology.queueById(id),
    });
    this.#outbox = outbox;
    const reader = new PageReader({ clock, logger, outbox, readPage: (ask) => this.#thread.ask("page", ask) });
    const host = {
      clock,
      logger,
      outbox,
      reader,
      memory: new MemoryBudget(maxWaitingBytes),
      turn: new Turn(),
      nextLaneId: () => ++this.#lastLane,
    };
    this.#topology = new Topology((id, name) => new Queue(id, name, host));
    this.parking = new EmbeddedParking({
      outbox,
      queue: (name) => this.#open().queue(name),
      readParked: (ask) => this.#thread.ask("parked", ask),
      dropParked: (ask) => this.#thread.ask("dropParked", ask),
    });
  }

  async declareExchange({ name, type = "direct" }: ExchangeDeclaration): Promise<void> {
    checkExchangeName(name);
    await this.#write([this.#open().addExchange(name, type)]);
  }

  async declareQueue({ queue, exchange = defaultExchange, routingKeys = [queue] }: QueueDeclaration): Promise<void> {
    checkQueueName(queue, exchange);
    checkExchangeName(exchange);
    for (const routingKey of routingKeys) checkRoutingKey(routingKey, exchange);
    this.#open().checkExchange(exchange);
    await this.#write(this.#addQueue(queue, exchange, routingKeys));
  }

  publish(routingKey: string, body: string | Uint8Array, options?: PublishOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const messages = this.#address(routingKey, body, options);
      if (messages.length === 0) resolve();
      else this.#outbox.publish({ messages, resolve, reject });
    });
  }

  async consume(queue: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<Consumer> {
    const resolved = resolveConsume(options);
    if (this.#open().queue(queue) === undefined) await this.declareQueue({ queue });
    if (this.#closing !== undefined) throw closedError();
    const known = this.#open().queue(queue);
    if (known === undefined) throw new Error(`queue "${queue}" was declared and is not there`);
    const consumer = new EmbeddedConsumer(known, resolved, handler);
    known.consumers.push(consumer);
    known.handOut();
    return consumer;
  }

  async inspect(queue?: string): Promise<readonly QueueInfo[]> {
    const topology = this.#open();
    const known = queue === undefined ? [...topology.queues()] : [topology.queue(queue)];
    await this.#outbox.written();
    return await Promise.all(known.filter((each) => each !== undefined).map((each) => this.#inspectQueue(each)));
  }

  /**
   * Copies everything that is safe into another folder, from which a bus can be opened: a backup while messages are on their way.
   *
   * The copy is of one moment. What is handled after it is delivered again from the copy. Publishes wait while it is made, about a second
   * for a gigabyte.
   *
   * @throws {StorageError} STORAGE_DISK_FULL, STORAGE_PERMISSION, STORAGE_FAILED when the folder has a bus already.
   */
  async copyTo(folder: string): Promise<void> {
    this.#open();
    await this.#outbox.written();
    await this.#thread.ask("copy", { path: join(resolvePath(folder), fileName) });
  }

  async close(options: { readonly drainTimeoutMs?: number } = {}): Promise<void> {
    const drainTimeoutMs = checkRange("drainTimeoutMs", options.drainTimeoutMs ?? defaultDrainTimeoutMs, 0, maxTimerMs);
    this.#closing ??= this.#close(drainTimeoutMs);
    await this.#closing;
  }

  async #close(drainTimeoutMs: number): Promise<void> {
    const queues = [...this.#topology.queues()];
    const idle = Promise.all(queues.flatMap(({ consumers }) => consumers.map((consumer) => consumer.stop())));
    // Handlers may publish until they are done.
    await this.#atMost(drainTimeoutMs, idle);
    this.#closed = true;
    for (const queue of queues) {
      queue.cancelTimer();
      queue.abandon(this.#clock.now());
    }
    await this.#thread.stop({ clean: await this.#outbox.close() });
  }

  async #atMost(timeoutMs: number, work: Promise<unknown>): Promise<void> {
    if (timeoutMs === 0) return;
    await new Promise<void>((resolve, reject) => {
      const timer = this.#clock.setTimer(() => resolve(), timeoutMs);
      work.then(() => resolve(), reject).finally(() => timer.cancel());
    });
  }

  #open(): Topology {
    if (this.#closed) throw closedError();
    return this.#topology;
  }

  #opened({ exchanges, queues, bindings, lanes, recovered }: StoredState): void {
    const topology = this.#topology;
    for (const { name, type } of exchanges) topology.addExchange(name, type);
    for (const { name, id } of queues) topology.addQueue(name, id);
    for (const { exchange, routingKey, queue } of bindings) {
      const known = topology.queueById(queue);
      if (known !== undefined) topology.bind(exchange, routingKey, known);
    }
    for (const { lanes } of topology.queues()) for (const lane of lanes) lane.reset(0);
    for (const { id, queue, priority, depth, last } of lanes) {
      this.#lastLane = Math.max(this.#lastLane, id);
      const known = topology.queueById(queue);
      const lane = known?.lanes.find((each) => each.id === id) ?? known?.addLane(id, priority);
      lane?.reset(depth, last);
    }
    for (const { id, retries, parked, nextDueAt } of queues) topology.queueById(id)?.reset(retries, parked, nextDueAt);
    if (recovered > 0) {
      this.#logger.warn(
        { count: recovered },
        "messages were in handlers when the last process ended; they will be delivered again",
      );
    }
    this.#outbox.open(Math.max(0, ...lanes.map(({ last }) => last)) + 1);
    for (const queue of topology.queues()) queue.handOut();
  }

  #lost(error: BusError): void {
    this.#outbox.lost(error);
    for (const queue of this.#topology.queues()) queue.suspend();
  }

  /** One message for each queue that takes it. */
  #address(routingKey: string, body: string | Uint8Array, options: PublishOptions | undefined): Message[] {
    this.#open();
    // It is written later than it is given, and belongs to its handler afterwards.
    const bytes = ownBytes(body, options?.decoded);
    const resolved = resolvePublish(routingKey, bytes.length, options);
    const { exchange, contentType, headers, priority, expiresInMs, decoded } = resolved;
    const queues = this.#route(exchange, routingKey);
    if (queues.length === 0 && resolved.unroutable === "reject") {
      throw unroutable(`no queue is bound to exchange "${exchange}" under "${routingKey}"`, exchange, routingKey);
    }
    const publishedAt = this.#clock.now();
    const expiresAt = expiresInMs === undefined ? 0 : publishedAt + expiresInMs;
    const content: Content = { exchange, routingKey, contentType, headers, publishedAt, expiresAt, body: bytes };
    const [only] = queues;
    const messages =
      only !== undefined && queues.length === 1
        ? [new Message(only.lane(priority), content)]
        : queues.map((queue) => new Message(queue.lane(priority), copyOf(content)));
    for (const message of messages) message.decoded = decoded;
    return messages;
  }

  #route(exchange: string, routingKey: string): readonly Queue[] {
    const queues = this.#topology.route(exchange, routingKey);
    if (queues === undefined) throw unroutable(`there is no exchange "${exchange}"`, exchange, routingKey);
    if (queues.length > 0 || exchange !== defaultExchange) return queues;
    checkQueueName(routingKey);
    for (const change of this.#addQueue(routingKey, exchange, [routingKey])) this.#outbox.order(change);
    return this.#topology.route(exchange, routingKey) ?? [];
  }

  #addQueue(name: string, exchange: string, routingKeys: readonly string[]): Change[] {
    const changes = [this.#topology.addQueue(name)];
    const queue = this.#topology.queue(name);
    if (queue === undefined) return changes;
    return [...changes, ...routingKeys.map((routingKey) => this.#topology.bind(exchange, routingKey, queue))];
  }

  /** Writes declarations. Those that fail are rejected here, and written all the same as soon as that is possible. */
  #write(changes: readonly Change[]): Promise<void> {
    return new Promise((resolve, reject) => {
      for (const change of changes) this.#outbox.order(change);
      this.#outbox.publish({ messages: [], resolve, reject });
    });
  }

  async #inspectQueue(queue: Queue): Promise<QueueInfo> {
    queue.countAcknowledged();
    const now = this.#clock.now();
    const unread = queue.lanes.filter((lane) => lane.backlog && lane.length === 0);
    const facts = await this.#thread.ask("facts", {
      queue: queue.id,
      now,
      unread: unread.map(({ id, readThrough }) => ({ lane: id, after: readThrough })),
    });
    const oldest = queue.lanes.flatMap((lane) => lane.peek()?.content.publishedAt ?? []);
    if (facts.oldest !== undefined) oldest.push(facts.oldest);
    return {
      queue: queue.name,
      depth: queue.depth,
      delayed: Math.min(facts.delayed, queue.retries),
      inFlight: queue.inFlight,
      consumers: queue.consumers.filter(({ stopped }) => !stopped).length,
      parked: queue.parked,
      oldestAgeMs: oldest.length === 0 ? undefined : Math.max(0, now - Math.min(...oldest)),
      rates: queue.meter.rates(now),
      totals: queue.meter.totals(),
    };
  }
}

// Each queue's handler owns what it gets.
function copyOf(content: Content): Content {
  const headers = content.headers === noHeaders ? noHeaders : { ...content.headers };
  return { ...content, headers, body: Buffer.from(content.body) };
}

function closedError(): BusError {
  return new BusError("BUS_CLOSED", "the bus is closed");
}

function unroutable(text: string, exchange: string, routingKey: string): BusError {
  return new BusError("BUS_UNROUTABLE", text, { details: { exchange, routingKey } });
}
