// Waiting for an event without missing it: the handler is there before the test or the function that may cause the event.

import type { Clock, Timer } from "@switchboard/core";
import { deferred } from "../deferred.ts";
import type { Events, EventWait } from "./event.ts";

/** Runs `first`; resolves with true when it returns true or a matching event has come since it began, with false when the time is up. */
export async function waitAround(
  events: Pick<Events, "on">,
  { name, match = () => true, timeoutMs }: EventWait,
  { first, clock }: { readonly first: () => unknown; readonly clock: Clock },
): Promise<boolean> {
  const { promise: outcome, resolve, reject } = deferred<boolean>();
  const remove = events.on(name, (args) => {
    try {
      if (match(args)) resolve(true);
    } catch (error) {
      reject(error);
    }
  });
  // Whoever awaits `first` below learns of a match that throws only after it.
  outcome.catch(() => undefined);
  let timer: Timer | undefined;
  try {
    if ((await first()) === true) return true;
    if (timeoutMs !== undefined) timer = clock.setTimer(() => resolve(false), timeoutMs);
    return await outcome;
  } finally {
    timer?.cancel();
    remove();
  }
}
