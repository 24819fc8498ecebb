// One queue of a memory bus: which message goes to which consumer when, and what becomes of it.

import { type Clock, type Logger, type Timer } from "@switchboard/core";
import type { Delivery, DeliveryFailure, ParkedMessage, QueueInfo } from "../../bus.ts";
import { QueueMeter } from "../../rates.ts";
import { describeFailure, describeLostConsumer, judgeFailure } from "../../retry.ts";
import type { MemoryConsumer } from "./consumer.ts";
import type { MemoryStore, StoredMessage, StoredQueue } from "./store.ts";

/** What a queue needs from its bus. */
export interface QueueContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: MemoryStore;
}

/** The moving part over a {@link StoredQueue}. */
export class MemoryQueue {
  readonly stored: StoredQueue;
  readonly meter: QueueMeter = new QueueMeter();
  readonly #context: QueueContext;
  /** The next to be served comes first. */
  readonly #consumers: MemoryConsumer[] = [];
  readonly #timers = new Map<StoredMessage, Timer>();
  #pumpScheduled = false;
  #released = false;

  /** Goes on where an earlier bus stopped: what that one had in its handlers waits again. */
  constructor(stored: StoredQueue, context: QueueContext) {
    this.stored = stored;
    this.#context = context;
    const now = context.clock.now();
    for (const message of stored.inFlight) {
      message.history = [...message.history, describeLostConsumer(message.attempt, now)];
      insert(stored.waiting, message);
    }
    stored.inFlight.clear();
    for (const message of stored.delayed) this.#wakeLater(message);
  }

