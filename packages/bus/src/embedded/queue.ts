// One queue: hands its waiting messages to its consumers and decides what becomes of each. Knows nothing of disks; what must be
// written it gives to the outbox, and it hands out only what the outbox has reported as safe.

import type { Clock, Logger, Timer } from "@switchboard/core";
import { QueueMeter } from "../rates.ts";
import { describeFailure, describeLostConsumer, judgeFailure } from "../retry.ts";
import { readContent } from "./codec.ts";
import type { EmbeddedConsumer } from "./consumer.ts";
import { Lane, maxLookahead, type MemoryBudget } from "./lane.ts";
import { Message } from "./message.ts";
import type { Outbox } from "./outbox.ts";
import type { PageReader } from "./page-reader.ts";
import type { Claimed, ClaimedRetry, Place } from "./protocol.ts";
import type { Turn } from "./turn.ts";

const maxClaim = 256;
// How far claims run ahead of the handlers, in messages settled since the last batch: enough for the batches on their way.
const lookaheadFactor = 4;

/** What all queues of one bus share. */
export interface QueueHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memory: MemoryBudget;
  readonly outbox: Outbox;
  readonly reader: PageReader;
  readonly turn: Turn;
  nextLaneId(): number;
}

/** A queue, its consumers and its counters. */
export class Queue {
  readonly id: number;
  readonly name: string;
  readonly meter: QueueMeter = new QueueMeter();
  readonly consumers: EmbeddedConsumer[] = [];
  /** Highest priority first. */
  readonly lanes: Lane[] = [];
  /** Messages that wait for another delivery. */
  retries = 0;
  parked = 0;
  readonly #host: QueueHost;
  #nextDueAt = Number.POSITIVE_INFINITY;
  #dueTimer: Timer | undefined;
  /** Retries are due that were expected until then. */
  #dueBy = 0;
  /** Places kept free for retries that were asked for. */
  #reserved = 0;
  #handingOut = false;
  #nextConsumer = 0;
  #settledLately = 0;
  #acknowledgedLately = 0;

  constructor(id: number, name: string, host: QueueHost) {
    this.id = id;
    this.name = name;
    this.#host = host;
  }

  /** Messages in handlers. */
  get inFlight(): number {
    return this.consumers.reduce((sum, { running }) => sum + running.length, 0);
  }

  /** Messages waiting, retries included. */
  get depth(): number {
    return this.lanes.reduce((sum, { depth }) => sum + depth, this.retries);
  }

  /** True when somebody would take a message now or soon. */
  get hasTakers(): boolean {
    return this.consumers.some(({ active }) => active);
  }

