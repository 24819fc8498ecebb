// What the protocol's codecs throw, and the error that travels in an `rpc/error` frame.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";
import { errno, errnoName } from "./errno.ts";

/** One of the protocol's error codes. */
export type ProtocolErrorCode =
  | "PROTOCOL_FRAME_INVALID"
  | "PROTOCOL_VALUE_INVALID"
  | "PROTOCOL_DESCRIPTOR_REFUSED"
  | "PROTOCOL_FRAMING_INVALID"
  | "PROTOCOL_RELAY_DENIED"
  | "RPC_FAILED";

/** The protocol's part of the catalogue. */
export const protocolErrors: ErrorCatalogue<ProtocolErrorCode> = {
  PROTOCOL_FRAME_INVALID: {
    retryable: false,
    meaning: "A frame is not JSON, is not one of the known frames, or its `args` have the wrong shape.",
    remedy: "Correct the member that the message names; docs/protocol.md shows each frame.",
  },
  PROTOCOL_VALUE_INVALID: {
    retryable: false,
    meaning: "A value inside a frame cannot be read or written: a malformed `$date` or the like, or nesting too deep.",
    remedy: "Correct the value that the message names.",
  },
  PROTOCOL_DESCRIPTOR_REFUSED: {
    retryable: false,
    meaning: "A frame holds a file descriptor (`$fd`), which cannot be passed here.",
    remedy: "Send the data over the file socket instead.",
  },
  PROTOCOL_FRAMING_INVALID: {
    retryable: false,
    meaning:
      "The bytes on a stream are not a frame's: wrong magic, an empty or too long payload, or text that is not UTF-8.",
    remedy: "Connect again; check that both ends speak this protocol and that the payload is below the limit.",
  },
  PROTOCOL_RELAY_DENIED: {
    retryable: false,
    meaning: "The relay on the far side could not open the server's Unix socket.",
    remedy: "Give the user that the relay runs as access to the socket.",
  },
  RPC_FAILED: {
    retryable: false,
    meaning: "The other side answered a call with an error.",
    remedy: "Look at the error's `errno`, `message` and `extra`.",
  },
};

/** What else may be said about a {@link ProtocolError}. */
export interface ProtocolErrorContext extends ErrorContext {
  /** Id of the frame at fault, when it could be read and may be answered. */
  readonly frameId?: string | null;
}

/** Bytes, a frame or a value that the protocol does not allow. */
export class ProtocolError extends SwitchboardError {
  override name = "ProtocolError";
  override readonly code: Exclude<ProtocolErrorCode, "RPC_FAILED">;
  /** The number to answer with: EINVAL, or EOPNOTSUPP for a file descriptor. */
  readonly errno: number;
  /** The id that an answering `rpc/error` carries: the frame's own, or null when the frame has none or is unknown. */
  readonly frameId: string | null;

  constructor(code: Exclude<ProtocolErrorCode, "RPC_FAILED">, message: string, context: ProtocolErrorContext = {}) {
    super(protocolErrors[code], code, message, context);
    this.code = code;
    this.errno = code === "PROTOCOL_DESCRIPTOR_REFUSED" ? errno.EOPNOTSUPP : errno.EINVAL;
    this.frameId = context.frameId ?? null;
  }

  /** The same error, saying in which frame it was found. */
  inFrame(frame: string, frameId: string | null): ProtocolError {
    return new ProtocolError(this.code, `${frame}: ${this.message}`, { frameId, details: this.details });
  }
}

/** One line of a stack trace on the wire. */
export interface TraceLine {
  readonly filename: string;
  readonly lineno: number;
  readonly method: string;
  readonly code: string;
}

/** The `args` of an `rpc/error` frame. */
export interface ErrorArgs {
  /** See {@link errno}. */
  readonly code: number;
  readonly message: string;
  /** Whatever the handler added; for failed validation a list of {@link ValidationEntry}. Absent when nothing was added. */
  readonly extra?: unknown;
  /** Only from a server in debug mode, for unexpected errors. */
  readonly stacktrace?: readonly TraceLine[];
}

/** One thing wrong with arguments, in the `extra` of an EINVAL error. */
export interface ValidationEntry {
  /** Index of the argument, then property names and indexes; empty when the list of arguments itself is wrong. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly code: number;
}

const retryableNumbers: ReadonlySet<number> = new Set([
  errno.EAGAIN,
  errno.EBUSY,
  errno.ECONNABORTED,
  errno.ECONNRESET,
  errno.ECONNREFUSED,
  errno.ETIMEDOUT,
]);

/**
 * The error of a call: what a handler throws to choose number and `extra`, and what a caller catches.
 *
 * `code` is always RPC_FAILED; `errno` says which failure. `retryable` follows from `errno`: true for EAGAIN, EBUSY, ETIMEDOUT and lost connections.
 */
export class RpcError extends SwitchboardError {
  override name = "RpcError";
  /** One of {@link errno}'s numbers, or whatever number the other side sent. */
  readonly errno: number;
  /** Undefined when the error carries none. */
  readonly extra: unknown;

  constructor(number: number, message: string, context: ErrorContext & { readonly extra?: unknown } = {}) {
    const { extra, ...rest } = context;
    super({ ...protocolErrors.RPC_FAILED, retryable: retryableNumbers.has(number) }, "RPC_FAILED", message, rest);
    this.errno = number;
    this.extra = extra;
  }

  /** The error as a caller sees it, from the `args` of an `rpc/error` frame. */
  static fromArgs({ code, message, extra }: ErrorArgs): RpcError {
    return new RpcError(code, message, { extra, details: { errno: errnoName(code) ?? code } });
  }

  /** The `args` of the `rpc/error` frame; no `extra` member when there is none. */
  toArgs(): ErrorArgs {
    const args = { code: this.errno, message: this.message };
    return this.extra === undefined ? args : { ...args, extra: this.extra };
  }
}
