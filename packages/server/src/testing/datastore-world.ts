// What a case of the datastore's contract is given.

import type { TestClock } from "@switchboard/core/testing";
import type { Sql } from "@switchboard/storage";
import type { Datastore } from "../datastore/index.ts";

/** What the cases work with. */
export interface DatastoreWorld {
  readonly clock: TestClock;
  /** One datastore for all cases. */
  readonly datastore: () => Datastore;
  /** The database below it. */
  readonly sql: () => Sql;
  /** A collection's name that no other case uses. */
  readonly newName: () => string;
}
