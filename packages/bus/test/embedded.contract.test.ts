// The embedded bus keeps the contract.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import type { Bus } from "@switchboard/bus";
import { openEmbeddedBus } from "@switchboard/bus/embedded";
import { busContract } from "@switchboard/bus/testing";

// Each bus has one thread, which Node announces when it starts.
const threads = new WeakMap<Bus, Worker>();
let started: Worker | undefined;
process.on("worker", (worker: Worker) => (started = worker));

busContract("embedded", {
  createPlace: () => mkdtempSync(join(tmpdir(), "switchboard-bus-")),
  async open(path, { clock, logger, maxPendingPublishes }) {
    const bus = await openEmbeddedBus({
      path,
      logger,
      ...(clock === undefined ? {} : { clock }),
      ...(maxPendingPublishes === undefined ? {} : { maxPendingPublishes }),
    });
    if (started !== undefined) threads.set(bus, started);
    return bus;
  },
  // Without its thread the bus can write nothing more, so closing it changes nothing on disk.
  async crash(_path, bus) {
    await threads.get(bus)?.terminate();
    await bus.close({ drainTimeoutMs: 0 });
  },
  removePlace: (path) => rmSync(path, { recursive: true }),
  propertyRuns: 8,
});
