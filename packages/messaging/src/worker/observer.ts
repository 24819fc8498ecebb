// What workers tell whoever watches them: each message they handled and each they published. Told after the fact, by plain calls, so that
// a worker nobody watches pays one comparison per message. What is made of it (trails, rates, traces) is the observer's business.

import type { WorkerKind } from "./kind-of-worker.ts";
import type { MessageKind, MessageOfKind } from "./kinds.ts";
import type { MiddlewarePass } from "./middleware.ts";

/**
 * How handling a message ended. `ignored`: a handler or middleware said that there is nothing to be done. `failed`: it will be delivered
 * again. `parked`: it will not, since it has failed too often or trying again cannot help.
 */
export type HandledOutcome = "handled" | "ignored" | "failed" | "parked";

/** What is told of a message either way. */
export interface Observed {
  /** The worker's name. */
  readonly worker: string;
  readonly workerKind: WorkerKind;
  /** The connector that it came in by, or went out by. */
  readonly connector: string;
  readonly kind: MessageKind;
  /** The message as the bus had it: before the worker's middleware when consumed, behind it when published. */
  readonly message: MessageOfKind[MessageKind];
  /** When it came off the bus, or when it was handed to `publish`. Milliseconds since 1970. */
  readonly at: number;
  /** How long handling took, or publishing until it was safe, middleware included. Milliseconds. */
  readonly tookMs: number;
  /** The worker's middlewares that it has passed, in their order; undefined where there are none. */
  readonly middleware?: readonly MiddlewarePass[] | undefined;
}

/** A message that a worker took off the bus, and how that ended. */
export interface HandledMessage extends Observed {
  /** When it was published; undefined when the publisher did not say. Milliseconds since 1970. */
  readonly publishedAt: number | undefined;
  /** 1 on the first delivery. */
  readonly attempt: number;
  readonly outcome: HandledOutcome;
  /** Why, unless it was handled. */
  readonly error: unknown;
}

/** A message that a worker published, or could not publish. */
export interface PublishedMessage extends Observed {
  /** The number of the router's rule that sent it there; undefined where no rule did. */
  readonly rule: number | undefined;
  /** Why it could not be published; undefined when it is safe on the bus. */
  readonly error: unknown;
}

/** Watches the workers of a process. Its methods MUST be quick and MUST NOT throw: they run between a message and its acknowledgement. */
export interface WorkerObserver {
  handled(message: HandledMessage): void;
  published(message: PublishedMessage): void;
  /** A message has passed a middleware of a worker. Milliseconds, with fractions. */
  passed?(worker: string, middleware: string, tookMs: number): void;
}

/** Who watches a worker, and as what it is known to them. */
export interface Watch {
  readonly observer: WorkerObserver;
  readonly worker: string;
  readonly workerKind: WorkerKind;
}
