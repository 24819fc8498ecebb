// The shapes of the gateway's services as the page uses them, in the wire's own names. Times arrive as Date; null means not known.

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
  readonly last_error: string | null;
  readonly rates: Rates;
  readonly waiting: number | null;
  readonly oldest_ms: number | null;
  readonly parked: number | null;
  readonly connectors?: { readonly inbound: readonly string[]; readonly outbound: readonly string[] };
  readonly rules?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly config_source?: string;
  readonly endpoints?: readonly string[];
  readonly status_history?: readonly StatusEntry[];
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

/** What is measured of a worker or a line. */
export interface Measures {
  readonly in: number | null;
  readonly out: number | null;
  readonly failed?: number | null;
  readonly waiting: number | null;
  readonly oldest_ms: number | null;
  readonly parked: number | null;
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
  readonly since: Date;
  readonly path: string;
}

/** The states of a message. */
export type MessageState = "waiting" | "answered" | "sent" | "delivered" | "failed" | "parked" | "handled";

/** One message in a list. */
export interface MessageRow {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly at: Date;
  readonly channel: string;
  readonly person: string;
  readonly from_addr: string | null;
  readonly to_addr: string | null;
  readonly content: string | null;
  readonly state: MessageState;
  readonly took_ms: number | null;
  readonly session_event: string | null;
  readonly in_reply_to: string | null;
  readonly provider: string | null;
  readonly application: string | null;
  readonly router: string | null;
  readonly rule: number | null;
  readonly tags: readonly string[];
  readonly test: boolean;
  readonly error: string | null;
}

/** One message with all that is kept of it. */
export interface MessageDetail extends MessageRow {
  readonly message: Readonly<Record<string, unknown>>;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly answers: readonly string[];
}

/** One bar of the volume. */
export interface HistogramBar {
  readonly at: Date;
  readonly in: number;
  readonly out: number;
  readonly failed: number;
  readonly parked: number;
}

/** One row of a trail. */
export type TrailRow =
  | {
      readonly kind: "hop";
      readonly worker: string;
      readonly worker_kind: WorkerKind;
      readonly what: string;
      readonly rule?: number;
      readonly reply_id?: string;
      readonly middleware?: readonly { readonly name: string; readonly took_ms: number }[];
      readonly at: Date;
      readonly offset_ms: number;
      readonly took_ms: number;
      readonly direction: "in" | "turn" | "out";
    }
  | {
      readonly kind: "queue";
      readonly queue: string;
      readonly at: Date;
      readonly offset_ms: number;
      readonly waited_ms: number;
    }
  | {
      readonly kind: "try";
      readonly number: number;
      readonly error: string;
      readonly next_in_ms: number | null;
      readonly at: Date;
      readonly offset_ms: number;
    }
  | {
      readonly kind: "event";
      readonly event_type: string;
      readonly network_id?: string;
      readonly reason?: string;
      readonly delivery_status?: string;
      readonly at: Date;
      readonly offset_ms: number;
    }
  | { readonly kind: "unknown"; readonly text: string };

/** The life of one message and its answer. */
export interface TrailData {
  readonly headline: string;
  readonly total_ms: number | null;
  readonly rows: readonly TrailRow[];
  readonly related: readonly MessageRow[];
}

/** One queue. */
export interface Queue {
  readonly id: string;
  readonly name: string;
  readonly worker: string;
  readonly direction: string;
  readonly waiting: number | null;
  readonly oldest_ms: number | null;
  readonly in: number | null;
  readonly out: number | null;
  readonly in_flight: number | null;
  readonly consumers: number | null;
  readonly parked: number | null;
  readonly state: LampState;
  /** Of the last fifteen minutes, one each ten seconds. */
  readonly depths?: readonly number[];
}

/** Why messages are parked. */
export interface Cause {
  readonly cause: string;
  readonly queue: string;
  readonly code: string | null;
  readonly text: string;
  readonly sentence: string;
  readonly count: number;
  readonly first: Date | null;
  readonly last: Date | null;
  /** Null: not known. */
  readonly permanent: boolean | null;
}

/** One parked message. */
export interface ParkedMessage {
  readonly id: string;
  readonly at: Date;
  readonly tries: number;
  readonly error: { readonly code: string; readonly message: string; readonly permanent: boolean };
  readonly history: readonly { readonly at: Date; readonly error: string }[];
  readonly body: Readonly<Record<string, unknown>> | string;
  readonly message_id: string;
  readonly person: string;
  readonly content: string | null;
}

/** What a bulk act would do. */
export interface BulkPreview {
  readonly count: number;
  readonly oldest: Date | null;
  readonly estimate_ms: number | null;
  readonly position: number | null;
}

/** One rule of a router. */
export interface Rule {
  readonly number: number;
  readonly looks_at: string;
  readonly value: string;
  readonly target: string;
  readonly hits_last_hour: number | null;
  /** Why it can never match; null or absent when it can. */
  readonly problem?: string | null;
}

/** A router's rules in the order in which they are tried. */
export interface RuleSet {
  readonly kind: string;
  readonly first_match: boolean;
  readonly rules: readonly Rule[];
}

/** Where a message would go, and why. */
export interface Explanation {
  readonly targets: readonly { readonly endpoint: string; readonly application: string; readonly rule: number }[];
  readonly why: readonly { readonly number: number; readonly matched: boolean; readonly reason: string }[];
}

/** One line of a phone. */
export interface PhoneLine {
  readonly channel: string;
  readonly kind: "sms" | "ussd" | "telnet" | "chat";
  readonly address: string;
  readonly codes?: readonly string[];
}

/** A task as it is known now. */
export interface TaskRecord {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  /** A sentence, or one with names of what it is about. */
  readonly description?: string | { readonly message?: string; readonly name?: string } | null;
  readonly args?: readonly unknown[];
  readonly user?: string | null;
  readonly created_at?: Date | null;
  readonly started_at?: Date | null;
  readonly finished_at?: Date | null;
  readonly progress?: {
    readonly percentage: number | null;
    readonly message?: string;
    readonly extra?: unknown;
  } | null;
  readonly result?: unknown;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly stacktrace?: string;
    readonly extra?: unknown;
  } | null;
  readonly warnings?: readonly { readonly message: string }[];
  readonly resources?: readonly string[];
  readonly parent?: number | null;
  readonly output?: string;
  readonly steps?: readonly { readonly at: Date; readonly text: string }[];
}

/** One line of the log. */
export interface LogRow {
  readonly id: number;
  readonly at: Date;
  readonly level: string;
  readonly worker: string;
  readonly message: string;
  readonly fields?: unknown;
}

/** What discovery tells of a method. */
export interface MethodInfo {
  readonly name: string;
  readonly description?: string;
  /** A tuple's schema: one for each argument in `items` or `prefixItems`. */
  readonly "params-schema"?:
    { readonly items?: Schema | readonly Schema[]; readonly prefixItems?: readonly Schema[] } | readonly Schema[];
  readonly roles?: readonly string[];
  readonly allowed?: boolean;
  readonly private?: boolean;
}

/** A JSON Schema with what forms need. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly mandatory?: boolean;
  readonly "x-secret"?: boolean;
  readonly "x-basic"?: boolean;
  readonly "x-group"?: string;
}

/** What the server says is wrong with a configuration. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
}

/** What a change of configuration would do. */
export interface ConfigPreview {
  readonly restarts: readonly string[];
  readonly sentences: readonly string[];
  readonly diff: { readonly before: string; readonly after: string };
}

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
}

/** Who is logged in. */
export interface Me {
  readonly username: string;
  readonly roles: readonly string[];
}
