// Channels, routers and applications: what they are, how they are, and the map of them. In the wire's own names; times are Dates, null means not known.

/** What a lamp can show. */
export type LampState = "ok" | "degraded" | "down" | "parked" | "paused" | "starting" | "stopped" | "unknown";

/** The three kinds of things on the map. */
export type WorkerKind = "channel" | "router" | "application";

/** Rates per minute over the last 60 s. */
export interface Rates {
  readonly in: number | null;
  readonly out: number | null;
  readonly failed?: number | null;
}

/** One status of one component of a worker. */
export interface StatusEntry {
  readonly component: string;
  readonly status: LampState;
  readonly type: string;
  readonly message: string;
  readonly reasons?: readonly string[];
  readonly details?: unknown;
  readonly since: Date;
}

/** A channel, router or application. */
export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly class: string;
  readonly label: string;
  readonly kind: WorkerKind | "worker";
  readonly address?: string | null;
  readonly transport_type?: string;
  readonly description?: string;
  readonly state: string;
  readonly since: Date;
  readonly lamp: LampState;
  readonly status: readonly StatusEntry[];
  readonly process: string;
  readonly pid: number | null;
  readonly source: string;
  readonly restarts: number;
  readonly last_error: { readonly code: string | null; readonly message: string; readonly at: Date | null } | null;
  readonly rates: Rates;
  readonly waiting: number | null;
  readonly oldest_ms: number | null;
  readonly parked: number | null;
  readonly connectors?: { readonly inbound: readonly string[]; readonly outbound: readonly string[] };
  readonly rules?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  /** The configuration as YAML, secrets masked. */
  readonly config_source?: string;
  readonly endpoints?: readonly string[];
  readonly status_history?: readonly StatusEntry[];
  /** Of the configuration; a change names the one that it was made from. */
  readonly revision?: string;
  /** How many messages came since it is paused, stopped or down; null while it runs. */
  readonly meanwhile?: number | null;
}

/** One node of the map. */
export interface MapNode {
  readonly name: string;
  readonly kind: WorkerKind;
  readonly label: string;
  readonly address: string | null;
  readonly class: string;
}

/** One line of the map: two cords. */
export interface MapLine {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly inbound_queue: string;
  readonly outbound_queue: string;
  readonly endpoint?: string;
}

/** The map, derived from configuration. */
export interface MapData {
  readonly nodes: readonly MapNode[];
  readonly lines: readonly MapLine[];
}
