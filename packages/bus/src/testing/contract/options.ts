// What a bus brings along to be put through the contract suite.

import type { Clock, Logger } from "@switchboard/core";
import type { Bus } from "../../bus.ts";

/** What the suite wants of a bus that it has opened. */
export interface ContractBusOptions {
  /** A clock under the suite's control; undefined if the bus cannot take one. */
  readonly clock: Clock | undefined;
  readonly logger: Logger;
  /** Undefined: the bus's default. */
  readonly maxPendingPublishes: number | undefined;
}

/**
 * How the suite gets at a bus. A place is where the messages of one test live: a folder, a broker, an object.
 *
 * Queue and exchange names are different in every test, so that places may share a broker.
 */
export interface BusContractOptions<Place> {
  /** Called once per test. */
  createPlace(): Place | Promise<Place>;
  /** Opens a bus on a place. After a close or a crash it must find what was safe. At most one bus is open on a place at a time. */
  open(place: Place, options: ContractBusOptions): Promise<Bus>;
  /** Called at the end of each test, when its buses are closed. */
  removePlace?(place: Place): void | Promise<void>;
  /** Makes a bus vanish as if its process had been killed at this moment. Without it the cases that need it are skipped. */
  crash?(place: Place, bus: Bus): Promise<void>;
  /** Breaks the connection to the broker, which goes on living. Without it the cases that need a broker are skipped. */
  disturb?(place: Place): Promise<void>;
  /** False: the bus keeps time itself; the suite then waits for real, but short, delays. Default true. */
  readonly takesClock?: boolean;
  /** False: the bus ignores priorities. Default true. */
  readonly priorities?: boolean;
  /** How many random runs each property gets. Default 50. */
  readonly propertyRuns?: number;
}
