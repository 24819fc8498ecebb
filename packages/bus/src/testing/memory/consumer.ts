// One consumer of a memory bus: how many handlers run, and who waits for them to be done.

import type { Consumer, DeliveryHandler } from "../../bus.ts";
import type { ResolvedConsumeOptions } from "../../options.ts";

/** What a consumer tells its queue. */
export interface ConsumerEvents {
  /** It may take messages again. */
  resumed(): void;
  /** It will take no more, ever. */
  stopped(consumer: MemoryConsumer): void;
}

/** A consumer as its queue sees it. */
export class MemoryConsumer implements Consumer {
  readonly queue: string;
  readonly options: ResolvedConsumeOptions;
  readonly handler: DeliveryHandler;
  readonly #events: ConsumerEvents;
  #state: "running" | "paused" | "stopped";
  #handlers = 0;
  #waiters: (() => void)[] = [];

  constructor(queue: string, options: ResolvedConsumeOptions, handler: DeliveryHandler, events: ConsumerEvents) {
    this.queue = queue;
    this.options = options;
    this.handler = handler;
    this.#events = events;
    this.#state = options.startPaused ? "paused" : "running";
  }

  /** True when it can take one more message now. */
  get isFree(): boolean {
    return this.#state === "running" && this.#handlers < this.options.prefetch;
  }

  /** Counts a handler that starts. */
  enter(): void {
    this.#handlers++;
  }

  /** Counts a handler that is done. */
  leave(): void {
    this.#handlers--;
    if (this.#handlers === 0) this.#wakeWaiters();
  }

  async pause(): Promise<void> {
    if (this.#state === "running") this.#state = "paused";
    await this.#idle();
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    // Whoever still waits for an earlier pause would wait for ever on a busy queue.
    this.#wakeWaiters();
    this.#events.resumed();
  }

  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#events.stopped(this);
    await this.#idle();
  }

  async #idle(): Promise<void> {
    if (this.#handlers > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #wakeWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
