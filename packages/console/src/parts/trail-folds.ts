// Stretches of a trail in which nothing happened, folded so that the rest can be seen: longer than ten times the median hop. Pure; trail.tsx draws them.

import type { TrailRow } from "../services/types.ts";

/** A stretch without events. */
export interface Fold {
  /** The row that ends it. */
  readonly before: number;
  readonly fromMs: number;
  readonly ms: number;
  /** Told already by the queue in front of it, in which the message waited. */
  readonly isQueue: boolean;
}

const leastMs = 10;
/** How much of the axis a folded stretch still takes, as a share of all that is not folded. */
const foldedShare = 0.06;

/** The stretches of a trail. */
export function foldsOf(rows: readonly TrailRow[]): readonly Fold[] {
  const hops = rows.flatMap((row) => (row.kind === "hop" ? [row.took_ms] : [])).toSorted((a, b) => a - b);
  const limit = Math.max(leastMs, 10 * (hops[Math.floor(hops.length / 2)] ?? 0));
  const folds: Fold[] = [];
  let end: number | undefined;
  for (const [index, row] of rows.entries()) {
    if (row.kind === "unknown") continue;
    const ms = end === undefined ? 0 : row.offset_ms - end;
    if (end !== undefined && ms > limit) {
      const before = rows.slice(0, index).findLast((each) => each.kind !== "unknown");
      folds.push({ before: index, fromMs: end, ms, isQueue: before?.kind === "queue" });
    }
    // Waiting is not doing: a queue's stretch begins where it was reached.
    const tookMs = row.kind === "hop" ? row.took_ms : row.kind === "try" ? row.took_ms : 0;
    end = Math.max(end ?? 0, row.offset_ms + tookMs);
  }
  return folds;
}

/** Where a moment stands on the axis, 0 to 1: linear, but for what is folded. */
export function axisOf(totalMs: number, folds: readonly Fold[]): (ms: number) => number {
  const within = folds.filter(({ fromMs }) => fromMs < totalMs);
  const folded = within.reduce((sum, { fromMs, ms }) => sum + Math.min(ms, totalMs - fromMs), 0);
  const seen = Math.max(1, totalMs - folded);
  const each = seen * foldedShare;
  const whole = seen + each * within.length;
  return (ms) => {
    let place = ms;
    for (const fold of within) {
      const length = Math.min(fold.ms, totalMs - fold.fromMs);
      const passed = Math.min(Math.max(0, ms - fold.fromMs), length);
      place += -passed + (passed / length) * each;
    }
    return Math.min(1, Math.max(0, place / whole));
  };
}
