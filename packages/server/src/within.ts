// Waiting that comes to an end.

import type { Clock } from "@switchboard/core";
import { deferred } from "./deferred.ts";

/** How long to wait, and what then. */
export interface Patience<Value> {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Gives what counts when the time is over, or throws it. */
  readonly late: () => Value;
}

/** Settles as `work` does, or as `late` does when the time is over before; the work goes on. */
export async function within<Value>({ clock, timeoutMs, late }: Patience<Value>, work: Promise<Value>): Promise<Value> {
  const over = deferred();
  const timer = clock.setTimer(over.resolve, timeoutMs);
  try {
    return await Promise.race([work, over.promise.then(late)]);
  } finally {
    timer.cancel();
  }
}
