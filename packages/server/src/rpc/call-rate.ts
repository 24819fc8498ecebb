// How many calls per second one user may make, on all of its connections together. Asked by the registry for each call from outside.

import type { Clock } from "@switchboard/core";
import { RateMeter } from "../rate-meter.ts";
import { ServerError } from "../errors.ts";
import type { Caller } from "./service.ts";

/** Counts the calls of each user. Services and the server itself are not counted; strangers are limited by their frames. */
export class CallRate {
  readonly #maxPerSecond: number;
  readonly #clock: Clock;
  /** By user name; there are no more than accounts. */
  readonly #meters = new Map<string, RateMeter>();

  constructor(maxPerSecond: number, clock: Clock) {
    this.#maxPerSecond = maxPerSecond;
    this.#clock = clock;
  }

  /** Counts a call. @throws {ServerError} RPC_RATE_EXCEEDED, whose `extra.retryAfterMs` says when the next one may come. */
  count({ principal }: Caller): void {
    if (principal?.kind !== "user") return;
    let meter = this.#meters.get(principal.name);
    if (meter === undefined) this.#meters.set(principal.name, (meter = new RateMeter(this.#clock)));
    const retryAfterMs = meter.count(this.#maxPerSecond);
    if (retryAfterMs === 0) return;
    const message = `expected at most ${this.#maxPerSecond} calls per second, try again in ${retryAfterMs} ms`;
    throw new ServerError("RPC_RATE_EXCEEDED", message, { extra: { retryAfterMs }, details: { retryAfterMs } });
  }
}
