// The bus contract: what every message bus promises. Implementations: `./embedded` (SQLite) and `./amqp` (RabbitMQ).
// `@switchboard/bus/testing` exports the suite that checks each numbered line on each implementation.
//
// 1.  `publish` MUST resolve only when the message is safe: it then survives SIGKILL of any process, power loss (embedded) and a broker
//     restart (RabbitMQ), and MUST be delivered at least once. If `publish` rejects, the message may or may not be delivered.
// 2.  A message published on the exchange `vumi` under a key that no queue is bound to MUST wait: the bus declares the durable queue of that
//     name first. On any other exchange a message that no queue takes MUST reject with BUS_UNROUTABLE, unless `unroutable` is "discard". On
//     an exchange that nobody has declared every message MUST reject so, because there is nothing that could have discarded it.
// 3.  A queue bound to an exchange MUST get a copy of every message whose key matches: equal on a direct exchange; on a topic exchange
//     `*` stands for one word and `#` for any number, words being separated by dots.
// 4.  A message MUST be acknowledged when its handler resolves, and only then.
// 5.  At most `prefetch` messages of one consumer MUST be in its handler at a time, besides those that have freed their place; several
//     consumers of one queue share its messages.
// 6.  Messages of one queue MUST be handed to a consumer in publishing order (higher priority first, where priorities are used), except
//     for redeliveries; with `prefetch` 1 the next one starts when the one before is settled, or has freed its place.
// 7.  A message whose handler rejects MUST be delivered again after a delay that grows with each delivery, with `attempt` one higher, and
//     the messages behind it MUST NOT wait for it.
// 8.  After `maxDeliveries` the message MUST be parked with its last error and the history of its failures. An error that is not retryable
//     (`retryable: false`) parks at once. A handler that throws synchronously counts as one that rejects.
// 9.  Parked messages MUST survive like any other; they can be listed in parking order a page at a time, viewed, put back (`attempt` starts at 1)
//     and dropped. None is ever removed by itself.
// 10. A message whose expiry has passed before its delivery MUST be dropped, counted and logged; one in a handler is not affected.
// 11. `pause` MUST resolve when no handler runs any more, whether the last one resolved or rejected; until `resume` nothing is handed out and
//     nothing is lost. `stop` is a pause that releases what was prefetched for other consumers. Both are idempotent.
// 12. Work handed to a consumer that dies (process killed, connection cut) MUST be delivered again, with `attempt` higher than 1 and
//     counted towards `maxDeliveries`, so that a message which kills its process is parked in the end.
// 13. Content type, headers, priority, publishing time and the exact bytes of the body MUST arrive as published.
// 14. `inspect` MUST tell the truth about depth, in flight, consumers, parked, age of the oldest waiting message, rates and totals.
// 15. Memory MUST be bounded whatever the backlog. When more than `maxPendingPublishes` publishes wait to become safe, `publish` MUST
//     reject with BUS_OVERLOADED (retryable).
// 16. `close` MUST stop consumers, wait up to `drainTimeoutMs` for running handlers, settle every pending publish, and be idempotent. After
//     it every call rejects with BUS_CLOSED. What was not acknowledged is delivered again to the next consumer.
// 17. A bus that loses its broker MUST come back by itself, with its queues and consumers, and count what it redelivers.
// 18. Names: routing keys and queues on `vumi` MUST be lower case, as Vumi requires; anything else is BUS_NAME_INVALID.

/** The exchange on which Vumi's user messages, events, failures and statuses travel. */
export const defaultExchange = "vumi";

/** How an exchange chooses queues: by equal key, or by pattern. */
export type ExchangeType = "direct" | "topic";

/** A durable exchange. Declaring one again with another type rejects with BUS_DECLARATION_CONFLICT. */
export interface ExchangeDeclaration {
  readonly name: string;
  /** Default "direct". */
  readonly type?: ExchangeType;
}

/** A durable queue and what is bound to it. Declaring the same again changes nothing; further keys are added. */
export interface QueueDeclaration {
  readonly queue: string;
  /** Default {@link defaultExchange}. Another one must have been declared. */
  readonly exchange?: string;
  /** Default: the queue's own name. */
  readonly routingKeys?: readonly string[];
}

/** Plain text headers, as AMQP's header table carries them. */
export type Headers = Readonly<Record<string, string>>;

/** What may be said about a message besides its body. */
export interface PublishOptions {
  /** Default {@link defaultExchange}. */
  readonly exchange?: string;
  /** Default none. Vumi ignores it. */
  readonly contentType?: string;
  /** Default none. Names starting with `x-` belong to brokers and are refused with BUS_NAME_INVALID. */
  readonly headers?: Headers;
  /** 0 (default) to 9; higher goes first among waiting messages. On RabbitMQ only queues declared by it with priorities honour this. */
  readonly priority?: number;
  /** Milliseconds from now after which an undelivered message is dropped; default never. */
  readonly expiresInMs?: number;
  /** What to do with a message that no queue takes, on other exchanges than `vumi` that were declared. Default "reject". */
  readonly unroutable?: "reject" | "discard";
  /**
   * What the body was written from, frozen through and through. A consumer in the same process may get it with the delivery, and need not read
   * the body; it never leaves the process, and never changes what is safe. A body that comes with it is not copied: nobody may ever write into it.
   * Default none.
   */
  readonly decoded?: object;
}