  lane(priority: number): Lane {
    const known = this.lanes.find((lane) => lane.priority === priority);
    return known ?? this.addLane(this.#host.nextLaneId(), priority);
  }

  addLane(id: number, priority: number): Lane {
    const lane = new Lane(id, this, priority, this.#host.memory);
    this.lanes.push(lane);
    this.lanes.sort((one, other) => other.priority - one.priority);
    return lane;
  }

  removeConsumer(consumer: EmbeddedConsumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index >= 0) this.consumers.splice(index, 1);
  }

  /** Up to how many messages may be marked as handed out now. Asked once per batch. */
  takeAllowance(): number {
    this.countAcknowledged();
    const lookahead = this.hasTakers ? Math.min(maxLookahead, this.#settledLately * lookaheadFactor) : 0;
    this.#settledLately = 0;
    return Math.max(this.#freePlaces(), 0) + lookahead;
  }

  /** Brings the meter up to date. Not done for each message, because asking for the time costs more than counting. */
  countAcknowledged(): void {
    if (this.#acknowledgedLately === 0) return;
    this.meter.acknowledged(this.#acknowledgedLately, this.#host.clock.now());
    this.#acknowledgedLately = 0;
  }

  /** Hands out what can be handed out. Cheap when nothing can. */
  handOut(): void {
    // A handler that settles at once ends up here again; the loop below goes on by itself.
    if (this.#handingOut) return;
    this.#handingOut = true;
    try {
      this.#askForRetries();
      let count = 0;
      while (this.#freePlaces() > 0) {
        if (!this.#host.turn.allows(this)) break;
        const message = this.#nextMessage();
        if (message === undefined) break;
        this.#host.turn.spend();
        count++;
        this.#hand(message);
      }
      if (count > 0) this.meter.delivered(count, 0, this.#host.clock.now());
    } finally {
      this.#handingOut = false;
    }
  }

  /** A retry will be due then. */
  expectRetry(dueAt: number): void {
    if (dueAt >= this.#nextDueAt) return;
    this.#nextDueAt = dueAt;
    this.#dueTimer?.cancel();
    this.#dueTimer = this.#host.clock.setTimer(() => {
      // The host's timers run by another clock than its time of day: this one may say that a moment is missing.
      this.#dueBy = Math.max(this.#dueBy, dueAt);
      this.handOut();
    }, dueAt - this.#host.clock.now());
  }

  /** The retries asked for have come. */
  takeRetries({ retries, nextDueAt }: Claimed): void {
    this.#reserved = 0;
    this.retries -= retries.length;
    if (nextDueAt !== undefined) this.expectRetry(nextDueAt);
    this.#handingOut = true; // What a handler that settles at once sets free is for the next retry, not for a fresh message.
    for (const retry of retries) this.#takeRetry(retry);
    this.#handingOut = false;
    this.handOut();
  }

  /** Starts anew with what is on disk: `retries` and `parked` messages besides those of the lanes. */
  reset(retries: number, parked: number, nextDueAt: number | undefined): void {
    this.retries = retries;
    this.parked = parked;
    this.#reserved = 0;
    this.#settledLately = 0;
    this.cancelTimer();
    if (nextDueAt !== undefined) this.expectRetry(nextDueAt);
  }

  /** Hands out nothing until `reset`. */
  suspend(): void {
    this.cancelTimer();
    for (const lane of this.lanes) lane.suspend();
  }

  cancelTimer(): void {
    this.#dueTimer?.cancel();
    this.#nextDueAt = Number.POSITIVE_INFINITY;
  }

  /** Gives back what handlers still have when the bus closes: each counts as delivered once. */
  abandon(now: number): void {
    for (const { running } of this.consumers) {
      for (const message of running) {
        const failure = describeLostConsumer(message.attempt, now);
        const { seq, lane } = message;
        if (message.segment === undefined) this.#host.outbox.order({ kind: "deferAgain", seq, dueAt: 0, failure });
        else {
          const place = this.#settleFresh(message);
          const { priority } = lane;
          this.#host.outbox.order({ kind: "defer", seq, place, queue: this.id, priority, dueAt: 0, failure });
        }
        message.generation = -1; // Whatever its handler does now comes too late.
      }
    }
  }

  #freePlaces(): number {
    let free = -this.#reserved;
    for (const consumer of this.consumers) free += consumer.free;
    return free;
  }

  #nextMessage(): Message | undefined {
    for (const lane of this.lanes) {
      for (let head = lane.peek(); head !== undefined; head = lane.peek()) {
        if (head.seq > lane.claimed) {
          this.#host.outbox.touch(lane);
          return undefined;
        }
        lane.shift();
        if (lane.wantsPage) this.#host.reader.read(lane);
        if (head.content.expiresAt === 0 || !head.hasExpired(this.#host.clock.now())) return head;
        this.#expire(head);
      }
      if (!lane.backlog) continue;
      // A lower priority must wait until this one's messages have been read.
      if (lane.wantsPage) this.#host.reader.read(lane);
      return undefined;
    }
    return undefined;
  }

  #hand(message: Message): void {
    const consumer = this.#takeTurns();
    if (consumer === undefined) throw new Error("a message was taken for a consumer that is not there");
    consumer.started(message);
    let result: Promise<void> | void;
    try {
      result = consumer.handler(message.toDelivery(() => consumer.freePlace(message)));
    } catch (error) {
      this.#failed(consumer, message, error);
      return;
    }
    if (result === undefined) this.#acknowledged(consumer, message);
    else {
      // Not `await`: this is the hot path, and both outcomes are handled.
      result.then(
        () => this.#acknowledged(consumer, message),
        (error: unknown) => this.#failed(consumer, message, error),
      );
    }
  }

  #takeTurns(): EmbeddedConsumer | undefined {
    for (let tried = 0; tried < this.consumers.length; tried++) {
      this.#nextConsumer = (this.#nextConsumer + 1) % this.consumers.length;
      const consumer = this.consumers[this.#nextConsumer];
      if (consumer !== undefined && consumer.free > 0) return consumer;
    }
    return undefined;
  }

  #acknowledged(consumer: EmbeddedConsumer, message: Message): void {
    if (this.#isCurrent(message)) {
      this.#acknowledgedLately++;
      if (message.segment === undefined) {
        this.#host.outbox.order({ kind: "finish", seq: message.seq, queue: this.id });
      } else this.#settleFresh(message);
    }
    this.#release(consumer, message);
  }

  #failed(consumer: EmbeddedConsumer, message: Message, error: unknown): void {
    if (this.#isCurrent(message)) {
      const now = this.#host.clock.now();
      const { seq, attempt } = message;
      const failure = describeFailure(error, attempt, now);
      const verdict = judgeFailure(error, attempt, consumer.options);
      const fields = { queue: this.name, id: String(seq), attempt, error: failure.name, code: failure.code };
      if (verdict.park) {
        this.#park(message, attempt, failure);
        this.#host.logger.warn(fields, "message parked: its delivery failed for the last time");
      } else {
        this.#defer(message, now + verdict.delayMs, failure);
        this.#host.logger.warn(
          { ...fields, delayMs: verdict.delayMs },
          "delivery failed, message will be delivered again",
        );
      }
    }
    this.#release(consumer, message);
  }

  #release(consumer: EmbeddedConsumer, message: Message): void {
    this.#settledLately++;
    consumer.finished(message);
    this.handOut();
  }

  #defer(message: Message, dueAt: number, failure: ReturnType<typeof describeFailure>): void {
    const { seq, lane } = message;
    this.retries++;
    if (message.segment === undefined) this.#host.outbox.order({ kind: "deferAgain", seq, dueAt, failure });
    else {
      const place = this.#settleFresh(message);
      const { priority } = lane;
      this.#host.outbox.order({ kind: "defer", seq, place, queue: this.id, priority, dueAt, failure });
    }
    this.expectRetry(dueAt);
  }

  #park(message: Message, attempt: number, failure: ReturnType<typeof describeFailure> | undefined): void {
    const { seq, lane } = message;
    const place = message.segment === undefined ? undefined : this.#settleFresh(message);
    const { priority } = lane;
    const parkedAt = this.#host.clock.now();
    this.#host.outbox.order({ kind: "park", seq, place, queue: this.id, priority, attempt, parkedAt, failure });
    this.parked++;
    this.meter.parked(1);
  }

  #expire(message: Message): void {
    if (message.segment === undefined) this.#host.outbox.order({ kind: "finish", seq: message.seq, queue: this.id });
    else this.#settleFresh(message);
    this.meter.expired(1);
    this.#host.logger.info({ queue: this.name, id: String(message.seq) }, "message dropped: it had expired");
  }

