// Events read with `for await`: a bounded buffer that says when events were missed.

import type { ServerEvent } from "@switchboard/protocol";
import { ItemQueue } from "./item-queue.ts";

/**
 * Name of the event that the client itself puts among the others where some are missing. Its args are `{reason, count}`: `"buffer full"` and how many
 * were dropped, or `"connection lost"` and null, because nobody knows what happened meanwhile.
 */
export const missedEventName = "client.events_missed";

/** How events are kept until they are read. */
export interface EventStreamOptions {
  /** How many events may wait to be read; beyond that the oldest are dropped, and an event {@link missedEventName} stands for them. Default 1_000. */
  readonly maxBuffered?: number;
}

/** The events that fit some masks, in the order in which the server sent them. Leaving the loop ends the subscription. */
export class EventStream implements AsyncIterableIterator<ServerEvent> {
  readonly #queue: ItemQueue<ServerEvent>;
  readonly #maxBuffered: number;
  #missed = 0;

  constructor({ maxBuffered = 1_000 }: EventStreamOptions, onOver: () => void) {
    this.#maxBuffered = Math.max(1, maxBuffered);
    this.#queue = new ItemQueue({ onOver });
  }

  /** An event came. */
  push(event: ServerEvent): void {
    if (this.#queue.size >= this.#maxBuffered) {
      this.#queue.dropOldest();
      this.#missed++;
    }
    this.#queue.push(event);
  }

  /** Events may have happened here that never came. */
  gap(): void {
    this.push({ name: missedEventName, args: { reason: "connection lost", count: null } });
  }

  /** The client is closed: what was buffered can be read, then the error is thrown, or the loop ends without one. */
  close(error: unknown): void {
    if (error === undefined) this.#queue.end();
    else this.#queue.fail(error);
  }

  next(): Promise<IteratorResult<ServerEvent>> {
    // The oldest ones are dropped, so what is missing comes before what is there.
    if (this.#missed === 0) return this.#queue.next();
    const args = { reason: "buffer full", count: this.#missed };
    this.#missed = 0;
    return Promise.resolve({ done: false, value: { name: missedEventName, args } });
  }

  return(): Promise<IteratorResult<ServerEvent>> {
    return this.#queue.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
