// What exists on the broker because of us: exchanges, queues, bindings, and the queues of our own beside them. Declares them, remembers them,
// and declares them again when they are gone. Everything goes over one channel, one thing at a time, because the broker closes a channel
// on which something failed.

import type { Channel } from "amqplib";
import type { Logger } from "@switchboard/core";
import { defaultExchange, type ExchangeType } from "../bus.ts";
import { BusError } from "../errors.ts";
import { checkQueueName } from "../names.ts";
import { matchesTopic } from "../topic.ts";
import type { AmqpConnection } from "./connection.ts";
import { closedError, declarationError, faultText, replyCode, replyCodeOf } from "./faults.ts";
import { type QueueArguments, queueArguments } from "./queue-kinds.ts";
import type { ResolvedAmqpOptions } from "./options.ts";
import { backoffMs, sleep } from "./waiting.ts";

/** How many messages wait in a queue and who takes them, as the broker says. */
export interface QueueCount {
  readonly messages: number;
  readonly consumers: number;
}

// A queue that an operator gave one of these still loses nothing, so it is used as it is. Others, a length limit for instance, may lose messages.
const harmlessDifference =
  /inequivalent arg 'x-(?:queue-type|queue-mode|queue-version|max-priority|single-active-consumer|delivery-limit|dead-letter-[a-z-]+|quorum-[a-z-]+|queue-leader-locator)'/;

const maxRoutes = 10_000;

/** The topology of one bus. */
export class Topology {
  readonly #connection: AmqpConnection;
  readonly #options: ResolvedAmqpOptions;
  readonly #logger: Logger;
  readonly #exchanges = new Map<string, ExchangeType>();
  /** Exchanges that somebody else declared. */
  readonly #foreignExchanges = new Set<string>();
  /** By queue, the keys by which it is bound, by exchange. */
  readonly #queues = new Map<string, Map<string, Set<string>>>();
  /** What {@link queuesFor} found, by exchange and key. */
  readonly #routes = new Map<string, Map<string, readonly string[]>>();
  /** Queues that exist with other, harmless arguments. */
  readonly #foreignQueues = new Set<string>();
  /** The queues of our own beside those of our callers, and when they have been declared. */
  readonly #own = new Map<string, Promise<void>>();
  #channel: Channel | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #restored: Promise<void> = Promise.resolve();
  readonly #closed = new AbortController();

  constructor(connection: AmqpConnection, options: ResolvedAmqpOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#logger = options.logger;
  }

  /** Names of the queues that this bus has declared. */
  get queues(): Iterable<string> {
    return this.#queues.keys();
  }

  /** True if this bus has declared the queue. */
  hasQueue(queue: string): boolean {
    return this.#queues.has(queue);
  }

