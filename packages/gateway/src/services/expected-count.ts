// Whoever was asked about a number of messages shall not act on another one: a task that is told which number was expected refuses when it differs.

import { errno, RpcError } from "@switchboard/protocol";
import type { Schema } from "./schemas.ts";

/** The member of a choice that says how many were expected. */
export const expectedProperty: Schema = { type: "integer", minimum: 0 };

const tolerance = 0.05;

/** Does nothing when `count` is within five percent of what was expected, or nothing was. @throws {RpcError} ESTALE with the count as `extra`. */
export function checkExpected(expected: number | undefined, count: number): void {
  if (expected === undefined || Math.abs(count - expected) <= expected * tolerance) return;
  throw new RpcError(errno.ESTALE, `it is ${count} now, not ${expected}; nothing was done`, {
    extra: { code: "SELECTION_CHANGED", count },
  });
}
