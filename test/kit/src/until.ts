// Waiting for something real (a server, a process, a file) that sends no event.

import { setTimeout as sleep } from "node:timers/promises";

/** How long to go on trying. */
export interface UntilOptions {
  /** Default 60_000. */
  readonly deadlineMs?: number;
  /** Pause between two tries, default 10. */
  readonly everyMs?: number;
}

/**
 * Calls `condition` until it returns something truthy, and resolves with that.
 *
 * A condition that throws or rejects counts as not yet true; at the deadline its last error becomes the cause of the one thrown.
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  { deadlineMs = 60_000, everyMs = 10 }: UntilOptions = {},
): Promise<Exclude<Value, false | 0 | "" | null | undefined>> {
  const deadline = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<Value, false | 0 | "" | null | undefined>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`still not true after ${deadlineMs} ms: ${condition.toString()}`, { cause });
    }
    await sleep(everyMs);
  }
}
