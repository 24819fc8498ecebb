// What the bus and its writer thread say to each other. The bulk (new messages, settled ones) travels in one buffer per batch,
// see `batch.ts`; everything here is rare and travels as plain objects.

import type { DeliveryFailure, ExchangeType } from "../bus.ts";
import type { StorageErrorCode } from "@switchboard/storage";

/** The database, within the folder of the bus. */
export const fileName = "bus.db";

/** Where a fresh message lies. */
export interface Place {
  readonly segment: number;
  readonly index: number;
}

/** A change other than new and settled messages. Those marked * do nothing when repeated. */
export type Change =
  /** * */
  | { readonly kind: "exchange"; readonly name: string; readonly type: ExchangeType }
  /** * */
  | { readonly kind: "queue"; readonly id: number; readonly name: string }
  /** * */
  | { readonly kind: "binding"; readonly exchange: string; readonly routingKey: string; readonly queue: number }
  /** A fresh message failed: it becomes a retry. */
  | {
      readonly kind: "defer";
      readonly seq: number;
      readonly place: Place;
      readonly queue: number;
      readonly priority: number;
      readonly dueAt: number;
      readonly failure: DeliveryFailure;
    }
  /** A retry failed again. */
  | { readonly kind: "deferAgain"; readonly seq: number; readonly dueAt: number; readonly failure: DeliveryFailure }
  /** A retry was claimed but never handed out. */
  | { readonly kind: "release"; readonly seq: number }
  /** A retry is settled: acknowledged or expired. */
  | { readonly kind: "finish"; readonly seq: number; readonly queue: number }
  /** A message is set aside; without `place` it is a retry, without `failure` its history says why. */
  | {
      readonly kind: "park";
      readonly seq: number;
      readonly place: Place | undefined;
      readonly queue: number;
      readonly priority: number;
      readonly attempt: number;
      readonly parkedAt: number;
      readonly failure: DeliveryFailure | undefined;
    }
  /** A parked message goes back: its copy is published in the same batch. */
  | { readonly kind: "unpark"; readonly queue: number; readonly seq: number };

/** Asks for up to `limit` retries that are due; they count as delivered from then on. */
export interface Claim {
  readonly queue: number;
  readonly now: number;
  readonly limit: number;
}

/** A retry that may be handed out. */
export interface ClaimedRetry {
  readonly seq: number;
  readonly priority: number;
  /** Deliveries before this one. */
  readonly deliveries: number;
  /** True when none of these deliveries is certain: the process died while the message may have waited in memory. */
  readonly suspected: boolean;
  /** See `codec.ts`. */
  readonly entry: Uint8Array;
}

/** Answer to a {@link Claim}. */
export interface Claimed {
  readonly queue: number;
  readonly retries: readonly ClaimedRetry[];
  /** When the next retry of this queue is due; undefined when none waits. */
  readonly nextDueAt: number | undefined;
}

/** One transaction's worth of work. There is never more than one on its way. */
export interface BatchMessage {
  readonly kind: "batch";
  readonly bytes: ArrayBuffer;
  readonly changes: readonly Change[];
  readonly claims: readonly Claim[];
}

/** A page of stored segments, see `batch.ts`. */
export interface Page {
  readonly bytes: ArrayBuffer;
  /** True when nothing was stored behind it. */
  readonly end: boolean;
}

/** A parked message as stored. */
export interface ParkedRow {
  readonly number: number;
  readonly seq: number;
  readonly priority: number;
  readonly attempt: number;
  readonly parkedAt: number;
  readonly history: readonly DeliveryFailure[];
  readonly entry: Uint8Array;
}

/** Parked messages, and whether more follow. */
export interface StoredPage {
  readonly rows: readonly ParkedRow[];
  readonly more: boolean;
}

/** What only the database knows about a queue. */
export interface QueueFacts {
  readonly delayed: number;
  /** Publishing time of the oldest message that is not in memory. */
  readonly oldest: number | undefined;
}

/** Which rows of a queue's parked messages are meant: those with these numbers, or the first ones after `after`. */
export type ParkedSelection =
  { readonly seqs: readonly number[] } | { readonly after: number; readonly limit: number; readonly maxBytes: number };

/** Questions to the writer, with their answers. */
export interface Questions {
  /** The segments of a lane behind segment `after`, up to about `maxBytes`. */
  page: { ask: { readonly lane: number; readonly after: number; readonly maxBytes: number }; answer: Page };
  facts: {
    ask: {
      readonly queue: number;
      readonly now: number;
      readonly unread: readonly { readonly lane: number; readonly after: number }[];
    };
    answer: QueueFacts;
  };
  parked: { ask: { readonly queue: number; readonly which: ParkedSelection }; answer: StoredPage };
  /** Removes parked messages: these, or the first `limit`. Answers how many. */
  dropParked: { ask: { readonly queue: number; readonly which: readonly number[] | number }; answer: number };
  /** Writes all that is stored to another file, which must not exist. Batches wait meanwhile. */
  copy: { ask: { readonly path: string }; answer: null };
  /** Closes the file; `clean` notes in it that everything was written and nothing is in a handler any more. */
  close: { ask: { readonly clean: boolean }; answer: null };
}

/** A question with the number its answer will carry. */
export interface QuestionMessage<Name extends keyof Questions = keyof Questions> {
  readonly kind: "question";
  readonly number: number;
  readonly name: Name;
  readonly ask: Questions[Name]["ask"];
}

/** What the bus says. */
export type ToWriter = BatchMessage | QuestionMessage;

/** An error on its way between threads. */
export interface PlainError {
  readonly code: StorageErrorCode | "BUS_FORMAT_UNKNOWN";
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What was found on disk. */
export interface StoredState {
  readonly exchanges: readonly { readonly name: string; readonly type: ExchangeType }[];
  readonly queues: readonly {
    readonly id: number;
    readonly name: string;
    readonly retries: number;
    readonly parked: number;
    readonly nextDueAt: number | undefined;
  }[];
  readonly bindings: readonly { readonly exchange: string; readonly routingKey: string; readonly queue: number }[];
  readonly lanes: readonly {
    readonly id: number;
    readonly queue: number;
    readonly priority: number;
    readonly depth: number;
    readonly last: number;
  }[];
  /** Messages that may have been in a handler when the last process ended without closing. */
  readonly recovered: number;
}

/** What the writer says. */
export type FromWriter =
  | { readonly kind: "opened"; readonly state: StoredState }
  | { readonly kind: "refused"; readonly error: PlainError }
  | {
      readonly kind: "committed";
      readonly claimed: readonly Claimed[];
      readonly bytes: ArrayBuffer;
    }
  | { readonly kind: "failed"; readonly error: PlainError }
  | { readonly kind: "answer"; readonly number: number; readonly answer: unknown }
  | { readonly kind: "unanswered"; readonly number: number; readonly error: PlainError };
