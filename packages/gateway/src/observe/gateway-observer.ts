// Watches all workers of the gateway: counts what they do, measures how long answers take, remembers statuses, and hands every step to the
// trail and to whoever listens. Workers in other processes are watched through `observation-relay.ts`. Memory does not grow with traffic.

import { type Clock, type Logger, RecentMap } from "@switchboard/core";
import { handledEntry, type HandledMessage, publishedEntry, type PublishedMessage } from "@switchboard/messaging";
import type { TransportStatus, WorkerObserver } from "@switchboard/messaging";
import type { MessageStore, TrailEntry } from "@switchboard/messaging/store";
import { LatencyWindow, type Percentiles } from "./latency-window.ts";
import { type MiddlewareFigures, type MiddlewareSample, MiddlewareTimes } from "./middleware-times.ts";
import { SlidingCount } from "./sliding-count.ts";
import { StatusBook } from "./status-book.ts";
import { TrailRecorder } from "./trail-recorder.ts";

/** What happened within the last minute. */
export interface MinuteCounts {
  readonly in: number;
  readonly out: number;
  readonly failed: number;
}

/** The figures of the whole gateway. Counts are of the last minute. */
export interface GatewayFigures {
  /** Messages that people wrote. */
  readonly accepted: number;
  /** Messages handed to channels. */
  readonly sent: number;
  /** Messages that a channel refused. */
  readonly failed: number;
  readonly parked: number;
  /** From a person's message to its answer being handed to the channel. */
  readonly latency_ms: Percentiles;
}

/** What workers of another process have told since the last time, as it travels. */
export interface ObservationBatch {
  readonly entries: readonly TrailEntry[];
  readonly statuses: readonly { readonly worker: string; readonly status: TransportStatus }[];
  /** How long middlewares took. */
  readonly steps?: readonly MiddlewareSample[];
  /** Steps that could not be told because too many waited. */
  readonly dropped: number;
}

/** How an observer is made. */
export interface GatewayObserverOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where trails go; default nowhere. */
  readonly store?: MessageStore | undefined;
}

class WorkerCounts {
  readonly in: SlidingCount = new SlidingCount();
  readonly out: SlidingCount = new SlidingCount();
  readonly failed: SlidingCount = new SlidingCount();
  /** How long it had messages. */
  readonly took: LatencyWindow = new LatencyWindow();
  lastError: { readonly at: number; readonly code: string | undefined; readonly message: string } | undefined;
}

class QueueCounts {
  readonly in: SlidingCount = new SlidingCount();
  readonly out: SlidingCount = new SlidingCount();
  /** How long messages waited in it; undefined until one was taken off it. */
  waited: LatencyWindow | undefined;
}

// How many people's messages may wait for their answer and still have it timed.
const maxTimed = 10_000;
// Names are configured, but statuses and entries of other processes are only believed.
const maxNames = 5_000;

/** Watches the gateway's workers. */
export class GatewayObserver implements WorkerObserver {
  readonly statuses: StatusBook;
  readonly #clock: Clock;
  readonly #recorder: TrailRecorder | undefined;
  readonly #accepted = new SlidingCount();
  readonly #sent = new SlidingCount();
  readonly #failed = new SlidingCount();
  readonly #parked = new SlidingCount();
  readonly #latency = new LatencyWindow();
  readonly #workers = new Map<string, WorkerCounts>();
  /** By the name of a queue, what came into it and what left it. */
  readonly #queues = new Map<string, QueueCounts>();
  readonly #rules = new Map<string, SlidingCount>();
  readonly #middleware = new MiddlewareTimes();
  /** By id of a person's message, when it came. Oldest first. */
  readonly #unanswered = new RecentMap<string, number>(maxTimed);
  readonly #listeners = new Set<(entry: TrailEntry) => void>();
  #totals = { accepted: 0, sent: 0, failed: 0, parked: 0, remoteDropped: 0 };

  constructor({ clock, logger, store }: GatewayObserverOptions) {
    this.#clock = clock;
    this.statuses = new StatusBook({ clock });
    this.#recorder = store === undefined ? undefined : new TrailRecorder({ store, clock, logger });
  }

  handled(message: HandledMessage): void {
    const entry = handledEntry(message);
    if (entry !== undefined) this.#take(entry);
  }

  published(message: PublishedMessage): void {
    if (message.kind === "status") {
      this.statuses.add(message.worker, message.message as TransportStatus);
      return;
    }
    const entry = publishedEntry(message);
    if (entry !== undefined) this.#take(entry);
  }

  passed(worker: string, middleware: string, tookMs: number): void {
    this.#middleware.addOne(this.#clock.now(), { worker, middleware }, tookMs);
  }

  /** Takes what workers of another process have told. */
  receive({ entries, statuses, steps = [], dropped }: ObservationBatch): void {
    const now = this.#clock.now();
    for (const sample of steps) this.#middleware.add(now, sample);
    for (const entry of entries) this.#take(entry);
    for (const { worker, status } of statuses) this.statuses.add(worker, status);
    this.#totals.remoteDropped += dropped;
  }

