// The base of every error Switchboard throws on purpose, and the kernel's part of the error catalogue.
// Other packages declare their part in their own `errors.ts`; `docs/errors.md` is generated from all of them.

/** What the catalogue says of one code. */
export interface ErrorEntry {
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** What has happened, in one sentence. */
  readonly meaning: string;
  /** What the reader should do, in one sentence. */
  readonly remedy: string;
}

/** One package's part of the catalogue. A code is `AREA_WHAT` and is never used again for something else. */
export type ErrorCatalogue<Code extends string = string> = Readonly<Record<Code, ErrorEntry>>;

/** What may be said about one occurrence of an error. */
export interface ErrorContext {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Plain data about the occurrence (ids, names, limits), for logs and remote callers. Never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An error with a stable code from the catalogue.
 *
 * `code` is for programs, `message` for people: it says what was expected, what came, and where.
 */
export class SwitchboardError extends Error {
  override name = "SwitchboardError";
  /** Stable identifier, listed in docs/errors.md. */
  readonly code: string;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** Plain data about this occurrence. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(entry: ErrorEntry, code: string, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.retryable = entry.retryable;
    this.details = context.details ?? {};
  }
}

/** One of the kernel's error codes. */
export type KernelErrorCode =
  | "KERNEL_MESSAGE_INVALID"
  | "KERNEL_REGISTRATION"
  | "KERNEL_CYCLE"
  | "KERNEL_UNDELIVERABLE"
  | "KERNEL_NOT_SYNCHRONOUS"
  | "KERNEL_QUEUE_FULL"
  | "KERNEL_TIMEOUT"
  | "KERNEL_SHUT_DOWN"
  | "KERNEL_REMOTE"
  | "LINK_LOST"
  | "LINK_PROTOCOL"
  | "LINK_CONGESTED"
  | "LINK_CLOSED"
  | "LINK_FRAME_INVALID"
  | "LINK_AUTHENTICATION"
  | "LINK_LISTEN_FAILED"
  | "LINK_OPTION_INVALID";

/** The kernel's part of the catalogue. */
export const kernelErrors: ErrorCatalogue<KernelErrorCode> = {
  KERNEL_MESSAGE_INVALID: {
    retryable: false,
    meaning: "A message, a filter entry or a call's options are not valid.",
    remedy: "Correct the field that the message names.",
  },
  KERNEL_REGISTRATION: {
    retryable: false,
    meaning: "A listener could not be registered, deregistered or put into a group.",
    remedy: "Choose an id that is not taken, or let the dispatcher choose one.",
  },
  KERNEL_CYCLE: {
    retryable: false,
    meaning: "Listeners that pass messages on to each other would form a ring.",
    remedy: "Remove one of the entries that the message names.",
  },
  KERNEL_UNDELIVERABLE: {
    retryable: true,
    meaning: "Nobody is registered under the destination id, or its listener went away before the message was handled.",
    remedy: "Register the listener first, or join the process that has it; then send again.",
  },
  KERNEL_NOT_SYNCHRONOUS: {
    retryable: false,
    meaning:
      "A synchronous message came to something that cannot answer at once: another process, or asynchronous code.",
    remedy: "Use `send` instead of `sendSync`.",
  },
  KERNEL_QUEUE_FULL: {
    retryable: true,
    meaning: "As many messages wait for this destination, group, queue or link as are allowed to.",
    remedy: "Send less, let the sender wait for room, or find out what keeps the listener.",
  },
  KERNEL_TIMEOUT: {
    retryable: true,
    meaning: "No reply came within the time allowed. The message may have been handled all the same.",
    remedy: "Allow more time, or find out what keeps the listener; send again only what may be handled twice.",
  },
  KERNEL_SHUT_DOWN: {
    retryable: false,
    meaning: "The dispatcher was shut down before or while the message was on its way.",
    remedy: "Send before shutting down, or through another dispatcher.",
  },
  KERNEL_REMOTE: {
    retryable: false,
    meaning: "A listener in another process threw an error that has no code of its own.",
    remedy: "Read the original name and message, and look into that process.",
  },
  LINK_LOST: {
    retryable: true,
    meaning: "The connection to the other process broke. A message on its way may or may not have been handled.",
    remedy: "Wait for the link to come back by itself; send again only what may be handled twice.",
  },
  LINK_PROTOCOL: {
    retryable: false,
    meaning: "The other side sent something that is not a valid frame, or too much of it.",
    remedy:
      "Check that both sides are Switchboard kernels of compatible versions and that nobody else connects to this address.",
  },
  LINK_CONGESTED: {
    retryable: true,
    meaning: "The other side reads more slowly than this side writes, and the limit of what may wait was reached.",
    remedy: "Find out what keeps the other process; send less, or wait for replies.",
  },
  LINK_CLOSED: {
    retryable: false,
    meaning: "The link was closed on purpose on this side.",
    remedy: "Join a new link.",
  },
  LINK_FRAME_INVALID: {
    retryable: false,
    meaning: "A message cannot cross a link: its content is not plain JSON data, or it is larger than the link allows.",
    remedy: "Send plain data, in smaller pieces; or raise `maxFrameBytes` on both sides.",
  },
  LINK_AUTHENTICATION: {
    retryable: false,
    meaning: "The two ends of a link do not have the same secret, or one of them tried to join without it.",
    remedy: "Give both ends the same `secret`; the link tries again by itself.",
  },
  LINK_LISTEN_FAILED: {
    retryable: true,
    meaning: "Links cannot be accepted at this address: it is in use, or this process may not use it.",
    remedy: "Choose another port or path, or end the process that has it.",
  },
  LINK_OPTION_INVALID: {
    retryable: false,
    meaning: "An option of a link is outside its range.",
    remedy: "Use a value in the range that the message names.",
  },
};

/** One of the codes that concern links. */
export type LinkErrorCode = Extract<KernelErrorCode, `LINK_${string}`>;

/** Something that a link could not do, or that ended its session. */
export class LinkError extends SwitchboardError {
  override name = "LinkError";

