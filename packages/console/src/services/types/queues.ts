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
  readonly error: { readonly code: string | null; readonly message: string; readonly permanent: boolean | null };
  readonly history: readonly { readonly at: Date; readonly code?: string | null; readonly message?: string }[];
  readonly body: string;
  /** Null where the body cannot be read, or is no message. */
  readonly message_id: string | null;
  readonly person: string | null;
  readonly content: string | null;
}

/** The same with all that is kept of it. */
export interface ParkedWhole extends Omit<ParkedMessage, "body"> {
  readonly queue: string;
  /** Null: no text; then it is in `body_base64`. */
  readonly body: string | null;
  readonly body_base64: string | null;
  readonly size_bytes: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly content_type: string | null;
}

/** One change that somebody made to a parked message before it was retried. */
export interface ParkedEdit {
  readonly id: number;
  readonly at: Date;
  readonly by: string | null;
  readonly queue: string;
  readonly message_id: string | null;
  readonly before: { readonly body: string | null; readonly headers: Readonly<Record<string, string>> };
  readonly after: { readonly body: string; readonly headers: Readonly<Record<string, string>> };
}

/** What a bulk act would do. */
export interface BulkPreview {
  readonly count: number;
  readonly oldest: Date | null;
  readonly estimate_ms: number | null;
  readonly position: number | null;
}
