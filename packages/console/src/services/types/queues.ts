// Queues, and what is set aside in them. In the wire's own names; times are Dates, null means not known.

import type { LampState } from "./workers.ts";

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
