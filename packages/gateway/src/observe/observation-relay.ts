// Watches the workers of a process that is not the gateway's, and tells the gateway's observer, in batches. How a batch travels is for whoever
// starts the process; when it cannot, what is told meanwhile is dropped and counted.

import type { Clock, Timer } from "@switchboard/core";
import {
  handledEntry,
  type HandledMessage,
  publishedEntry,
  type PublishedMessage,
  type TransportStatus,
  type WorkerObserver,
} from "@switchboard/messaging";
import type { TrailEntry } from "@switchboard/messaging/store";
import type { ObservationBatch } from "./gateway-observer.ts";
import { MiddlewareSampler } from "./middleware-times.ts";

/** How observations are relayed. */
export interface ObservationRelayOptions {
  readonly clock: Clock;
  /** Hands a batch to the gateway; one at a time. Rejecting loses the batch. */
  readonly send: (batch: ObservationBatch) => Promise<void>;
  /** How long observations gather, milliseconds, default 100. */
  readonly gatherMs?: number;
  /** How many may wait, default 10_000. */
  readonly maxWaiting?: number;
}

/** Relays what workers tell. */
export class ObservationRelay implements WorkerObserver {
  readonly #options: Required<ObservationRelayOptions>;
  #entries: TrailEntry[] = [];
  #statuses: { worker: string; status: TransportStatus }[] = [];
  readonly #steps = new MiddlewareSampler();
  #dropped = 0;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;

  constructor(options: ObservationRelayOptions) {
    this.#options = { gatherMs: 100, maxWaiting: 10_000, ...options };
  }

  handled(message: HandledMessage): void {
    this.#take(handledEntry(message));
  }

  published(message: PublishedMessage): void {
    if (message.kind === "status") {
      this.#statuses.push({ worker: message.worker, status: message.message as TransportStatus });
      this.#statuses = this.#statuses.slice(-1_000);
      this.#arm();
    } else {
      this.#take(publishedEntry(message));
    }
  }

  passed(worker: string, middleware: string, tookMs: number): void {
    this.#steps.add(worker, middleware, tookMs);
    this.#arm();
  }

  /** Sends what waits. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#sending;
    await this.#send();
  }

  #take(entry: TrailEntry | undefined): void {
    if (entry === undefined) return;
    if (this.#entries.length < this.#options.maxWaiting) this.#entries.push(entry);
    else this.#dropped += 1;
    this.#arm();
  }

  #arm(): void {
    if (this.#sending !== undefined) return;
    this.#timer ??= this.#options.clock.setTimer(() => {
      this.#timer = undefined;
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined;
        if (this.#entries.length > 0 || this.#statuses.length > 0 || this.#steps.hasAny) this.#arm();
      });
    }, this.#options.gatherMs);
  }

  async #send(): Promise<void> {
    const steps = this.#steps.take();
    const batch = { entries: this.#entries, statuses: this.#statuses, steps, dropped: this.#dropped };
    if (batch.entries.length + batch.statuses.length + steps.length + batch.dropped === 0) return;
    this.#entries = [];
    this.#statuses = [];
    this.#dropped = 0;
    try {
      await this.#options.send(batch);
    } catch {
      this.#dropped += batch.entries.length + batch.dropped;
    }
  }
}