  /** Adds a message behind those of its priority. */
  add(message: StoredMessage): void {
    insert(this.stored.waiting, message);
    this.meter.published(1, this.#context.clock.now());
    this.schedulePump();
  }

  attach(consumer: MemoryConsumer): void {
    this.#consumers.push(consumer);
    this.schedulePump();
  }

  detach(consumer: MemoryConsumer): void {
    const index = this.#consumers.indexOf(consumer);
    if (index >= 0) this.#consumers.splice(index, 1);
  }

  /** Hands out what can be handed out, but not before the caller's own turn is over. */
  schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  /** Puts parked messages back, as if published now. Returns how many. */
  retry(ids: readonly string[] | "all"): number {
    const messages = this.#takeParked(ids);
    const now = this.#context.clock.now();
    for (const message of messages) {
      const lifeMs = message.expiresAt - message.publishedAt;
      const sequence = this.#context.store.nextSequence();
      Object.assign(message, { sequence, attempt: 0, history: [], publishedAt: now, expiresAt: now + lifeMs });
      insert(this.stored.waiting, message);
    }
    this.schedulePump();
    return messages.length;
  }

  /** Removes parked messages. Returns how many. */
  drop(ids: readonly string[] | "all"): number {
    return this.#takeParked(ids).length;
  }

  parkedMessage(message: StoredMessage): ParkedMessage {
    return { ...this.#delivery(message), parkedAt: message.parkedAt, history: message.history };
  }

  inspect(): QueueInfo {
    this.#dropExpired();
    const { name, waiting, delayed, inFlight, parked } = this.stored;
    const now = this.#context.clock.now();
    const oldest = [...waiting, ...delayed].reduce((least, { publishedAt }) => Math.min(least, publishedAt), Infinity);
    return {
      queue: name,
      depth: waiting.length + delayed.size,
      delayed: delayed.size,
      inFlight: inFlight.size,
      consumers: this.#consumers.length,
      parked: parked.length,
      oldestAgeMs: oldest === Infinity ? undefined : now - oldest,
      rates: this.meter.rates(now),
      totals: this.meter.totals(),
    };
  }

  /** Lets go of the store: whatever still happens here changes nothing in it. */
  release(): void {
    this.#released = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #pump(): void {
    if (this.#released) return;
    this.#dropExpired();
    for (;;) {
      const [message] = this.stored.waiting;
      const consumer = this.#consumers.find(({ isFree }) => isFree);
      if (message === undefined || consumer === undefined) return;
      this.stored.waiting.shift();
      // Its consumers died with it often enough.
      if (message.attempt >= consumer.options.maxDeliveries) {
        this.#park(message);
        continue;
      }
      this.detach(consumer);
      this.#consumers.push(consumer);
      void this.#deliver(message, consumer);
    }
  }

  async #deliver(message: StoredMessage, consumer: MemoryConsumer): Promise<void> {
    const { clock } = this.#context;
    message.attempt++;
    this.stored.inFlight.add(message);
    this.meter.delivered(1, message.attempt > 1 ? 1 : 0, clock.now());
    consumer.enter();
    let failed: { readonly error: unknown } | undefined;
    try {
      await consumer.handler(this.#delivery(message));
    } catch (error) {
      failed = { error };
    }
    if (!this.#released) {
      this.stored.inFlight.delete(message);
      if (failed === undefined) this.meter.acknowledged(1, clock.now());
      else this.#fail(message, failed.error, consumer);
      this.schedulePump();
    }
    consumer.leave();
  }

  #fail(message: StoredMessage, error: unknown, consumer: MemoryConsumer): void {
    const now = this.#context.clock.now();
    message.history = [...message.history, describeFailure(error, message.attempt, now)];
    const verdict = judgeFailure(error, message.attempt, consumer.options);
    if (verdict.park) {
      this.#park(message);
      return;
    }
    message.dueAt = now + verdict.delayMs;
    this.stored.delayed.add(message);
    this.#wakeLater(message);
  }

  #wakeLater(message: StoredMessage): void {
    const { clock } = this.#context;
    const wake = (): void => {
      this.#timers.delete(message);
      this.stored.delayed.delete(message);
      insert(this.stored.waiting, message);
      this.schedulePump();
    };
    this.#timers.set(message, clock.setTimer(wake, message.dueAt - clock.now()));
  }

  #park(message: StoredMessage): void {
    message.parkedAt = this.#context.clock.now();
    message.sequence = this.#context.store.nextSequence();
    this.stored.parked.push(message);
    this.meter.parked(1);
    const last: DeliveryFailure | undefined = message.history.at(-1);
    this.#context.logger.warn(
      { queue: this.stored.name, id: message.id, attempt: message.attempt, error: last?.message },
      "message parked",
    );
  }

  #takeParked(ids: readonly string[] | "all"): readonly StoredMessage[] {
    const { parked } = this.stored;
    const wanted = ids === "all" ? undefined : new Set(ids);
    this.stored.parked = parked.filter(({ id }) => wanted !== undefined && !wanted.has(id));
    return parked.filter(({ id }) => wanted === undefined || wanted.has(id));
  }

  #dropExpired(): void {
    const { waiting } = this.stored;
    const now = this.#context.clock.now();
    if (!waiting.some(({ expiresAt }) => expiresAt <= now)) return;
    for (const message of waiting.splice(0)) {
      if (message.expiresAt > now) {
        waiting.push(message);
        continue;
      }
      this.meter.expired(1);
      this.#context.logger.info({ queue: this.stored.name, id: message.id }, "message expired");
    }
  }

  #delivery(message: StoredMessage): Delivery {
    const { id, exchange, routingKey, body, contentType, headers, priority, publishedAt, attempt } = message;
    const queue = this.stored.name;
    // The body is a copy, because it belongs to the handler, who may write into it.
    return {
      id,
      queue,
      exchange,
      routingKey,
      body: Buffer.from(body),
      contentType,
      headers,
      priority,
      publishedAt,
      attempt,
    };
  }
}

/** Keeps `waiting` by priority, highest first, then by sequence. Mostly the message belongs to the end. */
function insert(waiting: StoredMessage[], message: StoredMessage): void {
  const index = waiting.findLastIndex(
    ({ priority, sequence }) =>
      priority > message.priority || (priority === message.priority && sequence < message.sequence),
  );
  waiting.splice(index + 1, 0, message);
}