  /** Calls `listener` with every step from now on. Returns its remover. */
  onEntry(listener: (entry: TrailEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The figures of the last minute. */
  figures(): GatewayFigures {
    const now = this.#clock.now();
    return {
      accepted: this.#accepted.total(now),
      sent: this.#sent.total(now),
      failed: this.#failed.total(now),
      parked: this.#parked.total(now),
      latency_ms: this.#latency.percentiles(now),
    };
  }

  /** Counts since the gateway started, and steps that no trail has. */
  totals(): Readonly<Record<"accepted" | "sent" | "failed" | "parked" | "dropped", number>> {
    const { remoteDropped, ...totals } = this.#totals;
    return { ...totals, dropped: remoteDropped + (this.#recorder?.dropped ?? 0) };
  }

  /** What a worker did within the last minute; nothing when nothing was heard of it. */
  worker(name: string): MinuteCounts {
    const counts = this.#workers.get(name);
    if (counts === undefined) return { in: 0, out: 0, failed: 0 };
    const now = this.#clock.now();
    return { in: counts.in.total(now), out: counts.out.total(now), failed: counts.failed.total(now) };
  }

  /** How long a worker had messages, within the last minute; undefined when nothing was ever heard of it. */
  handling(name: string): Percentiles | undefined {
    return this.#workers.get(name)?.took.percentiles(this.#clock.now());
  }

  /** What a worker's middlewares did within the last minute, by their names. */
  middleware(name: string): Record<string, MiddlewareFigures> {
    return this.#middleware.of(name, this.#clock.now());
  }

  /** How long messages waited in a queue, within the last minute; undefined when none was ever taken off it. */
  queueWait(queue: string): Percentiles | undefined {
    return this.#queues.get(queue)?.waited?.percentiles(this.#clock.now());
  }

  /** What last went wrong in a worker. */
  lastError(name: string): WorkerCounts["lastError"] {
    return this.#workers.get(name)?.lastError;
  }

  /** How many messages workers put into a queue within the last minute, and how many left it: tries that failed did not. */
  queue(name: string): Pick<MinuteCounts, "in" | "out"> {
    const counts = this.#queues.get(name);
    if (counts === undefined) return { in: 0, out: 0 };
    const now = this.#clock.now();
    return { in: counts.in.total(now), out: counts.out.total(now) };
  }

  /** How often a router's rule decided within the last hour. */
  ruleHits(router: string, rule: number): number {
    return this.#rules.get(`${rule} ${router}`)?.total(this.#clock.now()) ?? 0;
  }

  /** Writes what waits for the trail; resolves when it is safe. */
  async flush(): Promise<void> {
    await this.#recorder?.flush();
  }

  /** Writes what waits, and records no more. */
  async close(): Promise<void> {
    await this.#recorder?.close();
    this.#listeners.clear();
  }

  #take(entry: TrailEntry): void {
    const now = this.#clock.now();
    this.#count(entry, now);
    this.#recorder?.add(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  #count(entry: TrailEntry, now: number): void {
    const { worker, worker_kind, kind, did, error, outcome } = entry;
    const counts = entryOf(this.#workers, worker, () => new WorkerCounts());
    if (did === "handled") this.#countHandled(entry, counts, now);
    else if (error === undefined) this.#queueOf(entry).in.add(now);
    if (error !== undefined && outcome !== "ignored") {
      counts.failed.add(now);
      counts.lastError = { at: entry.at, code: error.code, message: error.message };
    }
    if (outcome === "parked") {
      this.#parked.add(now);
      this.#totals.parked += 1;
    }
    const isFromPerson = kind === "inbound" && did === (worker_kind === "channel" ? "published" : "handled");
    const isToPerson = kind === "outbound" && did === (worker_kind === "application" ? "published" : "handled");
    if (isFromPerson) counts.in.add(now);
    if (isToPerson) counts.out.add(now);
    if (worker_kind === "channel") {
      if (isFromPerson) this.#accept(entry, now);
      if (isToPerson && outcome === "handled") this.#send(entry, now);
      if (entry.event_status === "nack" && did === "published") this.#refuse(counts, now);
    }
    if (worker_kind === "router" && kind === "inbound" && entry.rule !== undefined) {
      const hits = entryOf(this.#rules, `${entry.rule} ${worker}`, () => new SlidingCount({ slotMs: 60_000 }));
      hits.add(now);
    }
  }

  #countHandled(entry: TrailEntry, { took }: WorkerCounts, now: number): void {
    const { at, took_ms, published_at, outcome } = entry;
    const queue = this.#queueOf(entry);
    if (outcome !== "failed") queue.out.add(now);
    took.add(now, took_ms);
    // Clocks of two machines may disagree.
    if (published_at !== undefined) (queue.waited ??= new LatencyWindow()).add(now, Math.max(0, at - published_at));
  }

  #queueOf({ connector, kind }: TrailEntry): QueueCounts {
    const queue = `${connector}.${kind === "failure" ? "failures" : kind}`;
    return entryOf(this.#queues, queue, () => new QueueCounts());
  }

  #accept({ message_id, at, error }: TrailEntry, now: number): void {
    if (error !== undefined) return;
    this.#accepted.add(now);
    this.#totals.accepted += 1;
    this.#unanswered.set(message_id, at);
  }

  #send({ in_reply_to, at, took_ms }: TrailEntry, now: number): void {
    this.#sent.add(now);
    this.#totals.sent += 1;
    const askedAt = in_reply_to === undefined ? undefined : this.#unanswered.get(in_reply_to);
    if (in_reply_to === undefined || askedAt === undefined) return;
    this.#unanswered.delete(in_reply_to);
    this.#latency.add(now, Math.max(0, at + took_ms - askedAt));
  }

  #refuse(counts: WorkerCounts, now: number): void {
    this.#failed.add(now);
    this.#totals.failed += 1;
    counts.failed.add(now);
  }
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  // Beyond the limit it is counted into the void.
  if (map.size < maxNames) map.set(key, made);
  return made;
}
