// What a phone shows: one thing said and what came back.

import type { MessageRow } from "../services/types.ts";

/** One thing a person said, and what came back. */
export interface Exchange {
  readonly asked: MessageRow;
  readonly answers: readonly MessageRow[];
}
