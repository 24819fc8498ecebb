// The gateway's clock as the page sees it: ticks once a second while the page is looked at. Ages and "since" are told against it.

import { type ReadonlySignal, signal } from "@preact/signals";

const nowSignal = signal(new Date());
let offsetMs = 0;

/** The gateway's time, to the second. */
export const now: ReadonlySignal<Date> = nowSignal;

/** Takes the gateway's time from a frame that has just come. */
export function setClock(at: Date): void {
  offsetMs = at.getTime() - Date.now();
  nowSignal.value = at;
}

/** The gateway's time at this moment, as far as known. */
export function presentTime(): Date {
  return new Date(Date.now() + offsetMs);
}

/** Begins to tick. Called once by the entry; returns what stops it. */
export function startClock(): () => void {
  const timer = setInterval(() => {
    // Each second's figures bring the time with them; two ticks a second would draw everything twice.
    const time = presentTime();
    if (!document.hidden && time.getTime() - nowSignal.peek().getTime() >= 900) nowSignal.value = time;
  }, 1000);
  return () => clearInterval(timer);
}
