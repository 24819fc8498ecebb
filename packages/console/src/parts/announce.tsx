// What a screen reader is told: one polite and one assertive region at the end of the page, fed slowly.

import { signal } from "@preact/signals";
import type { JSX } from "preact";

const polite = signal("");
const assertive = signal("");
const lastAlarm = new Map<string, number>();

/** Says something when there is a pause. */
export function say(text: string): void {
  polite.value = text;
}

/** Says something at once: an object went down, the line is lost. At most once a minute per object. */
export function alarm(object: string, text: string): void {
  const at = Date.now();
  if (at - (lastAlarm.get(object) ?? 0) < 60_000) return;
  lastAlarm.set(object, at);
  assertive.value = text;
}

/** The two regions. */
export function Announcements(): JSX.Element {
  return (
    <>
      <div class="unseen" role="status" aria-live="polite">
        {polite.value}
      </div>
      <div class="unseen" role="alert" aria-live="assertive">
        {assertive.value}
      </div>
    </>
  );
}
