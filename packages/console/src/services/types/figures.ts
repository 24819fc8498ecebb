// What the gateway measures each second, and what needs attention. In the wire's own names; times are Dates, null means not known.

import type { LampState } from "./workers.ts";

/** What is measured of a worker or a line. */
export interface Measures {
  readonly in: number | null;
  readonly out: number | null;
  readonly failed?: number | null;
  readonly waiting: number | null;
  readonly oldest_ms: number | null;
  readonly parked: number | null;
  /** Of a line: which of its queues has more parked or waiting. */
  readonly worst_queue?: string | null;
}

/** One second of the gateway. */
export interface MetricsFrame {
  readonly at: Date;
  readonly window_s: number;
  readonly figures: {
    readonly accepted: number | null;
    readonly sent: number | null;
    readonly failed: number | null;
    readonly parked: number | null;
    readonly latency_ms: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
  };
  /** Since the gateway started. */
  readonly totals: { readonly accepted: number };
  readonly workers: Readonly<Record<string, Measures>>;
  readonly lines: Readonly<Record<string, Measures>>;
}

/** One trouble. */
export interface Attention {
  readonly id: string;
  readonly lamp: LampState;
  readonly subject: { readonly kind: string; readonly name: string };
  readonly text: string;
  readonly code?: string | null;
  readonly cost: string | null;
  /** Null: not known. */
  readonly since: Date | null;
  readonly path: string;
}

/** A trouble that was there last; `until` null: it still is. */
export interface PastAttention extends Attention {
  readonly until: Date | null;
}
