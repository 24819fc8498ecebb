// Everything that must be written, collected and sent to the writer thread in batches: while one is being written the next one grows, so
// that batches are as large as the disk is slow. Reports to the queues what has become safe, and keeps what could not be written until it can.

import type { Clock, Logger, Timer } from "@switchboard/core";
import { BusError } from "../errors.ts";
import { encodeBulk, type LaneUpdate, type Settlement } from "./batch.ts";
import { cut, type Group } from "./cut.ts";
import type { Lane } from "./lane.ts";
import type { Message } from "./message.ts";
import type { BatchMessage, Change, Claim, Claimed } from "./protocol.ts";
import type { Queue } from "./queue.ts";
import type { Segment } from "./segment.ts";

const maxBatchBytes = 1_048_576;
const maxSpareBytes = 2 * maxBatchBytes;
const maxPendingBytes = 67_108_864;
const retryDelayMs = 1_000;
// When handlers are slow, so many publishes of a turn are written while the turn goes on; when they are quick, larger batches are worth more.
const earlyPublishes = 32;
const slowTurnMs = 0.1;

/** Messages that become safe together, or not at all. */
export interface Publish {
  readonly messages: readonly Message[];
  /** Written together with them. */
  readonly change?: Change;
  resolve(): void;
  reject(error: unknown): void;
}

/** What the outbox needs of the bus. */
export interface OutboxHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxPendingPublishes: number;
  send(batch: BatchMessage): void;
  queue(id: number): Queue | undefined;
}

interface SentLane {
  readonly lane: Lane;
  readonly claimed: number;
  readonly settled: number;
}

/** A batch on its way. */
interface Batch {
  readonly number: number;
  readonly publishes: readonly Publish[];
  readonly groups: readonly Group[];
  readonly lanes: readonly SentLane[];
  readonly segments: readonly Segment[];
  readonly changes: readonly Change[];
  readonly claims: readonly Claim[];
}

/** Collects what must be written. */
export class Outbox {
  /** How often the database was opened. What handlers do with messages of an earlier opening comes too late. */
  generation = 0;
  readonly #host: OutboxHost;
  #publishes: Publish[] = [];
  /** When the first of them came, by `performance.now`. */
  #publishingSince = 0;
  #touched: Lane[] = [];
  #settled: Segment[] = [];
  #changes: Change[] = [];
  #claims: Claim[] = [];
  /** The batch that is being written. */
  #sent: Batch | undefined;
  #waiting: { readonly number: number; readonly resolve: () => void }[] = [];
  #spare: ArrayBuffer | undefined;
  #pending = 0;
  #pendingBytes = 0;
  #nextSeq = 1;
  #lastNumber = 0;
  #ready = false;
  #closing = false;
  #scheduled = false;
  #retryTimer: Timer | undefined;

  constructor(host: OutboxHost) {
    this.#host = host;
  }

