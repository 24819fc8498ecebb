// A bus without a disk and without a broker, for tests of what stands on a bus. It keeps every line of the contract except that a
// message survives only as long as its store object. Not for production: its memory grows with its backlog.

import { randomUUID } from "node:crypto";
import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import {
  type Bus,
  type ConsumeOptions,
  type Consumer,
  type DeliveryHandler,
  type ExchangeDeclaration,
  type ParkedMessage,
  type ParkedPage,
  type Parking,
  type PublishOptions,
  type QueueDeclaration,
  type QueueInfo,
  defaultExchange,
} from "../../bus.ts";
import { BusError } from "../../errors.ts";
import { checkExchangeName, checkQueueName, checkRoutingKey } from "../../names.ts";
import {
  checkRange,
  defaultDrainTimeoutMs,
  defaultMaxPendingPublishes,
  resolveConsume,
  resolvePublish,
} from "../../options.ts";
import { matchesTopic } from "../../topic.ts";
import { MemoryConsumer } from "./consumer.ts";
import { MemoryQueue } from "./queue.ts";
import { MemoryStore, type StoredExchange } from "./store.ts";

/** How a memory bus is made. */
export interface MemoryBusOptions {
  /** Default: the host's. */
  readonly clock?: Clock;
  /** Where messages get their ids from; default random UUIDs. */
  readonly newId?: () => string;
  /** Default: writes nothing. */
  readonly logger?: Logger;
  /** 1 to 1_000_000, default 10_000. A publish is pending until the caller's turn is over. */
  readonly maxPendingPublishes?: number;
  /** What the bus remembers; default a new one. Give it to a second bus to see what a restart does. */
  readonly store?: MemoryStore;
}

/**
 * Returns a bus that lives in memory, for tests. It opens nothing, reads no clock but the one given, and can be left without closing.
 *
 * @throws {BusError} BUS_OPTION_INVALID
 */
export function createMemoryBus(options: MemoryBusOptions = {}): Bus {
  return new MemoryBus(options);
}

class MemoryBus implements Bus {
  readonly parking: Parking;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #logger: Logger;
  readonly #maxPendingPublishes: number;
  readonly #store: MemoryStore;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #consumers = new Set<MemoryConsumer>();
  #pendingPublishes = 0;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(options: MemoryBusOptions) {
    const { maxPendingPublishes = defaultMaxPendingPublishes } = options;
    this.#maxPendingPublishes = checkRange("maxPendingPublishes", maxPendingPublishes, 1, 1_000_000);
    this.#clock = options.clock ?? systemClock;
    this.#newId = options.newId ?? randomUUID;
    this.#logger = options.logger ?? silentLogger;
    this.#store = options.store ?? new MemoryStore();
    this.#store.own(() => this.#die());
    for (const name of this.#store.queues.keys()) this.#queue(name);
    this.parking = this.#createParking();
  }

  async declareExchange({ name, type = "direct" }: ExchangeDeclaration): Promise<void> {
    this.#checkOpen();
    checkExchangeName(name);
    const existing = this.#store.exchanges.get(name);
    if (existing === undefined) this.#store.exchanges.set(name, { type, bindings: new Map() });
    else if (existing.type !== type) throw conflict(`exchange ${name} is of type ${existing.type}, not ${type}`);
  }

  async declareQueue({ queue, exchange = defaultExchange, routingKeys = [queue] }: QueueDeclaration): Promise<void> {
    this.#checkOpen();
    checkQueueName(queue, exchange);
    for (const key of routingKeys) checkRoutingKey(key, exchange);
    const { bindings } = this.#exchange(exchange);
    this.#queue(queue);
    bindings.set(queue, new Set([...(bindings.get(queue) ?? []), ...routingKeys]));
  }

