// Requests that wait for their reply, and the exact moment at which each has waited long enough, on one timer: all wait equally long, so
// they run out in the order in which they came.

import type { Clock, Timer } from "@switchboard/core";

/** One waiting request. */
export interface Pending {
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
}

/** What waits, by message id. */
export class PendingRequests<Request extends Pending> {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onTimeout: (id: string, request: Request) => void;
  readonly #requests = new Map<string, Request>();
  #timer: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number, onTimeout: (id: string, request: Request) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Lets a request wait. Give them in order of arrival. */
  add(id: string, request: Request): void {
    this.#requests.set(id, request);
    this.#arm();
  }

  get(id: string): Request | undefined {
    return this.#requests.get(id);
  }

  /** Takes a request out; undefined when it does not wait (any more). */
  take(id: string): Request | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  /** Takes everything out and stops the timer. */
  takeAll(): Request[] {
    const all = [...this.#requests.values()];
    this.#requests.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
    return all;
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    const [oldest] = this.#requests.values();
    if (oldest === undefined) return;
    this.#timer = this.#clock.setTimer(
      () => {
        this.#timer = undefined;
        const now = this.#clock.now();
        for (const [id, request] of this.#requests) {
          if (request.arrivedAt + this.#timeoutMs > now) break;
          this.#requests.delete(id);
          this.#onTimeout(id, request);
        }
        this.#arm();
      },
      oldest.arrivedAt + this.#timeoutMs - this.#clock.now(),
    );
  }
}
