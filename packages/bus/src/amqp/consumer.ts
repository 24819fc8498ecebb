// One consumer of one queue: takes messages on a channel of its own, hands them to the handler, acknowledges, and moves what failed to where
// it waits or is parked. Comes back by itself when its channel, its connection or its queue goes away.

import type { ConsumeMessage } from "amqplib";
import type { Clock, Logger } from "@switchboard/core";
import type { Consumer, Delivery, DeliveryHandler } from "../bus.ts";
import type { ResolvedConsumeOptions } from "../options.ts";
import type { QueueMeter } from "../rates.ts";
import { describeFailure, describeLostConsumer, judgeFailure } from "../retry.ts";
import type { AmqpConnection } from "./connection.ts";
import { expiresAt, historyOf, returnsOf, toDelivery } from "./envelope.ts";
import { declarationError, faultText, replyCodeOf } from "./faults.ts";
import type { Redelivery } from "./redelivery.ts";
import type { Released } from "./released.ts";
import { ConsumerSession } from "./session.ts";
import type { Topology } from "./topology.ts";
import { backoffMs, sleep } from "./waiting.ts";

/** What consumers of one queue share. */
export interface ConsumerContext {
  readonly queue: string;
  readonly connection: AmqpConnection;
  readonly topology: Topology;
  readonly redelivery: Redelivery;
  readonly released: Released;
  readonly meter: QueueMeter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  /** Called when a consumer will take no more, ever. */
  readonly stopped: (consumer: AmqpConsumer) => void;
}

/** A message on the way to the handler. */
interface Taken {
  readonly session: ConsumerSession;
  readonly message: ConsumeMessage;
}

/** A message that is not to be acknowledged. */
interface Failed {
  readonly taken: Taken;
  /** The delivery that failed last. */
  readonly delivery: Delivery;
  /** How many deliveries ended with their consumer, this one included if there is no `failure`. */
  readonly lost: number;
  /** What the handler threw. */
  readonly failure: { readonly error: unknown } | undefined;
}

/** A consumer as the bus sees it. */
export class AmqpConsumer implements Consumer {
  readonly queue: string;
  readonly options: ResolvedConsumeOptions;
  readonly #context: ConsumerContext;
  readonly #handler: DeliveryHandler;
  readonly #stopped = new AbortController();
  #isPaused: boolean;
  #session: ConsumerSession | undefined;
  /** Delivered but not handed out: the consumer is paused, or handlers of an earlier channel still run. */
  #held: Taken[] = [];
  #running = 0;
  #moving = 0;
  #isSteering = false;
  #steering: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #onIdle: (() => void)[] = [];
  #onMoved: (() => void)[] = [];

  constructor(context: ConsumerContext, options: ResolvedConsumeOptions, handler: DeliveryHandler) {
    this.queue = context.queue;
    this.options = options;
    this.#context = context;
    this.#handler = handler;
    this.#isPaused = options.startPaused;
  }

  /** Messages in hand: in the handler, or on their way to where they wait or are parked. */
  get inFlight(): number {
    return this.#running + this.#moving;
  }

  /** Messages that the broker has delivered and that wait here. */
  get held(): number {
    return this.#held.length;
  }

  /**
   * Opens its channel and starts consuming. From then on it comes back by itself.
   *
   * @throws {BusError} BUS_BROKER_REFUSED, BUS_DECLARATION_CONFLICT
   */
  async open(): Promise<void> {
    for (;;) {
      try {
        await this.#attach();
        return;
      } catch (error) {
        if (replyCodeOf(error) !== undefined) throw declarationError(error, `consuming queue "${this.queue}"`);
        // The connection broke, and opening a channel waits for the next one. Only a closed bus ends this.
        if (error instanceof Error && error.name === "BusError") throw error;
      }
    }
  }

  async pause(): Promise<void> {
    this.#isPaused = true;
    this.#steer();
    await this.#idle();
  }

