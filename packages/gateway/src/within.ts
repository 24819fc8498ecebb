// A deadline for what may hang, told by name.

import type { Clock } from "@switchboard/core";
import { GatewayError } from "./errors.ts";

/** How long to wait for what. */
export interface Patience {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Says what is not done when time is up: `bus did not start`. */
  readonly what: () => string;
}

/** What `work` resolves with. @throws {GatewayError} GATEWAY_STEP_TIMEOUT when that takes longer; what it rejects with. */
export function within<Value>({ clock, timeoutMs, what }: Patience, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      reject(new GatewayError("GATEWAY_STEP_TIMEOUT", `${what()} within ${Math.ceil(timeoutMs / 1_000)} s`));
    }, timeoutMs);
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
