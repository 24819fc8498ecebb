// A conversation from rows of messages. Pure.

import type { Exchange } from "../../parts/exchange.ts";
import type { MessageRow } from "../../services/types.ts";

/** Pairs of what was asked and what came back, oldest first, after a moment. */
export function toThread(rows: readonly MessageRow[], since: number): readonly Exchange[] {
  const shown = rows.filter((row) => row.at.getTime() > since).toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const asked = shown.filter(({ direction }) => direction === "in");
  return asked.map((row) => ({ asked: row, answers: shown.filter(({ in_reply_to }) => in_reply_to === row.id) }));
}
