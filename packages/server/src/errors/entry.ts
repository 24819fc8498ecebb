// What the catalogue says of each of the server's errors. The other files of this folder are its parts; ../errors.ts puts them together.

import type { ErrorEntry } from "@switchboard/core";

/** What the catalogue says of one of the server's codes. */
export interface ServerErrorEntry extends ErrorEntry {
  /** The number on the wire. */
  readonly errno: number;
}
