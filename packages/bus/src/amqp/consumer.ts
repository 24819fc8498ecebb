// One consumer of one queue: hands messages to the handler, acknowledges what it has done, and has the rest moved to where it waits for its
// next delivery or is parked. How messages come is the business of its subscription.

import type { ConsumeMessage } from "amqplib";
import type { Clock, Logger } from "@switchboard/core";
import type { Consumer, Delivery, DeliveryHandler } from "../bus.ts";
import type { ResolvedConsumeOptions } from "../options.ts";
import type { QueueMeter } from "../rates.ts";
import { describeFailure, describeLostConsumer, judgeFailure } from "../retry.ts";
import { expiresAt, historyOf, returnsOf, toDelivery } from "./envelope.ts";
import { faultText } from "./faults.ts";
import type { Redelivery } from "./redelivery.ts";
import type { Released } from "./released.ts";
import type { ConsumerSession } from "./session.ts";
import { Subscription, type SubscriptionOptions } from "./subscription.ts";

/** What consumers of one queue share. */
export interface ConsumerContext extends Pick<SubscriptionOptions, "connection" | "topology"> {
  readonly queue: string;
  readonly redelivery: Redelivery;
  readonly released: Released;
  readonly meter: QueueMeter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  /** True if the bus declares quorum queues. */
  readonly isQuorum: boolean;
  /** Undefined, or resolves when a message may be handed out that came back from its delay. */
  readonly settled: (message: ConsumeMessage) => Promise<void> | undefined;
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
  readonly #context: ConsumerContext;
  readonly #options: ResolvedConsumeOptions;
  readonly #handler: DeliveryHandler;
  readonly #subscription: Subscription;
  #isPaused: boolean;
  /** True if the queue counts how often it has taken a message back, as quorum queues do. */
  #hasRecord: boolean;
  #stopping: Promise<void> | undefined;
  /** Delivered but not handed out: the consumer is paused, or handlers of an earlier channel still run. */
  #held: Taken[] = [];
  #running = 0;
  #moving = 0;
  #onIdle: (() => void)[] = [];
  #onMoved: (() => void)[] = [];

  constructor(context: ConsumerContext, options: ResolvedConsumeOptions, handler: DeliveryHandler) {
    const { queue, connection, topology, clock, logger } = context;
    const { prefetch, startPaused } = options;
    this.queue = queue;
    this.#context = context;
    this.#options = options;
    this.#handler = handler;
    this.#isPaused = startPaused;
    this.#hasRecord = context.isQuorum;
    const take = (session: ConsumerSession, message: ConsumeMessage): void => this.#take({ session, message });
    const ended = (): void => this.#forgetHeld();
    const subscribing = { queue, prefetch, connection, topology, clock, logger, take, ended };
    this.#subscription = new Subscription(subscribing, !startPaused);
  }

  /** Messages in hand: in the handler, or on their way to where they wait or are parked. */
  get inFlight(): number {
    return this.#running + this.#moving;
  }

  /** Messages that the broker has delivered and that wait here. */
  get held(): number {
    return this.#held.length;
  }

  /** See {@link Subscription.fence}. */
  async fence(): Promise<void> {
    await this.#subscription.fence();
  }

  /** Starts it; see {@link Subscription.open}. */
  async open(): Promise<void> {
    await this.#subscription.open();
  }