  /** Marks a fresh message as done where it lies. */
  #settleFresh({ segment, index, lane }: Message): Place {
    if (segment === undefined) throw new Error("a retry lies in no segment");
    segment.settle(index);
    lane.settled++;
    this.#host.outbox.settled(segment, lane);
    return { segment: segment.seq, index };
  }

  #isCurrent(message: Message): boolean {
    return message.generation === this.#host.outbox.generation;
  }

  #askForRetries(): void {
    if (this.#reserved > 0 || this.#nextDueAt === Number.POSITIVE_INFINITY) return;
    const now = Math.max(this.#host.clock.now(), this.#dueBy);
    if (this.#nextDueAt > now) return;
    const limit = Math.min(this.#freePlaces(), maxClaim);
    if (limit <= 0) return;
    this.#reserved = limit;
    this.cancelTimer();
    this.#host.outbox.claim({ queue: this.id, now, limit });
  }

  #takeRetry({ seq, priority, deliveries, suspected, entry }: ClaimedRetry): void {
    const source = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
    const message = new Message(this.lane(priority), readContent(source, 0, this.name));
    message.seq = seq;
    message.generation = this.#host.outbox.generation;
    message.attempt = deliveries + 1;
    const consumer = this.consumers.find(({ free }) => free > 0);
    if (consumer === undefined) {
      // Paused meanwhile. It was not delivered, so it does not count.
      this.retries++;
      this.#host.outbox.order({ kind: "release", seq });
      this.expectRetry(this.#host.clock.now());
    } else if (message.hasExpired(this.#host.clock.now())) this.#expire(message);
    else if (deliveries >= consumer.options.maxDeliveries && !suspected) {
      this.#park(message, deliveries, undefined);
      this.#host.logger.warn(
        { queue: this.name, id: String(seq), attempt: deliveries },
        "message parked: its consumer died with it",
      );
    } else {
      this.meter.delivered(1, 1, this.#host.clock.now());
      this.#hand(message);
    }
  }
}
