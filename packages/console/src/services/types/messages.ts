// Messages, how many there were when, and the way of one through the gateway. In the wire's own names; times are Dates, null means not known.

import type { WorkerKind } from "./workers.ts";

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

/** How many messages a choice means. */
export interface MessageSelection {
  readonly count: number;
  /** There are more than can be acted on at once. */
  readonly is_capped: boolean;
  readonly newest: Date | null;
  /** Words of the query that were not understood. */
  readonly skipped_filters: readonly string[];
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
      /** Where it was tried. */
      readonly worker?: string;
      readonly number: number;
      readonly error: { readonly code: string; readonly message: string; readonly permanent: boolean };
      readonly next_in_ms: number | null;
      readonly at: Date;
      readonly offset_ms: number;
      readonly took_ms: number;
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

/** One line of a phone. */
export interface PhoneLine {
  readonly channel: string;
  readonly kind: "sms" | "ussd" | "telnet" | "chat";
  readonly address: string;
  readonly codes?: readonly string[];
  /** How long a session may be silent before the network ends it; null where there are none. */
  readonly session_timeout_s?: number | null;
}