  resume(): void {
    if (!this.#isPaused || this.#stopped.signal.aborted) return;
    this.#isPaused = false;
    // Whoever still waits for an earlier pause would wait for ever on a busy queue.
    this.#wakeIdle();
    this.#handHeld();
    this.#steer();
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  /** Ends it at once. What was not acknowledged is for the broker to deliver again. */
  abandon(): void {
    this.#isPaused = true;
    this.#stopped.abort();
    this.#context.stopped(this);
    this.#endSession();
    this.#wakeIdle();
  }

  async #stop(): Promise<void> {
    this.#isPaused = true;
    this.#stopped.abort();
    this.#steer();
    await this.#idle();
    while (this.#moving > 0) await new Promise<void>((resolve) => this.#onMoved.push(resolve));
    await this.#steering;
    const session = this.#session;
    for (const { message } of this.#held.splice(0)) {
      this.#context.released.add(message);
      session?.release(message);
    }
    session?.flush();
    this.#context.stopped(this);
    this.#endSession();
    // Resolves when the broker has put back what was released, so that the next consumer gets it in order.
    await session?.channel.close().catch(() => undefined);
  }

  async #attach(): Promise<void> {
    const { connection, topology, logger } = this.#context;
    await topology.restored();
    await topology.restoreQueue(this.queue);
    const channel = await connection.openChannel();
    const session = new ConsumerSession(channel, this.options.prefetch);
    let fault: Error | undefined;
    channel.on("error", (error: Error) => {
      fault = error;
      if (this.#session === session)
        logger.error({ queue: this.queue, error: faultText(error) }, "RabbitMQ closed a consumer's channel");
    });
    channel.on("close", () => {
      session.isOpen = false;
      if (this.#session !== session) return;
      this.#endSession();
      void this.#comeBack();
    });
    await channel.prefetch(this.options.prefetch);
    if (!this.#isPaused) await this.#consume(session);
    if (!session.isOpen) throw fault ?? new Error("the connection was lost");
    if (this.#stopped.signal.aborted) {
      await channel.close().catch(() => undefined);
      return;
    }
    this.#session = session;
    this.#steer();
  }

  async #comeBack(): Promise<void> {
    const { clock, logger } = this.#context;
    const { signal } = this.#stopped;
    for (let tries = 0; !signal.aborted; tries++) {
      await sleep(clock, backoffMs(tries), signal);
      if (signal.aborted) return;
      try {
        await this.#attach();
        return;
      } catch (error) {
        const level = replyCodeOf(error) === undefined ? "debug" : "error";
        logger[level]({ queue: this.queue, error: faultText(error) }, "could not consume again yet");
      }
    }
  }

  #endSession(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) session.isOpen = false;
    // The broker gives them to somebody else, or to us again.
    for (const { message } of this.#held.splice(0)) this.#context.released.add(message);
  }

  /** Makes the broker deliver or not, as is wanted now. One change at a time; the last wish counts. */
  #steer(): void {
    if (this.#isSteering) return;
    this.#isSteering = true;
    this.#steering = this.#steerUntilRight();
  }

  async #steerUntilRight(): Promise<void> {
    try {
      for (;;) {
        const session = this.#session;
        if (session === undefined || !session.isOpen) return;
        const isConsuming = session.tag !== undefined;
        if (isConsuming !== this.#isPaused) return;
        if (isConsuming) await this.#cancel(session);
        else await this.#consume(session);
      }
    } catch (error) {
      // The channel is gone, and its end has everything start again.
      this.#context.logger.debug(
        { queue: this.queue, error: faultText(error) },
        "a change of consuming was interrupted",
      );
    } finally {
      this.#isSteering = false;
    }
  }

  async #consume(session: ConsumerSession): Promise<void> {
    const { consumerTag } = await session.channel.consume(this.queue, (message) => this.#take(session, message));
    session.tag = consumerTag;
  }

  async #cancel(session: ConsumerSession): Promise<void> {
    const { tag = "" } = session;
    await session.channel.cancel(tag);
    if (session.tag === tag) session.tag = undefined;
  }

  #take(session: ConsumerSession, message: ConsumeMessage | null): void {
    if (message === null) void this.#restore(session);
    else if (this.#isPaused || this.#held.length > 0 || this.#running >= this.options.prefetch) {
      this.#held.push({ session, message });
    } else this.#hand({ session, message });
  }

