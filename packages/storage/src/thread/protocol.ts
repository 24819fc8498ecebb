// What an engine's thread and its owner say to each other. Requests travel in batches; a batch is answered as a whole, in order.

import { StorageError, type StorageErrorCode } from "../errors.ts";

/** From the owner: requests, a module to load, or the wish to end. */
export type ToThread = readonly unknown[] | { readonly load: string } | "close";

/** From the thread: that it has opened its files or could not, the same of the oldest module, or the answers to the oldest batch. */
export type FromThread = { readonly opened: Failure | undefined } | { readonly loaded: Failure | undefined } | Answers;

/** The answers to one batch, in order; in the place of each that failed is a {@link Failure}, and `failed` has their places. */
export interface Answers {
  readonly values: readonly unknown[];
  readonly failed: readonly number[];
}

/** In a thread: the answer to a request that failed. Everything else that answers a request is its value. */
export class Failed {
  readonly failure: Failure;

  constructor(error: unknown) {
    this.failure = toFailure(error);
  }
}

/** A StorageError as it travels: classes do not survive the way between threads. */
export interface Failure {
  readonly code: StorageErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly cause: string | undefined;
}

/** Packs an error for the way. Anything but a StorageError is a mistake in this package. */
export function toFailure(error: unknown): Failure {
  if (error instanceof StorageError) {
    const { code, message, details, cause } = error;
    return { code, message, details, cause: cause instanceof Error ? (cause.stack ?? cause.message) : undefined };
  }
  const isError = error instanceof Error;
  return {
    code: "STORAGE_FAILED",
    message: isError ? error.message : String(error),
    details: {},
    cause: isError ? error.stack : undefined,
  };
}

/** Unpacks an error. Its stack is the receiver's; what happened in the thread is its cause. */
export function fromFailure({ code, message, details, cause }: Failure): StorageError {
  if (cause === undefined) return new StorageError(code, message, { details });
  const original = new Error(message);
  original.stack = cause;
  return new StorageError(code, message, { details, cause: original });
}