  async publish(routingKey: string, body: string | Uint8Array, options?: PublishOptions): Promise<void> {
    // Handlers that `close` waits for may still publish.
    if (this.#closed) throw closedError();
    // A copy, because the caller may write into its buffer before the message is read.
    const bytes = Buffer.from(body);
    const resolved = resolvePublish(routingKey, bytes.length, options);
    if (this.#pendingPublishes >= this.#maxPendingPublishes) {
      throw new BusError("BUS_OVERLOADED", `${this.#pendingPublishes} publishes wait already`);
    }
    const { exchange, contentType, headers, priority, expiresInMs = Infinity, unroutable } = resolved;
    const queues = this.#route(exchange, routingKey);
    if (queues.length === 0 && unroutable === "reject") {
      throw new BusError("BUS_UNROUTABLE", `no queue is bound to exchange ${exchange} for routing key ${routingKey}`);
    }
    const publishedAt = this.#clock.now();
    for (const queue of queues) {
      queue.add({
        id: this.#newId(),
        sequence: this.#store.nextSequence(),
        exchange,
        routingKey,
        body: bytes,
        contentType,
        headers,
        priority,
        publishedAt,
        expiresAt: publishedAt + expiresInMs,
        attempt: 0,
        history: [],
        dueAt: 0,
        parkedAt: 0,
      });
    }
    this.#pendingPublishes++;
    await Promise.resolve();
    this.#pendingPublishes--;
  }

  async consume(queue: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<Consumer> {
    this.#checkOpen();
    const resolved = resolveConsume(options);
    if (!this.#queues.has(queue)) await this.declareQueue({ queue });
    const owner = this.#queue(queue);
    const consumer = new MemoryConsumer(queue, resolved, handler, {
      resumed: () => owner.schedulePump(),
      stopped: (stopped) => {
        owner.detach(stopped);
        this.#consumers.delete(stopped);
      },
    });
    this.#consumers.add(consumer);
    owner.attach(consumer);
    return consumer;
  }

  async inspect(queue?: string): Promise<readonly QueueInfo[]> {
    this.#checkOpen();
    const chosen = queue === undefined ? [...this.#queues.values()] : [this.#queues.get(queue)];
    return chosen.flatMap((one) => one?.inspect() ?? []);
  }

  close({ drainTimeoutMs = defaultDrainTimeoutMs }: { readonly drainTimeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#drain(drainTimeoutMs);
    return this.#closing;
  }

  async #drain(drainTimeoutMs: number): Promise<void> {
    const stopped = Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(resolve, drainTimeoutMs);
      void stopped.then(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#closed = true;
    for (const queue of this.#queues.values()) queue.release();
  }

  /** Another bus took the store, as if this one's process had been killed. */
  #die(): void {
    this.#closing ??= Promise.resolve();
    this.#closed = true;
    for (const queue of this.#queues.values()) queue.release();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  #exchange(name: string): StoredExchange {
    const exchange = this.#store.exchanges.get(name);
    if (exchange === undefined) throw conflict(`exchange ${name} was not declared`);
    return exchange;
  }

  #queue(name: string): MemoryQueue {
    const existing = this.#queues.get(name);
    if (existing !== undefined) return existing;
    const stored = this.#store.queue(name);
    const queue = new MemoryQueue(stored, { clock: this.#clock, logger: this.#logger, store: this.#store });
    this.#queues.set(name, queue);
    return queue;
  }

  #route(exchange: string, routingKey: string): readonly MemoryQueue[] {
    const found = this.#store.exchanges.get(exchange);
    if (found === undefined) throw new BusError("BUS_UNROUTABLE", `there is no exchange ${exchange}`);
    const matches = found.type === "topic" ? matchesTopic : (key: string, other: string): boolean => key === other;
    const bound = [...found.bindings].filter(([, keys]) => [...keys].some((key) => matches(key, routingKey)));
    if (bound.length > 0 || exchange !== defaultExchange) return bound.map(([queue]) => this.#queue(queue));
    found.bindings.set(routingKey, new Set([routingKey]));
    return [this.#queue(routingKey)];
  }

  #createParking(): Parking {
    const queueNamed = (name: string): MemoryQueue | undefined => {
      this.#checkOpen();
      return this.#queues.get(name);
    };
    return {
      list: async (name, { limit = 100, after } = {}): Promise<ParkedPage> => {
        checkRange("limit", limit, 1, 1_000);
        const queue = queueNamed(name);
        const parked = queue?.stored.parked ?? [];
        const rest = parked.filter(({ sequence }) => sequence > Number(after ?? 0));
        const page = rest.slice(0, limit);
        return {
          messages: page.flatMap((message) => queue?.parkedMessage(message) ?? []),
          next: page.length < rest.length ? String(page.at(-1)?.sequence) : undefined,
        };
      },
      get: async (name, id): Promise<ParkedMessage | undefined> => {
        const queue = queueNamed(name);
        const message = queue?.stored.parked.find((parked) => parked.id === id);
        return message === undefined ? undefined : queue?.parkedMessage(message);
      },
      retry: async (name, ids) => queueNamed(name)?.retry(ids) ?? 0,
      drop: async (name, ids) => queueNamed(name)?.drop(ids) ?? 0,
    };
  }
}

function closedError(): BusError {
  return new BusError("BUS_CLOSED", "the bus is closed, or is being closed");
}

function conflict(message: string): BusError {
  return new BusError("BUS_DECLARATION_CONFLICT", message);
}
