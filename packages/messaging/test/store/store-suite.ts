// What the message store promises on every engine.

import type { Sql } from "@switchboard/storage";
import { batchesSuite } from "./batches-suite.ts";
import { messagesSuite } from "./messages-suite.ts";
import { searchSuite } from "./search-suite.ts";
import { trailSuite } from "./trail-suite.ts";

/** Declares the suite. `open` gives a fresh, empty database each time; it is closed here. */
export function storeSuite(engine: string, open: () => Promise<Sql>): void {
  batchesSuite(engine, open);
  messagesSuite(engine, open);
  trailSuite(engine, open);
  searchSuite(engine, open);
}
