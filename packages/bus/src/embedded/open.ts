// Opens the embedded bus: durable queues in one folder of this machine, with nothing to install.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import { checkRange, defaultMaxPendingPublishes } from "../options.ts";
import { EmbeddedBus } from "./embedded-bus.ts";

/** How to open an embedded bus. */
export interface EmbeddedBusOptions {
  /** The folder that holds the messages; created when absent. One process at a time may have it open. */
  readonly path: string;
  /** Publishes that may wait to become safe before `publish` rejects with BUS_OVERLOADED: 1 to 1_000_000, default 10_000. */
  readonly maxPendingPublishes?: number;
  /** Default: the host's clock. Retry delays, expiry, ages and rates follow it. */
  readonly clock?: Clock;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
}

/**
 * A bus whose messages lie in the folder `path`, synchronised to disk before `publish` resolves.
 *
 * Disk access happens in a thread of its own, many messages per transaction, so a slow disk never holds up this thread. Opening takes
 * the same time and memory however many messages wait. If the thread dies, what was pending rejects with BUS_CONNECTION_LOST, the thread
 * is started again, and what was in handlers is delivered again.
 *
 * @throws {StorageError} STORAGE_LOCKED when another process has the folder open, STORAGE_CORRUPT, STORAGE_PERMISSION, STORAGE_DISK_FULL.
 * @throws {BusError} BUS_FORMAT_UNKNOWN when a newer version wrote the files, BUS_OPTION_INVALID.
 */
export async function openEmbeddedBus(options: EmbeddedBusOptions): Promise<EmbeddedBus> {
  const {
    path,
    clock = systemClock,
    logger = silentLogger,
    maxPendingPublishes = defaultMaxPendingPublishes,
  } = options;
  checkRange("maxPendingPublishes", maxPendingPublishes, 1, 1_000_000);
  return await EmbeddedBus.open({ path, clock, logger, maxPendingPublishes });
}
