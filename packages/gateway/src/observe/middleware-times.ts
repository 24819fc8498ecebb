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

/** A middleware in its place. */
export interface Passage {
  readonly worker: string;
  readonly middleware: string;
}

/** Times of one middleware, as they travel from another process. */
export interface MiddlewareSample extends Passage {
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

  /** Counts one passage. Milliseconds. */
  addOne(now: number, { worker, middleware }: Passage, tookMs: number): void {
    this.#window(worker, middleware)?.add(now, tookMs * scale);
  }

  /** Counts what another process has sampled: what was not sampled is taken for like what was. */
  add(now: number, { worker, middleware, count, tookMs }: MiddlewareSample): void {
    const window = this.#window(worker, middleware);
    for (const [index, ms] of tookMs.entries()) {
      const times = Math.floor((count * (index + 1)) / tookMs.length) - Math.floor((count * index) / tookMs.length);
      window?.add(now, ms * scale, times);
    }
  }

  /** The figures of a worker's middlewares by name; empty when none was heard of. */
  of(worker: string, now: number): Record<string, MiddlewareFigures> {
    const own = this.#workers.get(worker) ?? new Map<string, LatencyWindow>();
    return Object.fromEntries([...own].map(([name, window]) => [name, figuresOf(window, now)]));
  }

  #window(worker: string, middleware: string): LatencyWindow | undefined {
    const own = this.#workers.get(worker);
    const known = own?.get(middleware);
    if (known !== undefined || this.#size >= maxNames) return known;
    this.#size += 1;
    const made = new LatencyWindow();
    if (own === undefined) this.#workers.set(worker, new Map([[middleware, made]]));
    else own.set(middleware, made);
    return made;
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
