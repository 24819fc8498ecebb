// The order of messages for one destination or one group: who goes at once, who waits behind a blocking message, who finds it full.
// A channel only keeps order; starting a delivery is the dispatcher's business.

import type { Delivery } from "./delivery.ts";
import { QueueFullError } from "./errors.ts";
import { Fifo } from "./fifo.ts";
import { describe } from "./message.ts";

/** What happens to a message for which there is no room: its sender gets an error, or waits. */
export type WhenFull = "error" | "wait";

export class Channel {
  /** Accepted and not yet started. */
  queued = 0;
  /** The blocking message that is now being handled; nothing else starts before it is finished. */
  holder: Delivery | undefined = undefined;
  /** Accepted, behind the holder. */
  #waiting: Fifo<Delivery> | undefined;
  /** Not accepted yet: their senders wait for room. */
  #outside: Fifo<Delivery> | undefined;

  /** Whether something waits here or holds it. */
  get active(): boolean {
    return this.queued > 0 || this.holder !== undefined;
  }

  /**
   * Accepts a delivery, passing it to `ready` when its turn has come already. Returns false when its sender has to wait for room.
   *
   * @throws {QueueFullError} KERNEL_QUEUE_FULL.
   */
  accept(delivery: Delivery, ready: Fifo<Delivery>, maxQueued: number, whenFull: WhenFull): boolean {
    if (this.queued < maxQueued && this.#outside === undefined) {
      this.#enter(delivery, ready);
      return true;
    }
    if (whenFull === "error" || (this.#outside?.length ?? 0) >= maxQueued) {
      throw new QueueFullError(`${describe(delivery.message)}: ${this.queued} messages wait already, ${maxQueued} may`);
    }
    this.#outside ??= new Fifo();
    this.#outside.push(delivery);
    return false;
  }

  /** Accepts a delivery that waits behind nothing and holds nothing: a group's message from another process, which keeps the order. */
  pass(delivery: Delivery, ready: Fifo<Delivery>): void {
    this.queued++;
    ready.push(delivery);
  }

  /** One accepted delivery has left the queue. Lets in, and returns, the next one from outside. */
  leave(ready: Fifo<Delivery>): Delivery | undefined {
    this.queued--;
    if (this.#outside === undefined) return undefined;
    const next = shiftUnsettled(this.#outside);
    if (this.#outside.length === 0) this.#outside = undefined;
    if (next !== undefined) this.#enter(next, ready);
    return next;
  }

  /** The holder is finished: passes on what waited, up to the next blocking message. */
  release(delivery: Delivery, ready: Fifo<Delivery>): void {
    if (this.holder !== delivery) return;
    this.holder = undefined;
    while (this.holder === undefined && this.#waiting !== undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) this.#waiting = undefined;
      else this.#go(next, ready);
    }
  }

  /** Empties the channel for good; returns everything that was not passed on yet. */
  close(): Delivery[] {
    const rest: Delivery[] = [];
    for (const queue of [this.#waiting, this.#outside]) {
      for (let next = queue?.shift(); next !== undefined; next = queue?.shift()) rest.push(next);
    }
    this.#waiting = this.#outside = this.holder = undefined;
    return rest;
  }

  #enter(delivery: Delivery, ready: Fifo<Delivery>): void {
    this.queued++;
    if (this.holder === undefined) {
      this.#go(delivery, ready);
    } else {
      this.#waiting ??= new Fifo();
      this.#waiting.push(delivery);
    }
  }

  #go(delivery: Delivery, ready: Fifo<Delivery>): void {
    // One that was given up while it waited must not hold what comes after it.
    if (delivery.message.blocking && !delivery.settled) this.holder = delivery;
    ready.push(delivery);
  }
}

function shiftUnsettled(queue: Fifo<Delivery>): Delivery | undefined {
  let next = queue.shift();
  while (next?.settled === true) next = queue.shift();
  return next;
}