  /** The broker has cancelled the consumer, because its queue was deleted or has moved. */
  async #restore(session: ConsumerSession): Promise<void> {
    const { topology, clock, logger } = this.#context;
    logger.warn({ queue: this.queue }, "the queue was deleted, or has moved; declaring it again");
    session.tag = undefined;
    for (let tries = 0; session.isOpen && !this.#stopped.signal.aborted; tries++) {
      await sleep(clock, backoffMs(tries), this.#stopped.signal);
      try {
        await topology.restoreQueue(this.queue);
        break;
      } catch (error) {
        logger.error({ queue: this.queue, error: faultText(error) }, "could not declare the queue again yet");
      }
    }
    this.#steer();
  }

  #hand(taken: Taken): void {
    const { session, message } = taken;
    const { clock, meter, logger, newId } = this.#context;
    const now = clock.now();
    const lost = this.#lostDeliveries(taken);
    const delivery = toDelivery(message, this.queue, newId, lost.count);
    this.#context.redelivery.arrived(delivery);
    if ((expiresAt(message) ?? Infinity) <= now) {
      meter.expired(1);
      logger.info({ queue: this.queue, id: delivery.id }, "message expired");
      session.acknowledge(message);
      return;
    }
    const lastLost = delivery.attempt - 1;
    if (lost.count > 0 && (!lost.isOnRecord || lastLost >= this.options.maxDeliveries)) {
      void this.#move({ taken, delivery: { ...delivery, attempt: lastLost }, lost: lost.count, failure: undefined });
      return;
    }
    this.#running++;
    meter.delivered(1, delivery.attempt > 1 ? 1 : 0, now);
    void this.#run(taken, delivery, lost.count);
  }

  /** How many deliveries ended with their consumer, and whether the broker will still know at the next one. */
  #lostDeliveries({ session, message }: Taken): { readonly count: number; readonly isOnRecord: boolean } {
    const returns = returnsOf(message);
    const count = returns ?? (session.isSuspect(message) ? 1 : 0);
    return { count: count > 0 && this.#context.released.take(message) ? 0 : count, isOnRecord: returns !== undefined };
  }

  async #run(taken: Taken, delivery: Delivery, lost: number): Promise<void> {
    let failed: { readonly error: unknown } | undefined;
    try {
      await this.#handler(delivery);
    } catch (error) {
      failed = { error };
    }
    const { clock, meter } = this.#context;
    if (failed === undefined) {
      // On an ended channel it comes again all the same.
      if (taken.session.isOpen) meter.acknowledged(1, clock.now());
      taken.session.acknowledge(taken.message);
    } else void this.#move({ taken, delivery, lost, failure: failed });
    this.#running--;
    if (this.#running === 0) this.#wakeIdle();
    this.#handHeld();
  }

  /** Moves a message whose delivery failed to where it waits for the next one, or is parked; only then it is acknowledged. */
  async #move({ taken: { session, message }, delivery, lost, failure }: Failed): Promise<void> {
    if (!session.isOpen) return;
    this.#moving++;
    const { redelivery, clock, logger } = this.#context;
    const { id, attempt } = delivery;
    const now = clock.now();
    const firstLost = failure === undefined ? attempt - lost + 1 : attempt - lost;
    const history = [...historyOf(message)];
    for (let n = 0; n < lost; n++) history.push(describeLostConsumer(firstLost + n, now));
    if (failure !== undefined) history.push(describeFailure(failure.error, attempt, now));
    const verdict = judgeFailure(failure?.error, attempt, this.options);
    try {
      await redelivery.move({ message, delivery, history }, verdict, () => session.isOpen);
      session.acknowledge(message);
    } catch (error) {
      // The bus is closing, or the channel has ended: the broker has the message still, and delivers it again.
      logger.debug({ queue: this.queue, id, error: faultText(error) }, "a failed message was not moved");
    }
    this.#moving--;
    for (const wake of this.#onMoved.splice(0)) wake();
  }

  #handHeld(): void {
    while (!this.#isPaused && this.#running < this.options.prefetch) {
      const next = this.#held.shift();
      if (next === undefined) return;
      this.#hand(next);
    }
  }

  async #idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #wakeIdle(): void {
    for (const wake of this.#onIdle.splice(0)) wake();
  }
}
