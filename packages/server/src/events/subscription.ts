// The masks and the queue of one connection.

import type { Caller } from "../rpc/service.ts";
import type { EventOutlet, EventSubscription } from "./event.ts";
import { EventQueue, type EventQueueLimits } from "./event-queue.ts";
import type { MaskIndex } from "./mask-index.ts";

const maxMaskLength = 1_024;

/** How a subscription is made. */
export interface SubscriptionOptions extends EventQueueLimits {
  readonly maxMasks: number;
  readonly caller: Caller;
  readonly outlet: EventOutlet;
  readonly index: MaskIndex<Subscription>;
  /** Nobody had this mask before, or nobody has it any more. */
  readonly onMaskChange: (mask: string) => void;
  readonly onClose: () => void;
}

/** Made by the hub for each connection. */
export class Subscription implements EventSubscription {
  readonly caller: Caller;
  readonly queue: EventQueue;
  readonly #options: SubscriptionOptions;
  readonly #masks = new Set<string>();
  #isClosed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.caller = options.caller;
    const wantsBursts = (): boolean => options.caller.features.has("event_bursts");
    this.queue = new EventQueue({ ...options, wantsBursts });
  }

  get pending(): number {
    return this.queue.size;
  }

  subscribe(masks: readonly unknown[]): void {
    if (this.#isClosed || this.caller.principal === undefined) return;
    const { index, maxMasks, onMaskChange, outlet } = this.#options;
    for (const mask of masks) {
      if (typeof mask !== "string" || this.#masks.has(mask)) continue;
      if (this.#masks.size >= maxMasks || mask.length > maxMaskLength) {
        outlet.end(`at most ${maxMasks} event masks of at most ${maxMaskLength} characters are allowed`, false);
        return;
      }
      this.#masks.add(mask);
      if (index.add(mask, this)) onMaskChange(mask);
    }
  }

  unsubscribe(masks: readonly unknown[]): void {
    for (const mask of masks) if (typeof mask === "string") this.#remove(mask);
  }

  masks(): string[] {
    return [...this.#masks];
  }

  wants(name: string): boolean {
    return this.#options.index.matching(name).includes(this);
  }

  flush(): void {
    this.queue.flush();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const mask of this.#masks) this.#remove(mask);
    this.queue.close();
    this.#options.onClose();
  }

  #remove(mask: string): void {
    if (!this.#masks.delete(mask)) return;
    if (this.#options.index.delete(mask, this)) this.#options.onMaskChange(mask);
  }
}
