// A result that comes piece by piece: the next piece is asked for when the last one has been read.

import type { ClientFrame } from "@switchboard/protocol";
import { type GivesUp, type Waiting, Watch } from "./call.ts";
import type { Calls, Exchange } from "./calls.ts";
import { ItemQueue } from "./item-queue.ts";

/**
 * Begins an exchange when its result is first read, and gives the items of the result one by one.
 *
 * Leaving the loop (`break`, or `return()`) stops the producer on the other side. A result that is an array gives its items, any other value is
 * the only item.
 */
export function resultStream(
  callsNow: () => Calls,
  frameOf: (id: string) => ClientFrame,
  waiting: Waiting,
): AsyncIterableIterator<unknown> {
  const reading = new Reading(callsNow, frameOf, waiting);
  return reading.queue;
}

class Reading implements Exchange, GivesUp {
  readonly queue: ItemQueue<unknown>;
  readonly #callsNow: () => Calls;
  readonly #frameOf: (id: string) => ClientFrame;
  readonly #waiting: Waiting;
  #calls: Calls | undefined;
  #watch: Watch | undefined;
  #id = "";
  /** Number of the last piece that came, and of the last one asked for. */
  #seqno = 0;
  #asked = 1;

  constructor(callsNow: () => Calls, frameOf: (id: string) => ClientFrame, waiting: Waiting) {
    this.#callsNow = callsNow;
    this.#frameOf = frameOf;
    this.#waiting = waiting;
    this.queue = new ItemQueue({
      onHungry: () => this.#ask(),
      onOver: () => {
        this.#watch?.end();
        this.#calls?.abort(this.#id);
      },
    });
  }

  onResponse(result: unknown): void {
    for (const item of Array.isArray(result) ? result : [result]) this.queue.push(item);
    this.queue.end();
  }

  onFragment(seqno: number, items: readonly unknown[]): void {
    // One that was not asked for would fill memory at the other side's will.
    if (seqno !== this.#asked || seqno === this.#seqno) return;
    this.#seqno = seqno;
    this.#watch?.pause();
    for (const item of items) this.queue.push(item);
    if (this.queue.isHungry) this.#ask();
  }

  onEnd(): void {
    this.queue.end();
  }

  onFailure(error: unknown): void {
    this.queue.fail(error);
  }

  giveUp(reason: unknown): void {
    this.queue.fail(reason);
  }

  #ask(): void {
    if (this.#calls !== undefined) {
      this.#watch?.restart();
      this.#asked = this.#seqno + 1;
      this.#calls.want(this.#id, this.#asked);
      return;
    }
    const { signal } = this.#waiting;
    if (signal?.aborted) {
      this.queue.fail(signal.reason);
      return;
    }
    try {
      this.#watch = new Watch(this.#waiting, this);
      this.#calls = this.#callsNow();
      this.#id = this.#calls.start(this.#frameOf, this);
    } catch (error) {
      this.queue.fail(error);
    }
  }
}