/** One message on its way to a handler. */
export interface Delivery {
  /** The bus's id of this message; stable over redeliveries. */
  readonly id: string;
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  /** The bytes as published. Belongs to the handler, unless {@link Delivery.decoded} came with it. */
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly headers: Headers;
  readonly priority: number;
  /** Milliseconds since 1970; undefined when another program published without saying. */
  readonly publishedAt: number | undefined;
  /** 1 on the first delivery. */
  readonly attempt: number;
  /** What {@link PublishOptions.decoded} said, on the embedded bus while the message is still in memory; otherwise undefined. Neither it nor the body is the handler's own. */
  readonly decoded?: object | undefined;
  /**
   * Says that the handler has done its work and only waits for something that must be safe before the message is acknowledged: another message may
   * take its place meanwhile, for up to {@link mostFreed} messages of a consumer. A second time does nothing. Undefined on RabbitMQ, which
   * counts what is not acknowledged.
   */
  readonly freePlace?: (() => void) | undefined;
}

/** How many messages of a consumer may have freed their place, and so may be delivered again after a crash besides those in handlers. */
export const mostFreed = 256;

/** Handles one message. Resolving acknowledges it; rejecting has it delivered again later, or parked. */
export type DeliveryHandler = (delivery: Delivery) => Promise<void> | void;

/** How a consumer takes messages, and what happens to those it fails. */
export interface ConsumeOptions {
  /** How many messages may be in the handler at a time: 1 to 65_535, default 20 (Vumi's). */
  readonly prefetch?: number;
  /** Deliveries after which a failing message is parked: 1 to 1_000, default 5. */
  readonly maxDeliveries?: number;
  /** Delay before the second delivery, milliseconds, default 1_000. Each further one is `retryFactor` times longer. */
  readonly retryDelayMs?: number;
  /** 1 to 10, default 3. */
  readonly retryFactor?: number;
  /** Longest delay, milliseconds, default 300_000. */
  readonly maxRetryDelayMs?: number;
  /** True: hand out nothing until the first `resume`. Default false. */
  readonly startPaused?: boolean;
}

/** A running consumer of one queue. */
export interface Consumer {
  readonly queue: string;
  /** Stops handing out; resolves when no handler runs. */
  pause(): Promise<void>;
  /** Hands out again. */
  resume(): void;
  /** Pauses, then gives back what was prefetched. The consumer cannot be resumed. */
  stop(): Promise<void>;
}

/** What one failed delivery left behind. */
export interface DeliveryFailure {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly attempt: number;
  /** Name of the error's class. */
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
}

/** A message that was set aside. */
export interface ParkedMessage extends Delivery {
  /** Milliseconds since 1970. */
  readonly parkedAt: number;
  /** Oldest first, never empty; the last one is why it was parked. */
  readonly history: readonly DeliveryFailure[];
}

/** One page of parked messages. */
export interface ParkedPage {
  readonly messages: readonly ParkedMessage[];
  /** Give it as `after` for the next page; undefined on the last one. */
  readonly next: string | undefined;
}

/** The messages set aside from each queue. Unknown ids are ignored; the counts returned say what was really done. */
export interface Parking {
  /** Up to `limit` (1 to 1_000, default 100) parked messages of `queue`, in parking order. */
  list(queue: string, options?: { readonly limit?: number; readonly after?: string }): Promise<ParkedPage>;
  /** One parked message, or undefined. */
  get(queue: string, id: string): Promise<ParkedMessage | undefined>;
  /** Puts messages back at the end of their queue, as if published now with `attempt` 1. Returns how many. */
  retry(queue: string, ids: readonly string[] | "all"): Promise<number>;
  /** Removes messages for good. Returns how many. */
  drop(queue: string, ids: readonly string[] | "all"): Promise<number>;
}

/** Counts since the bus was opened, by this process. */
export interface QueueTotals {
  readonly published: number;
  readonly delivered: number;
  readonly acknowledged: number;
  readonly redelivered: number;
  readonly parked: number;
  readonly expired: number;
}

/** What one queue looks like now. */
export interface QueueInfo {
  readonly queue: string;
  /** Messages waiting, those that wait for their redelivery included. */
  readonly depth: number;
  /** Of these, how many wait for a redelivery delay to pass. */
  readonly delayed: number;
  /** Messages in handlers of this process. */
  readonly inFlight: number;
  readonly consumers: number;
  readonly parked: number;
  /** Age of the oldest waiting message in milliseconds; undefined when none waits or the broker cannot tell. */
  readonly oldestAgeMs: number | undefined;
  /** Per second, over the last ten seconds, by this process. */
  readonly rates: { readonly published: number; readonly delivered: number; readonly acknowledged: number };
  readonly totals: QueueTotals;
}

/** Connects publishers to consumers through durable queues. See the numbered list at the top of this file. */
export interface Bus {
  /** Makes sure an exchange exists. */
  declareExchange(exchange: ExchangeDeclaration): Promise<void>;
  /** Makes sure a queue and its bindings exist, so that messages published before its first consumer wait. */
  declareQueue(queue: QueueDeclaration): Promise<void>;
  /** Resolves when the message is safe. */
  publish(routingKey: string, body: string | Uint8Array, options?: PublishOptions): Promise<void>;
  /** Declares the queue (on `vumi`, unless it is declared already) and starts handing its messages to `handler`. */
  consume(queue: string, options: ConsumeOptions, handler: DeliveryHandler): Promise<Consumer>;
  /** The queues this bus knows, or the one named; an unknown name gives an empty list. */
  inspect(queue?: string): Promise<readonly QueueInfo[]>;
  readonly parking: Parking;
  /** Drains and releases everything. `drainTimeoutMs` defaults to 30_000. */
  close(options?: { readonly drainTimeoutMs?: number }): Promise<void>;
}
