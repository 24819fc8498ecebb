// How Vumi groups what is to happen later: by seconds, rounded up to a granularity, and named by an ISO text.

/** Returns the multiple of `granularityMs` after `timeMs`, strictly: one that is a multiple already moves to the next. */
export function bucketAfter(timeMs: number, granularityMs: number): number {
  return timeMs + granularityMs - (timeMs % granularityMs);
}

/** Returns a time as `YYYY-MM-DDTHH:MM:SS`, UTC. Milliseconds are cut off. */
export function isoSecond(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 19);
}
