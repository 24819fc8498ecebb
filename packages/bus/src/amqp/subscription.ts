// Takes messages from one queue on a channel of its own, and comes back by itself when its channel, its connection or its queue goes away.
// What is done with a message is the business of whoever subscribes.

import type { ConsumeMessage } from "amqplib";
import type { Clock, Logger } from "@switchboard/core";
import { BusError } from "../errors.ts";
import { type AmqpConnection, closeChannel } from "./connection.ts";
import { declarationError, faultText, replyCodeOf } from "./faults.ts";
import { ConsumerSession } from "./session.ts";
import type { Topology } from "./topology.ts";
import { backoffMs, sleep } from "./waiting.ts";

/** What a subscription needs. */
export interface SubscriptionOptions {
  readonly queue: string;
  /** How many messages the broker delivers before the first of them is acknowledged. */
  readonly prefetch: number;
  readonly connection: AmqpConnection;
  readonly topology: Topology;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each message. It is settled on the session with which it came. Must not throw. */
  readonly take: (session: ConsumerSession, message: ConsumeMessage) => void;
  /** Called when a session has ended: the broker takes back what came with it and was not settled. */
  readonly ended?: () => void;
}

/** A subscription that comes back by itself. */
export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #closed = new AbortController();
  #isWanted: boolean;
  #session: ConsumerSession | undefined;
  #isSteering = false;
  #steering: Promise<void> = Promise.resolve();

  /** `isWanted` false: the broker delivers nothing until {@link Subscription.want}. */
  constructor(options: SubscriptionOptions, isWanted: boolean) {
    this.#options = options;
    this.#isWanted = isWanted;
  }

  /**
   * Opens the channel and starts taking.
   *
   * @throws {BusError} BUS_BROKER_REFUSED, BUS_DECLARATION_CONFLICT, BUS_CLOSED
   */
  async open(): Promise<void> {
    for (let tries = 0; ; tries++) {
      await sleep(this.#options.clock, backoffMs(tries), this.#closed.signal);
      try {
        await this.#attach();
        return;
      } catch (error) {
        if (error instanceof BusError) throw error;
        if (replyCodeOf(error) !== undefined) throw declarationError(error, `consuming queue "${this.#options.queue}"`);
        // The connection broke, and opening a channel waits for the next one.
      }
    }
  }

  /** Has the broker deliver, or not. What it has sent already still arrives. The last wish counts. */
  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    if (this.#isSteering) return;
    this.#isSteering = true;
    this.#steering = this.#steer();
  }

  /** Resolves when everything has arrived that the broker has delivered until now. */
  async fence(): Promise<void> {
    await this.#session?.fence();
  }

  /**
   * Ends it. `last` runs when nothing arrives any more and may still settle messages.
   *
   * Resolves when the broker has taken back what was not settled, so that the next consumer gets it in order.
   */
  async close(last: () => void): Promise<void> {
    this.#closed.abort();
    this.want(false);
    await this.#steering;
    last();
    const session = this.#session;
    session?.flush();
    this.#end();
    if (session !== undefined) await closeChannel(session.channel);
  }

  /** Ends it at once, whatever the broker does. */
  abandon(): void {
    this.#closed.abort();
    this.#end();
  }

  async #attach(): Promise<void> {
    const { queue, prefetch, connection, topology, logger } = this.#options;
    await topology.restored();
    await topology.restoreQueue(queue);
    const channel = await connection.openChannel();
    const session = new ConsumerSession(channel, prefetch);
    let fault: Error | undefined;
    channel.on("error", (error: Error) => {
      fault = error;
      if (this.#session === session) logger.error({ queue, error: faultText(error) }, "RabbitMQ closed a channel");
    });
    channel.on("close", () => {
      session.isOpen = false;
      if (this.#session !== session) return;
      this.#end();
      void this.#comeBack();
    });
    await channel.prefetch(prefetch);
    if (this.#isWanted) await this.#consume(session);
    if (!session.isOpen) {
      // Messages may have come before its end.
      this.#options.ended?.();
      throw fault ?? new Error("the connection was lost");
    }
    if (this.#closed.signal.aborted) {
      await closeChannel(channel);
      return;
    }
    this.#session = session;
    this.want(this.#isWanted);
  }

  async #comeBack(): Promise<void> {
    const { queue, clock, logger } = this.#options;
    const { signal } = this.#closed;
    for (let tries = 0; !signal.aborted; tries++) {
      await sleep(clock, backoffMs(tries), signal);
      if (signal.aborted) return;
      try {
        await this.#attach();
        return;
      } catch (error) {
        const level = replyCodeOf(error) === undefined ? "debug" : "error";
        logger[level]({ queue, error: faultText(error) }, "could not consume again yet");
      }
    }
  }

  #end(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    session.isOpen = false;
    this.#options.ended?.();
  }

  /** Makes the broker deliver or not, as is wanted, one change at a time. */
  async #steer(): Promise<void> {
    try {
      for (;;) {
        const session = this.#session;
        if (session === undefined || !session.isOpen) return;
        const { tag } = session;
        if ((tag !== undefined) === this.#isWanted) return;
        if (tag === undefined) await this.#consume(session);
        else await this.#cancel(session, tag);
      }
    } catch (error) {
      // The channel is gone, and its end has everything start again.
      const { queue, logger } = this.#options;
      logger.debug({ queue, error: faultText(error) }, "a change of consuming was interrupted");
    } finally {
      this.#isSteering = false;
    }
  }

  async #consume(session: ConsumerSession): Promise<void> {
    const { queue, take } = this.#options;
    const { consumerTag } = await session.channel.consume(queue, (message) => {
      if (message === null) void this.#restore(session);
      else take(session, message);
    });
    session.tag = consumerTag;
  }

  async #cancel(session: ConsumerSession, tag: string): Promise<void> {
    await session.channel.cancel(tag);
    if (session.tag === tag) session.tag = undefined;
  }

  /** The broker has cancelled the consumer, because its queue was deleted or has moved. */
  async #restore(session: ConsumerSession): Promise<void> {
    const { queue, topology, clock, logger } = this.#options;
    const { signal } = this.#closed;
    logger.warn({ queue }, "the queue was deleted, or has moved; declaring it again");
    session.tag = undefined;
    for (let tries = 0; session.isOpen && !signal.aborted; tries++) {
      await sleep(clock, backoffMs(tries), signal);
      try {
        await topology.restoreQueue(queue);
        break;
      } catch (error) {
        logger.error({ queue, error: faultText(error) }, "could not declare the queue again yet");
      }
    }
    this.want(this.#isWanted);
  }
}
