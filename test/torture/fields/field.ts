// What a run needs to know of the bus it is about. One file for each kind of bus is next to this one.

import type { Random } from "../random.ts";
import type { QueueState } from "../workers/queue-state.ts";
import type { Reach } from "../workers/settings.ts";

/** Something bad that happens. */
export interface Disaster {
  readonly name: string;
  /** Lets it happen, and resolves when what it broke is whole again as far as that is up to us. */
  strike(): Promise<void>;
}

/** A bus with everything around it that can be broken. */
export interface Field {
  /** For workers. */
  readonly reach: Reach;
  readonly disasters: readonly Disaster[];
  /** Processes of the field that ended by themselves, with their last words. Must stay empty. */
  readonly crashes: readonly string[];
  /** What the bus still has. Not disturbed by anything that was done to the workers' connections. */
  state(queues: readonly string[]): Promise<QueueState>;
  /** What a server says of messages that nobody takes, for whoever looks for the cause. */
  clues?(): Promise<string>;
  /** Ends everything. */
  end(): Promise<void>;
}

/** How a field is laid out. */
export interface FieldOptions {
  readonly random: Random;
  /** Where files may be put. */
  readonly folder: string;
}
