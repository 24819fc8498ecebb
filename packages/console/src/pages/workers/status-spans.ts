// The statuses of one component as stretches of a time that ends now. Pure.

import type { LampState, StatusEntry } from "../../services/types.ts";

/** One stretch. */
export interface Span {
  readonly status: LampState;
  readonly ms: number;
}

/** The stretches, the oldest first; `unknown` before the first that was heard. They add up to `windowMs`. */
export function spansOf(entries: readonly StatusEntry[], now: Date, windowMs: number): readonly Span[] {
  const end = now.getTime();
  const start = end - windowMs;
  const sorted = entries.toSorted((a, b) => a.since.getTime() - b.since.getTime());
  const spans: Span[] = [];
  let at = start;
  let status: LampState = "unknown";
  for (const entry of sorted) {
    const since = Math.min(end, Math.max(start, entry.since.getTime()));
    if (since > at) spans.push({ status, ms: since - at });
    at = since;
    status = entry.status;
  }
  if (end > at) spans.push({ status, ms: end - at });
  const joined: { status: LampState; ms: number }[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last?.status === span.status) last.ms += span.ms;
    else joined.push({ ...span });
  }
  return joined;
}
