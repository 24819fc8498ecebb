// A consumer of the embedded bus: how many messages it may have, which ones it has, and whether it takes more.

import { type Consumer, type DeliveryHandler, mostFreed } from "../bus.ts";
import type { ResolvedConsumeOptions } from "../options.ts";
import type { Message } from "./message.ts";
import type { Queue } from "./queue.ts";

/** What `consume` hands to its caller. */
export class EmbeddedConsumer implements Consumer {
  readonly options: ResolvedConsumeOptions;
  readonly handler: DeliveryHandler;
  // Not a Set: one that gains and loses entries all the time leaves garbage that outlives many collections.
  readonly #running: Message[] = [];
  readonly #queue: Queue;
  #freed = 0;
  #active: boolean;
  #stopped = false;
  /** Callers of `pause`, each with the messages it waits for. */
  #pauses: { readonly left: Set<Message>; readonly resolve: () => void }[] = [];

  constructor(queue: Queue, options: ResolvedConsumeOptions, handler: DeliveryHandler) {
    this.#queue = queue;
    this.options = options;
    this.handler = handler;
    this.#active = !options.startPaused;
  }

  get queue(): string {
    return this.#queue.name;
  }

  get active(): boolean {
    return this.#active;
  }

  /** Messages in the handler. */
  get running(): readonly Message[] {
    return this.#running;
  }

  /** How many messages it can take now. */
  get free(): number {
    return this.#active ? this.options.prefetch + this.#freed - this.#running.length : 0;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** A handler starts. */
  started(message: Message): void {
    message.slot = this.#running.push(message) - 1;
  }

  /** A handler only waits now; another message may take its place. */
  freePlace(message: Message): void {
    if (message.hasFreedPlace || this.#freed >= mostFreed || this.#running[message.slot] !== message) return;
    message.hasFreedPlace = true;
    this.#freed++;
    this.#queue.handOut();
  }

  /** A handler has settled. */
  finished(message: Message): void {
    if (message.hasFreedPlace) this.#freed--;
    const last = this.#running.pop();
    if (last !== undefined && last !== message) {
      this.#running[message.slot] = last;
      last.slot = message.slot;
    }
    if (this.#pauses.length === 0) return;
    for (const { left, resolve } of this.#pauses) if (left.delete(message) && left.size === 0) resolve();
    this.#pauses = this.#pauses.filter(({ left }) => left.size > 0);
  }

  async pause(): Promise<void> {
    this.#active = false;
    if (this.#running.length === 0) return;
    // Those that run now: a resume in between may start others.
    const left = new Set(this.#running);
    await new Promise<void>((resolve) => void this.#pauses.push({ left, resolve }));
  }

  resume(): void {
    if (this.#stopped) return;
    this.#active = true;
    this.#queue.handOut();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.pause();
    this.#queue.removeConsumer(this);
  }
}