  // As with Vumi's workers, the broker may still deliver up to the prefetch limit, and that is kept here.
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#idle();
  }

  resume(): void {
    if (!this.#isPaused || this.#stopping !== undefined) return;
    this.#isPaused = false;
    // Whoever still waits for an earlier pause would wait for ever on a busy queue.
    this.#wakeIdle();
    this.#handHeld();
    this.#subscription.want(true);
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  /** Ends it at once. What was not acknowledged is for the broker to deliver again. */
  abandon(): void {
    this.#isPaused = true;
    this.#stopping ??= Promise.resolve();
    this.#subscription.abandon();
    this.#context.stopped(this);
    this.#wakeIdle();
  }

  async #stop(): Promise<void> {
    this.#isPaused = true;
    this.#subscription.want(false);
    await this.#idle();
    while (this.#moving > 0) await new Promise<void>((resolve) => this.#onMoved.push(resolve));
    await this.#subscription.close(() => {
      const { prefetch } = this.#options;
      if (this.#hasRecord) this.#context.released.addUnseen(prefetch - this.#held.length);
      for (const { session, message } of this.#held) session.release(message);
      this.#forgetHeld();
    });
    this.#context.stopped(this);
  }

  #take(taken: Taken): void {
    if (this.#isPaused || this.#held.length > 0 || this.#running >= this.#options.prefetch) this.#held.push(taken);
    else this.#hand(taken);
  }

  #hand(taken: Taken): void {
    const { session, message } = taken;
    const { clock, meter, logger, newId } = this.#context;
    const lost = this.#lostDeliveries(taken);
    const delivery = toDelivery(message, this.queue, newId, lost);
    const expiry = expiresAt(message);
    if (expiry !== undefined && expiry <= clock.now()) {
      meter.expired(1);
      logger.info({ queue: this.queue, id: delivery.id }, "message expired");
      session.acknowledge(message);
      return;
    }
    const lastLost = delivery.attempt - 1;
    if (lost > 0 && (returnsOf(message) === undefined || lastLost >= this.#options.maxDeliveries)) {
      void this.#move({ taken, delivery: { ...delivery, attempt: lastLost }, lost, failure: undefined });
      return;
    }
    this.#running++;
    const settled = this.#context.settled(message);
    if (settled === undefined) this.#run(taken, delivery, lost);
    else void settled.then(() => this.#run(taken, delivery, lost));
  }

  /** How many deliveries of this message ended with their consumer. */
  #lostDeliveries({ session, message }: Taken): number {
    const { released } = this.#context;
    const returns = returnsOf(message);
    if (returns !== undefined) this.#hasRecord = true;
    const count = returns ?? (session.isSuspect(message) ? 1 : 0);
    if (count === 0) released.forgetUnseen();
    return count > 0 && released.take(message) ? 0 : count;
  }

  #run(taken: Taken, delivery: Delivery, lost: number): void {
    const { clock, meter } = this.#context;
    meter.delivered(1, delivery.attempt > 1 ? 1 : 0, clock.now());
    try {
      const running = this.#handler(delivery);
      if (typeof running !== "object") this.#succeed(taken);
      else {
        Promise.resolve(running).then(
          () => this.#succeed(taken),
          (error: unknown) => this.#fail({ taken, delivery, lost, failure: { error } }),
        );
      }
    } catch (error) {
      this.#fail({ taken, delivery, lost, failure: { error } });
    }
  }

  #succeed({ session, message }: Taken): void {
    const { clock, meter } = this.#context;
    // On an ended channel it comes again all the same.
    if (session.isOpen) meter.acknowledged(1, clock.now());
    session.acknowledge(message);
    this.#leave();
  }

  #fail(failed: Failed): void {
    void this.#move(failed);
    this.#leave();
  }

  /** A handler has ended. */
  #leave(): void {
    this.#running--;
    if (this.#running === 0) this.#wakeIdle();
    if (this.#held.length > 0) this.#handHeld();
  }

  /** Has a message moved whose delivery failed; only then it is acknowledged. */
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
    const verdict = judgeFailure(failure?.error, attempt, this.#options);
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
    while (!this.#isPaused && this.#running < this.#options.prefetch) {
      const next = this.#held.shift();
      if (next === undefined) return;
      this.#hand(next);
    }
  }

  // The broker gives them to somebody else, or to us again.
  #forgetHeld(): void {
    for (const { message } of this.#held.splice(0)) this.#context.released.add(message);
  }

  async #idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #wakeIdle(): void {
    for (const wake of this.#onIdle.splice(0)) wake();
  }
}
