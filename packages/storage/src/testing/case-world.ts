// What the cases of the key-value contract share.

import type { Clock } from "@switchboard/core";
import type { TestClock } from "@switchboard/core/testing";
import type { KeyNaming } from "../key-value/client.ts";
import type { KeyValue, KeyValueStore } from "../key-value/key-value.ts";

/** How the suite wants a store opened. */
export interface ContractStoreOptions extends KeyNaming {
  /** To be used by engines that take one; see `pass`. */
  readonly clock: Clock;
  readonly maxPending?: number;
}

/** What the suite has to know about an engine. */
export interface KeyValueContractOptions {
  /** Opens a store. All stores of one engine have the same data, unless {@link sharesData} is false. */
  open(options: ContractStoreOptions): Promise<KeyValueStore>;
  /** For engines with a clock of their own: waits `ms` milliseconds, and then until `isOver`. Default: the suite's clock is advanced. */
  readonly pass?: (ms: number, isOver: () => Promise<boolean>) => Promise<void>;
  /** False when each store has data of its own. Default true. */
  readonly sharesData?: boolean;
  /** False when calls are answered at once, so that none ever waits. Default true. */
  readonly canWait?: boolean;
}

/** What a case works with. */
export interface CaseWorld {
  /** An empty store: a sub-manager that no other case has. */
  fresh(): KeyValue;
  /** Opens another store; it is closed after the suite. */
  open(options?: Partial<ContractStoreOptions>): Promise<KeyValueStore>;
  /** Lets time pass: `ms` milliseconds, and then until `isOver`. */
  pass(ms: number, isOver: () => Promise<boolean>): Promise<void>;
  readonly clock: TestClock;
}

/** What a call that must fail rejects with. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return "resolved";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
