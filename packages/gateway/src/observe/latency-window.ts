// How long things took lately, as percentiles: counts in buckets that grow by an eighth, so that memory is fixed and the error at most 6 %.

const perDoubling = 6;
const bucketCount = 25 * perDoubling; // up to nine hours
const spans = 6;
const spanMs = 10_000;

/** The percentiles that are shown; null when nothing was measured. Milliseconds. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** Durations of the last minute. */
export class LatencyWindow {
  readonly #spans = Array.from({ length: spans }, () => new Uint32Array(bucketCount));
  #span = 0;

  /** Counts a duration that ended at `now`, or `times` of them. */
  add(now: number, durationMs: number, times = 1): void {
    this.#moveTo(now);
    const counts = this.#spans[this.#span % spans];
    const bucket = bucketOf(durationMs);
    if (counts !== undefined) counts[bucket] = (counts[bucket] ?? 0) + times;
  }

  /** How many ended within the last minute. */
  count(now: number): number {
    this.#moveTo(now);
    return this.#spans.reduce((total, counts) => total + counts.reduce((sum, count) => sum + count, 0), 0);
  }

  /** The percentiles of what ended within the last minute. */
  percentiles(now: number): Percentiles {
    this.#moveTo(now);
    const sums = new Float64Array(bucketCount);
    let total = 0;
    for (const counts of this.#spans) {
      for (const [bucket, count] of counts.entries()) {
        sums[bucket] = (sums[bucket] ?? 0) + count;
        total += count;
      }
    }
    const at = (share: number): number | null => (total === 0 ? null : valueAt(sums, Math.ceil(total * share)));
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }

  #moveTo(now: number): void {
    const span = Math.floor(now / spanMs);
    const passed = Math.min(span - this.#span, spans);
    for (let step = 0; step < passed; step++) this.#spans[(span - step) % spans]?.fill(0);
    if (passed > 0) this.#span = span;
  }
}

function bucketOf(durationMs: number): number {
  if (durationMs < 1) return 0;
  return Math.min(bucketCount - 1, 1 + Math.floor(Math.log2(durationMs) * perDoubling));
}

// The middle of a bucket, which is what a value in it is taken for.
function valueAt(sums: Float64Array, rank: number): number {
  let seen = 0;
  for (const [bucket, count] of sums.entries()) {
    seen += count;
    if (seen >= rank) return bucket === 0 ? 0.5 : Math.round(2 ** ((bucket - 0.5) / perDoubling) * 10) / 10;
  }
  return 0;
}