  constructor(code: LinkErrorCode, message: string, context?: ErrorContext) {
    super(kernelErrors[code], code, message, context);
  }
}

/** A message, a filter entry or a call's options are not valid; the message names the field. */
export class MessageError extends SwitchboardError {
  override name = "MessageError";

  constructor(message: string, context?: ErrorContext) {
    super(kernelErrors.KERNEL_MESSAGE_INVALID, "KERNEL_MESSAGE_INVALID", message, context);
  }
}

/** A listener could not be registered, deregistered, named or chained. */
export class RegistrationError extends SwitchboardError {
  override name = "RegistrationError";

  constructor(
    message: string,
    context?: ErrorContext,
    code: "KERNEL_REGISTRATION" | "KERNEL_CYCLE" = "KERNEL_REGISTRATION",
  ) {
    super(kernelErrors[code], code, message, context);
  }
}

/** Returned to sender: nobody is registered under the destination id, or its listener went away first. */
export class UndeliverableError extends SwitchboardError {
  override name = "UndeliverableError";

  constructor(message: string, context?: ErrorContext) {
    super(kernelErrors.KERNEL_UNDELIVERABLE, "KERNEL_UNDELIVERABLE", message, context);
  }
}

/** A synchronous message came to something that cannot answer at once. */
export class SynchronousError extends SwitchboardError {
  override name = "SynchronousError";

  constructor(message: string, context?: ErrorContext) {
    super(kernelErrors.KERNEL_NOT_SYNCHRONOUS, "KERNEL_NOT_SYNCHRONOUS", message, context);
  }
}

/** As many messages wait as are allowed to. */
export class QueueFullError extends SwitchboardError {
  override name = "QueueFullError";

  constructor(message: string, context?: ErrorContext) {
    super(kernelErrors.KERNEL_QUEUE_FULL, "KERNEL_QUEUE_FULL", message, context);
  }
}

/** No reply came within the time allowed. */
export class TimeoutError extends SwitchboardError {
  override name = "TimeoutError";

  constructor(message: string, context?: ErrorContext) {
    super(kernelErrors.KERNEL_TIMEOUT, "KERNEL_TIMEOUT", message, context);
  }
}

/** The dispatcher was shut down. */
export class ShutdownError extends SwitchboardError {
  override name = "ShutdownError";

  constructor(message: string, context?: ErrorContext) {
    super(kernelErrors.KERNEL_SHUT_DOWN, "KERNEL_SHUT_DOWN", message, context);
  }
}

/**
 * What a listener in another process threw.
 *
 * `code` and `retryable` are the original error's when it had them, else KERNEL_REMOTE and false; so are `message` and `details`.
 */
export class RemoteError extends SwitchboardError {
  override name = "RemoteError";
  /** The `name` of the original error, such as `TypeError`. */
  readonly originalName: string;

  constructor(original: {
    name: string;
    message: string;
    code: string;
    retryable: boolean;
    details: Readonly<Record<string, unknown>>;
  }) {
    super({ ...kernelErrors.KERNEL_REMOTE, retryable: original.retryable }, original.code, original.message, {
      details: original.details,
    });
    this.originalName = original.name;
  }
}
