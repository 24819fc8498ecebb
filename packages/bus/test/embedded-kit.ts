// What the tests of the embedded bus share: opening it on a folder of their own, and taking its thread away as a crash does.

import type { Worker } from "node:worker_threads";
import { type EmbeddedBus, type EmbeddedBusOptions, openEmbeddedBus } from "@switchboard/bus/embedded";

// Node announces every thread that starts; the last one belongs to the bus that was opened last.
const threads = new WeakMap<EmbeddedBus, () => Worker>();
let lastStarted: Worker | undefined;
process.on("worker", (worker: Worker) => (lastStarted = worker));

/** Opens a bus; it must be the only one that is being opened. */
export async function openBus(options: EmbeddedBusOptions): Promise<EmbeddedBus> {
  const bus = await openEmbeddedBus(options);
  const worker = lastStarted;
  if (worker === undefined) throw new Error("the bus has started no thread");
  threads.set(bus, () => worker);
  return bus;
}

/** Ends the thread of a bus, as running out of memory would. */
export async function killThread(bus: EmbeddedBus): Promise<void> {
  await threads.get(bus)?.().terminate();
}

/** Leaves the files as the death of the process at this moment would. Without its thread a bus writes nothing when it is closed. */
export async function crash(bus: EmbeddedBus): Promise<void> {
  await killThread(bus);
  await bus.close({ drainTimeoutMs: 0 });
}
