// Requests that wait for their reply, and the exact moment at which each has waited long enough, on one timer: all wait equally long, so
// they run out in the order in which they came.

import type { Clock, Timer } from "@switchboard/core";

/** One waiting request. */
export interface Pending {
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
}

// What is in a Map that gains and loses entries all the time outlives many collections, even when it was deleted. So the Map holds these, and
// they let go of the request.
interface Place<Request> {
  request: Request | undefined;
}

/** What waits, by message id. */
export class PendingRequests<Request extends Pending> {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onTimeout: (id: string, request: Request) => void;
  readonly #places = new Map<string, Place<Request>>();
  #timer: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number, onTimeout: (id: string, request: Request) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Lets a request wait. Give them in order of arrival. */
  add(id: string, request: Request): void {
    this.#places.set(id, { request });
    this.#arm();
  }

  get(id: string): Request | undefined {
    return this.#places.get(id)?.request;
  }

  /** Takes a request out; undefined when it does not wait (any more). */
  take(id: string): Request | undefined {
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    const { request } = place;
    place.request = undefined;
    this.#places.delete(id);
    return request;
  }

  /** Takes everything out and stops the timer. */
  takeAll(): Request[] {
    const all = [...this.#places.values()].flatMap(({ request }) => request ?? []);
    this.#places.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
    return all;
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    const [place] = this.#places.values();
    const oldest = place?.request;
    if (oldest === undefined) return;
    this.#timer = this.#clock.setTimer(
      () => {
        this.#timer = undefined;
        const now = this.#clock.now();
        for (const [id, { request }] of this.#places) {
          if (request === undefined) continue;
          if (request.arrivedAt + this.#timeoutMs > now) break;
          this.take(id);
          this.#onTimeout(id, request);
        }
        this.#arm();
      },
      oldest.arrivedAt + this.#timeoutMs - this.#clock.now(),
    );
  }
}
