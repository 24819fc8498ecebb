// Waiting for what happens on a real channel, which sends the test no event.

import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when `condition` is true; rejects after 30 s. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`still not true after 30 s: ${condition.toString()}`);
    await sleep(5);
  }
}