  /** The declared queues that get a message of `exchange` under `routingKey`. */
  queuesFor(exchange: string, routingKey: string): readonly string[] {
    let routes = this.#routes.get(exchange);
    if (routes === undefined) this.#routes.set(exchange, (routes = new Map()));
    let queues = routes.get(routingKey);
    if (queues === undefined) {
      if (routes.size >= maxRoutes) routes.clear();
      routes.set(routingKey, (queues = this.#findQueues(exchange, routingKey)));
    }
    return queues;
  }

  #findQueues(exchange: string, routingKey: string): readonly string[] {
    const isTopic = this.#exchanges.get(exchange) === "topic";
    const matches = (key: string): boolean => (isTopic ? matchesTopic(key, routingKey) : key === routingKey);
    return [...this.#queues].flatMap(([queue, bindings]) =>
      [...(bindings.get(exchange) ?? [])].some(matches) ? [queue] : [],
    );
  }

  /** Makes sure that a durable exchange exists. */
  async declareExchange(exchange: string, type: ExchangeType): Promise<void> {
    await this.#assertExchange(exchange, type);
    this.#exchanges.set(exchange, type);
  }

  /** True if the exchange exists, whoever declared it. */
  hasExchange(exchange: string): boolean | Promise<boolean> {
    return this.#exchanges.has(exchange) || this.#foreignExchanges.has(exchange) || this.#findExchange(exchange);
  }

  /** Makes sure that a durable queue exists and is bound. */
  async declareQueue(queue: string, exchange: string, routingKeys: readonly string[]): Promise<void> {
    await this.#assertQueue(queue, queueArguments(this.#options));
    for (const key of routingKeys) await this.#bind(queue, exchange, key);
    const bindings = this.#queues.get(queue) ?? new Map<string, Set<string>>();
    bindings.set(exchange, new Set([...(bindings.get(exchange) ?? []), ...routingKeys]));
    this.#queues.set(queue, bindings);
    this.#routes.clear();
  }

  /** Makes sure that a queue of our own exists. Does nothing if it is known to. Calls that come together go on in their order. */
  async declareOwn(queue: string): Promise<void> {
    let declaring = this.#own.get(queue);
    if (declaring === undefined) {
      declaring = this.#assertQueue(queue, queueArguments({ queueType: this.#options.queueType }));
      this.#own.set(queue, declaring);
      // The next call tries again.
      declaring.catch(() => this.#own.delete(queue));
    }
    await declaring;
  }

  /** Declares a queue again, with its bindings, if it is gone. */
  async restoreQueue(queue: string): Promise<void> {
    const isOwn = this.#own.has(queue);
    const { queueType, maxPriority } = this.#options;
    await this.#assertQueue(queue, queueArguments(isOwn ? { queueType } : { queueType, maxPriority }));
    for (const [exchange, keys] of this.#queues.get(queue) ?? []) {
      for (const key of keys) await this.#bind(queue, exchange, key);
    }
  }

  /**
   * Looks after a message that no queue took. True: something was declared, and publishing it again is worth it.
   *
   * On Vumi's exchange the queue named like the key is declared, as its consumer would; elsewhere what was declared before and is gone.
   */
  async makeRoutable(exchange: string, routingKey: string): Promise<boolean> {
    if (exchange === "") {
      // Straight to a queue: one of our own, or one that gets a message back.
      await this.restoreQueue(routingKey);
      return true;
    }
    const lost = this.queuesFor(exchange, routingKey);
    for (const queue of lost) await this.restoreQueue(queue);
    if (lost.length > 0 || exchange !== defaultExchange) return lost.length > 0;
    checkQueueName(routingKey);
    await this.declareQueue(routingKey, defaultExchange, [routingKey]);
    this.#logger.info({ queue: routingKey }, "declared a queue for messages that nobody has consumed yet");
    return true;
  }

  /** What the broker says of a queue; undefined if there is none. */
  async count(queue: string): Promise<QueueCount | undefined> {
    return await this.run(async (channel) => {
      const { messageCount, consumerCount } = await channel.checkQueue(queue);
      return { messages: messageCount, consumers: consumerCount };
    }).catch(missing);
  }

  /** Declares everything anew: there is a new connection, or something of it turned out to be gone. */
  renew(): void {
    this.#restored = this.#restore();
  }

  /** Resolves when everything has been declared anew. */
  async restored(): Promise<void> {
    await this.#restored;
  }

  /**
   * Runs something on the topology's channel, when its turn comes; again, if the connection breaks meanwhile, on the next one.
   *
   * What the broker refuses rejects with amqplib's error.
   */
  async run<Result>(operation: (channel: Channel) => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const result = before.then(() => this.#try(operation));
    this.#last = result.catch(() => undefined);
    return await result;
  }

  /** Ends it: whatever still waits rejects with BUS_CLOSED. */
  close(): void {
    this.#closed.abort();
  }

  async #try<Result>(operation: (channel: Channel) => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries++) {
      // Without a pause nothing else would be done while a connection is on its way to its end.
      await sleep(this.#options.clock, backoffMs(tries), this.#closed.signal);
      if (this.#closed.signal.aborted) throw closedError();
      try {
        this.#channel ??= await this.#open();
        return await operation(this.#channel);
      } catch (error) {
        const isInterrupted = !(error instanceof BusError || error instanceof TypeError || error instanceof RangeError);
        if (!isInterrupted || replyCodeOf(error) !== undefined) throw error;
        this.#logger.debug({ error: faultText(error) }, "a declaration was interrupted and starts again");
      }
    }
  }

  async #open(): Promise<Channel> {
    const channel = await this.#connection.openChannel();
    // The call that failed gets the error, too.
    channel.on("error", () => undefined);
    channel.on("close", () => {
      if (this.#channel === channel) this.#channel = undefined;
    });
    return channel;
  }

  async #restore(): Promise<void> {
    const again = async (what: string, declare: () => Promise<void>): Promise<void> => {
      if (this.#closed.signal.aborted) return;
      await declare().catch((error: unknown) => {
        if (this.#closed.signal.aborted) return;
        this.#logger.error({ what, error: faultText(error) }, "could not declare this again after reconnecting");
      });
    };
    this.#foreignExchanges.clear();
    for (const [exchange, type] of this.#exchanges) await again(exchange, () => this.#assertExchange(exchange, type));
    for (const queue of this.#queues.keys()) await again(queue, () => this.restoreQueue(queue));
  }

  async #assertExchange(exchange: string, type: ExchangeType): Promise<void> {
    await this.run((channel) => channel.assertExchange(exchange, type, { durable: true })).catch((error: unknown) => {
      throw asBusError(error, `exchange "${exchange}"`);
    });
  }

  async #findExchange(exchange: string): Promise<boolean> {
    const found = await this.run((channel) => channel.checkExchange(exchange)).catch(missing);
    if (found !== undefined) this.#foreignExchanges.add(exchange);
    return found !== undefined;
  }

  async #assertQueue(queue: string, ofQueue: QueueArguments): Promise<void> {
    if (this.#foreignQueues.has(queue) && (await this.count(queue)) !== undefined) return;
    this.#foreignQueues.delete(queue);
    try {
      await this.run((channel) => channel.assertQueue(queue, { durable: true, arguments: ofQueue }));
    } catch (error) {
      if (replyCodeOf(error) !== replyCode.preconditionFailed || !harmlessDifference.test(faultText(error))) {
        throw asBusError(error, `queue "${queue}"`);
      }
      this.#logger.info(
        { queue, difference: faultText(error) },
        "using a queue that was declared differently as it is",
      );
      this.#foreignQueues.add(queue);
    }
  }

  async #bind(queue: string, exchange: string, key: string): Promise<void> {
    await this.run((channel) => channel.bindQueue(queue, exchange, key)).catch((error: unknown) => {
      throw asBusError(error, `queue "${queue}" on exchange "${exchange}"`);
    });
  }
}

function asBusError(error: unknown, what: string): BusError {
  return error instanceof BusError ? error : declarationError(error, what);
}

function missing(error: unknown): undefined {
  if (replyCodeOf(error) === replyCode.notFound) return undefined;
  throw error;
}
