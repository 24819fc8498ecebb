// A process that opens a bus with messages waiting in it, handles the first hundred, says how long that took and how much memory it has, and
// kills itself. Argument: the bus's folder.

import { openEmbeddedBus } from "@switchboard/bus/embedded";

/** What the process says. */
export interface Start {
  /** Until the bus is open. */
  readonly openMs: number;
  /** Until a hundred messages were handled. */
  readonly handledMs: number;
  readonly memoryBytes: number;
}

const started = performance.now();
const bus = await openEmbeddedBus({ path: process.argv[2] ?? "" });
const openMs = performance.now() - started;
let handled = 0;
await bus.consume("q.inbound", { prefetch: 64 }, () => {
  if (++handled !== 100) return;
  const start: Start = { openMs, handledMs: performance.now() - started, memoryBytes: process.memoryUsage.rss() };
  process.send?.(start, () => process.kill(process.pid, "SIGKILL"));
});
