// The gateway itself, and who is logged in. In the wire's own names; times are Dates, null means not known.

/** The gateway itself. */
export interface SystemInfo {
  readonly gateway: string;
  readonly environment: string;
  readonly version: string;
  readonly boot_id: string;
  readonly started_at: Date;
  readonly node: string;
  readonly memory: { readonly rss_bytes: number; readonly heap_used_bytes: number };
  readonly event_loop_delay_ms: { readonly p50: number; readonly p99: number } | number | null;
  readonly bus: Readonly<Record<string, unknown>>;
  readonly datastore: Readonly<Record<string, unknown>>;
  readonly folders: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
  /** Since its start. */
  readonly totals: { readonly accepted: number };
}

/** Who is logged in. */
export interface Me {
  readonly username: string;
  readonly roles: readonly string[];
}
