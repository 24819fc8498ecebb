// How long each middleware of each worker had messages lately. In other processes times are gathered into a few samples before they travel.

import { LatencyWindow } from "./latency-window.ts";

/** What a middleware did within the last minute. */
export interface MiddlewareFigures {
  readonly per_minute: number;
  /** Milliseconds, with fractions; null when it did nothing. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

/** Times of one middleware, as they travel from another process. */
export interface MiddlewareSample {
  readonly worker: string;
  readonly middleware: string;
  readonly count: number;
  /** Some of them. Milliseconds. */
  readonly tookMs: readonly number[];
}

const maxNames = 5_000;
const maxSamples = 20;
// Most take less than a millisecond, which is where the window's buckets begin.
const scale = 1_000;

/** Keeps times of middlewares. */
export class MiddlewareTimes {
  readonly #workers = new Map<string, Map<string, LatencyWindow>>();
  #size = 0;

  add(now: number, { worker, middleware, count, tookMs }: MiddlewareSample): void {
    const own = this.#workers.get(worker) ?? new Map<string, LatencyWindow>();
    let window = own.get(middleware);
    if (window === undefined) {
      if (this.#size >= maxNames) return;
      this.#size += 1;
      window = new LatencyWindow();
      own.set(middleware, window);
      this.#workers.set(worker, own);
    }
    // What was not sampled is taken for like what was.
    for (const [index, ms] of tookMs.entries()) {
      const times = Math.floor((count * (index + 1)) / tookMs.length) - Math.floor((count * index) / tookMs.length);
      window.add(now, ms * scale, times);
    }
  }

  /** The figures of a worker's middlewares by name; empty when none was heard of. */
  of(worker: string, now: number): Record<string, MiddlewareFigures> {
    const own = this.#workers.get(worker) ?? new Map<string, LatencyWindow>();
    return Object.fromEntries([...own].map(([name, window]) => [name, figuresOf(window, now)]));
  }
}

function figuresOf(window: LatencyWindow, now: number): MiddlewareFigures {
  const { p50, p95, p99 } = window.percentiles(now);
  return { per_minute: window.count(now), p50_ms: scaled(p50), p95_ms: scaled(p95), p99_ms: scaled(p99) };
}

function scaled(value: number | null): number | null {
  return value === null ? null : Math.round(value) / scale;
}

/** Gathers times until they travel. */
export class MiddlewareSampler {
  #gathered = new Map<string, { worker: string; middleware: string; count: number; tookMs: number[] }>();

  /** True while there is something to take. */
  get hasAny(): boolean {
    return this.#gathered.size > 0;
  }

  add(worker: string, middleware: string, tookMs: number): void {
    const key = `${worker}\n${middleware}`;
    const known = this.#gathered.get(key);
    if (known === undefined) this.#gathered.set(key, { worker, middleware, count: 1, tookMs: [tookMs] });
    else {
      known.count += 1;
      // The later, the seldomer one is taken, so that each is as likely.
      if (known.tookMs.length < maxSamples) known.tookMs.push(tookMs);
      else if (Math.random() < maxSamples / known.count) known.tookMs[known.count % maxSamples] = tookMs;
    }
  }

  /** Takes what was gathered. */
  take(): MiddlewareSample[] {
    const samples = [...this.#gathered.values()];
    this.#gathered = new Map();
    return samples;
  }
}
