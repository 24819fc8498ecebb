// Keeps the messages of one queue that wait for their next delivery, and sends each back when its time has come. They lie in a queue of their
// own beside it and stay there, unacknowledged, until they are safely back, so that a crash at any moment costs at most a duplicate.
//
// RabbitMQ could do the waiting, with a time to live and a dead letter exchange, but not safely: a classic queue forgets what it hands on
// before the other has it on disk (on 3.10.8, killing the broker lost most of what had been handed on in the last seconds), and a quorum
// queue is itself forgotten when the broker is killed in the first seconds of its life.

import type { ConsumeMessage } from "amqplib";
import type { Clock, Logger, Timer } from "@switchboard/core";
import { dueAt, forwardProperties, toDelivery, tokenOf, type WireMessage } from "./envelope.ts";
import { faultText } from "./faults.ts";
import type { Publisher } from "./publisher.ts";
import { retryQueueName } from "./queue-kinds.ts";
import type { ConsumerSession } from "./session.ts";
import { Subscription, type SubscriptionOptions } from "./subscription.ts";
import { backoffMs } from "./waiting.ts";

/** What a keeper needs. */
export interface RetryKeeperOptions extends Pick<SubscriptionOptions, "connection" | "topology"> {
  /** Whose messages to keep. */
  readonly queue: string;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
}

// When more wait, the rest stays with the broker, and a short delay behind many long ones takes longer.
const maxKept = 256;

/** The messages of one queue that wait for their next delivery. */
export class RetryKeeper {
  /** Messages sent back so far. */
  returns = 0;
  readonly #options: RetryKeeperOptions;
  readonly #subscription: Subscription;
  readonly #waiting = new Map<ConsumeMessage, Timer>();
  /** By token, messages that are back in their queue or about to be, and not yet gone from here. */
  readonly #returning = new Map<string, Promise<void>>();

  constructor(options: RetryKeeperOptions) {
    this.#options = options;
    const { queue, connection, topology, clock, logger } = options;
    const take = (session: ConsumerSession, message: ConsumeMessage): void => this.#keep(session, message);
    const ended = (): void => this.#forget();
    const prefetch = maxKept;
    const subscribing = { queue: retryQueueName(queue), prefetch, connection, topology, clock, logger, take, ended };
    this.#subscription = new Subscription(subscribing, true);
  }

  /** How many messages wait here, those on their way back included. */
  get kept(): number {
    return this.#waiting.size + this.#returning.size;
  }

  /**
   * Undefined, or resolves when a message that was sent back is gone from here.
   *
   * Handing it out earlier is dangerous: if it kills the process, it would be in two places, and again in two after the next time.
   */
  settled(message: WireMessage): Promise<void> | undefined {
    if (this.#returning.size === 0) return undefined;
    return this.#returning.get(tokenOf(message) ?? "")?.catch(() => undefined);
  }

  /** See {@link Subscription.fence}. */
  async fence(): Promise<void> {
    await this.#subscription.fence();
  }

  /** Starts it; see {@link Subscription.open}. */
  async open(): Promise<void> {
    await this.#subscription.open();
  }

  /** Ends it. What waits is kept by the next keeper of this queue. */
  async stop(): Promise<void> {
    this.#subscription.want(false);
    this.#forget();
    // What is on its way back would otherwise be here and there.
    while (this.#returning.size > 0) await Promise.allSettled(this.#returning.values());
    await this.#subscription.close(() => this.#forget());
  }

  /** Ends it at once. */
  abandon(): void {
    this.#subscription.abandon();
    this.#forget();
  }

  #keep(session: ConsumerSession, message: ConsumeMessage): void {
    const { clock } = this.#options;
    const waitMs = (dueAt(message) ?? 0) - clock.now();
    if (waitMs <= 0) void this.#return(session, message, 0);
    else this.#returnLater({ session, message, waitMs, tries: 0 });
  }

  #returnLater(later: {
    readonly session: ConsumerSession;
    readonly message: ConsumeMessage;
    readonly waitMs: number;
    readonly tries: number;
  }): void {
    const { session, message, waitMs, tries } = later;
    const wake = (): void => {
      this.#waiting.delete(message);
      void this.#return(session, message, tries);
    };
    this.#waiting.set(message, this.#options.clock.setTimer(wake, waitMs));
  }

  async #return(session: ConsumerSession, message: ConsumeMessage, tries: number): Promise<void> {
    if (!session.isOpen) return;
    const { queue, publisher, logger, newId } = this.#options;
    const token = newId();
    const properties = forwardProperties(message, toDelivery(message, queue, newId), token);
    const settled = this.#settle(
      session,
      message,
      publisher.move({ exchange: "", routingKey: queue, body: message.content, properties, token }),
    );
    this.#returning.set(token, settled);
    try {
      await settled;
    } catch (error) {
      if (session.isOpen) {
        logger.error({ queue, error: faultText(error) }, "could not send a message back for its next delivery yet");
        this.#returnLater({ session, message, waitMs: backoffMs(tries + 1), tries: tries + 1 });
      }
    }
    this.#returning.delete(token);
  }

  /** Resolves when the message is back in its queue and, as far as can be, gone from here. */
  async #settle(session: ConsumerSession, message: ConsumeMessage, returned: Promise<void>): Promise<void> {
    await returned;
    this.returns++;
    session.acknowledge(message);
    await session.fence();
  }

  #forget(): void {
    for (const timer of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }
}