  /**
   * Takes messages to be published; `resolve` is called when they are safe.
   *
   * @throws {BusError} BUS_OVERLOADED
   */
  publish(publish: Publish): void {
    const limit = this.#host.maxPendingPublishes;
    if (this.#pending >= limit || (this.#pending > 0 && this.#pendingBytes >= maxPendingBytes)) {
      throw new BusError(
        "BUS_OVERLOADED",
        `${this.#pending} publishes of ${this.#pendingBytes} bytes wait to be written`,
        {
          details: { pending: this.#pending, maxPendingPublishes: limit, maxPendingBytes },
        },
      );
    }
    this.#pending++;
    for (const message of publish.messages) this.#pendingBytes += message.bytes;
    const count = this.#publishes.push(publish);
    if (count === 1) this.#publishingSince = performance.now();
    if (count === earlyPublishes && performance.now() - this.#publishingSince > slowTurnMs) this.#flush();
    this.#schedule();
  }

  /** Notes a change to be written with the next batch. */
  order(change: Change): void {
    this.#changes.push(change);
    this.#schedule();
  }

  /** Asks for retries with the next batch; the queue's `takeRetries` gets them. */
  claim(claim: Claim): void {
    this.#claims.push(claim);
    this.#schedule();
  }

  /** A message of `segment` was settled. */
  settled(segment: Segment, lane: Lane): void {
    if (!segment.dirty) {
      segment.dirty = true;
      this.#settled.push(segment);
    }
    this.touch(lane);
  }

  /** The counters of `lane` have changed, or it wants to hand out more. */
  touch(lane: Lane): void {
    this.#list(lane);
    this.#schedule();
  }

  /** Resolves when all that was ordered before is written, or could not be written. */
  written(): Promise<void> {
    if (!this.#ready || (!this.#hasWork && this.#sent === undefined)) return Promise.resolve();
    const number = this.#hasWork ? this.#lastNumber + 1 : this.#lastNumber;
    return new Promise((resolve) => void this.#waiting.push({ number, resolve }));
  }

  /** The database is open; `nextSeq` is a number never used before. */
  open(nextSeq: number): void {
    this.generation++;
    this.#nextSeq = Math.max(this.#nextSeq, nextSeq);
    this.#ready = true;
    this.#schedule();
  }

  /** The batch is on disk; `spare` is its buffer. */
  committed(claimed: readonly Claimed[], spare: ArrayBuffer): void {
    const batch = this.#sent;
    if (batch === undefined) return;
    this.#sent = undefined;
    this.#spare = spare.byteLength <= maxSpareBytes ? spare : undefined;
    for (const { lane, claimed } of batch.lanes) lane.claimed = claimed;
    const now = this.#host.clock.now();
    for (const { lane, messages, parts } of batch.groups) {
      lane.queue.meter.published(messages.length, now);
      for (const part of parts) lane.accept(part.segment, part.messages, lane.queue.hasTakers);
    }
    for (const publish of batch.publishes) {
      this.#forget(publish);
      publish.resolve();
    }
    for (const answer of claimed) this.#host.queue(answer.queue)?.takeRetries(answer);
    for (const { lane } of batch.lanes) lane.queue.handOut();
    this.#reported(batch.number);
  }

  /** The batch is not on disk. Its publishes are rejected, the rest will be tried again. */
  failed(error: Error): void {
    const batch = this.#sent;
    if (batch === undefined) return;
    this.#sent = undefined;
    this.#takeBack(batch);
    for (const publish of batch.publishes) {
      this.#forget(publish);
      publish.reject(error);
    }
    this.#host.logger.error({ err: error }, "the bus could not write; publishes are rejected until it can");
    if (this.#closing) this.#giveUp();
    else if (this.#hasWork) this.#retryTimer = this.#host.clock.setTimer(() => this.#flush(), retryDelayMs);
    this.#reported(batch.number);
  }

  /** The writer has died: the batch is not known to be safe, and what is in memory counts no more. */
  lost(error: BusError): void {
    const batch = this.#sent;
    this.#ready = false;
    this.generation++;
    this.#sent = undefined;
    this.#changes = [...(batch?.changes ?? []), ...this.#changes].filter(isDeclaration);
    this.#claims = [];
    this.#settled = [];
    this.#unlistAll();
    for (const publish of batch?.publishes ?? []) {
      this.#forget(publish);
      publish.reject(error);
    }
    this.#reported(Number.POSITIVE_INFINITY);
  }

  /** Writes what can be written and rejects the rest; true when nothing was left over. Nothing is taken afterwards. */
  async close(): Promise<boolean> {
    this.#closing = true;
    this.#retryTimer?.cancel();
    while (this.#ready && (this.#hasWork || this.#sent !== undefined)) {
      this.#flush();
      await this.written();
    }
    const error = new BusError("BUS_CLOSED", "the bus was closed before the message was safe");
    for (const publish of this.#publishes.splice(0)) publish.reject(error);
    return this.#ready;
  }

  get #hasWork(): boolean {
    return (
      this.#publishes.length > 0 ||
      this.#touched.length > 0 ||
      this.#settled.length > 0 ||
      this.#changes.length > 0 ||
      this.#claims.length > 0
    );
  }

  #schedule(): void {
    if (this.#scheduled || !this.#ready) return;
    this.#scheduled = true;
    // After everything that this turn of the event loop still has to say.
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#ready || this.#sent !== undefined) return;
    this.#retryTimer?.cancel();
    this.#retryTimer = undefined;
    this.#sent = this.#collect();
    if (this.#sent === undefined) this.#reported(this.#lastNumber + 1);
  }

  #collect(): Batch | undefined {
    const publishes = this.#takePublishes();
    const groups = cut(publishes, this.#nextSeq, this.generation);
    for (const { lane, messages } of groups) {
      this.#nextSeq += messages.length;
      this.#list(lane);
    }
    const { updates, sent } = this.#laneUpdates(groups);
    const segments = this.#settled;
    const settlements = segments.map(settlement);
    const ownChanges = this.#changes;
    const claims = this.#claims;
    this.#settled = [];
    this.#changes = [];
    this.#claims = [];
    const changes = [...ownChanges];
    for (const { change } of publishes) if (change !== undefined) changes.push(change);
    if (updates.length + settlements.length + changes.length + claims.length + publishes.length === 0) return undefined;
    const number = ++this.#lastNumber;
    const inserts = groups.flatMap(({ parts }) => parts);
    const bytes = encodeBulk({ lanes: updates, inserts, settlements }, this.#spare);
    this.#spare = undefined;
    this.#host.send({ kind: "batch", bytes, changes, claims });
    return { number, publishes, groups, lanes: sent, segments, changes: ownChanges, claims };
  }

  #takePublishes(): Publish[] {
    let bytes = 0;
    let count = 0;
    for (const { messages } of this.#publishes) {
      if (bytes >= maxBatchBytes) break;
      for (const message of messages) bytes += message.bytes;
      count++;
    }
    if (count < this.#publishes.length) return this.#publishes.splice(0, count);
    const all = this.#publishes;
    this.#publishes = [];
    return all;
  }

  #laneUpdates(groups: readonly Group[]): { updates: LaneUpdate[]; sent: SentLane[] } {
    const fresh = new Map(groups.map((group) => [group.lane, group]));
    const allowances = new Map<Queue, number>();
    const updates: LaneUpdate[] = [];
    const sent: SentLane[] = [];
    for (const lane of this.#unlistAll()) {
      const { queue, settled } = lane;
      const group = fresh.get(lane);
      const added = group?.messages.length ?? 0;
      const allowed = allowances.get(queue) ?? queue.takeAllowance();
      allowances.set(queue, allowed);
      const claimed = lane.claimFor(allowed, group?.first ?? 0, added);
      if (added === 0 && settled === 0 && claimed === lane.claimed) continue;
      if (group !== undefined) lane.last = group.first + added - 1;
      lane.settled = 0;
      const { id, priority, last } = lane;
      updates.push({ lane: id, queue: queue.id, priority, change: added - settled, claimed, last });
      sent.push({ lane, claimed, settled });
    }
    return { updates, sent };
  }

  /** What is not a publish waits to be written again. */
  #takeBack({ lanes, segments, changes, claims }: Batch): void {
    for (const { lane, settled } of lanes) {
      lane.settled += settled;
      this.#list(lane);
    }
    for (const segment of segments) {
      if (segment.dirty) continue;
      segment.dirty = true;
      this.#settled.push(segment);
    }
    this.#changes = [...changes, ...this.#changes];
    this.#claims = [...claims, ...this.#claims];
  }

  // What is dropped here was handled already; it will be delivered once more after the next start.
  #giveUp(): void {
    this.#changes = [];
    this.#claims = [];
    this.#settled = [];
    this.#unlistAll();
    this.#ready = false;
  }

  #list(lane: Lane): void {
    if (lane.touched) return;
    lane.touched = true;
    this.#touched.push(lane);
  }

  #unlistAll(): readonly Lane[] {
    const lanes = this.#touched;
    this.#touched = [];
    for (const lane of lanes) lane.touched = false;
    return lanes;
  }

  #forget({ messages }: Publish): void {
    this.#pending--;
    for (const message of messages) this.#pendingBytes -= message.bytes;
  }

  #reported(number: number): void {
    if (this.#waiting.length > 0) {
      const done = this.#waiting.filter((waiting) => waiting.number <= number);
      this.#waiting = this.#waiting.filter((waiting) => waiting.number > number);
      for (const { resolve } of done) resolve();
    }
    if (this.#hasWork && this.#retryTimer === undefined) this.#schedule();
  }
}

function settlement(segment: Segment): Settlement {
  segment.dirty = false;
  const { seq, finished, stored, done } = segment;
  if (!finished) segment.stored = true;
  return { seq, finished, stored, done };
}

function isDeclaration({ kind }: Change): boolean {
  return kind === "exchange" || kind === "queue" || kind === "binding";
}
