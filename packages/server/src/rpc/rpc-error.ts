// Turns whatever a method threw into the error that its caller gets.

import { QueueFullError, RemoteError, ShutdownError, TimeoutError, UndeliverableError } from "@switchboard/core";
import { errno, type ErrorArgs, ProtocolError, RpcError, type TraceLine } from "@switchboard/protocol";
import { StorageError, storageErrors } from "@switchboard/storage";
import { ServerError } from "../errors.ts";

/**
 * The error for the wire: number, message and `extra` of errors made for callers; numbers for those of the kernel and of storage; EFAULT for anything
 * else, with its first line freed of paths. The original is the `cause`.
 */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof ServerError) {
    return new RpcError(error.errno, error.message, { cause: error, extra: error.extra, details: error.details });
  }
  if (error instanceof ProtocolError) return new RpcError(error.errno, error.message, { cause: error });
  if (error instanceof StorageError) return storageFailed(error);
  const known = numberOf(error);
  if (known !== undefined && error instanceof Error) return new RpcError(known, error.message, { cause: error });
  return new RpcError(errno.EFAULT, unexpected(error), { cause: error });
}

/** The `args` of an `rpc/error` frame. In debug mode an unexpected error comes with its whole message and its stack. */
export function toErrorArgs(error: unknown, debug: boolean): ErrorArgs {
  const rpcError = toRpcError(error);
  const args = rpcError.toArgs();
  const { cause } = rpcError;
  if (!debug || args.code !== errno.EFAULT || !(cause instanceof Error)) return args;
  return { ...args, message: `${cause.name}: ${cause.message}`, stacktrace: traceOf(cause) };
}

const frameLine = /^\s+at (?:(?<method>.*) \()?(?<filename>[^()]*?):(?<lineno>\d+):\d+\)?$/;

/** The lines of a stack trace as they go over the wire. */
export function traceOf({ stack = "" }: Error): TraceLine[] {
  return stack.split("\n").flatMap((line) => {
    const { method = "", filename = "", lineno = "0" } = frameLine.exec(line)?.groups ?? {};
    return filename === "" ? [] : [{ filename, lineno: Number(lineno), method, code: "" }];
  });
}

function numberOf(error: unknown): number | undefined {
  if (error instanceof TimeoutError) return errno.ETIMEDOUT;
  if (error instanceof UndeliverableError) return errno.ENOENT;
  if (error instanceof QueueFullError) return errno.EBUSY;
  if (error instanceof ShutdownError) return errno.ECONNABORTED;
  if (error instanceof RemoteError) return errno.EFAULT;
  if (error instanceof Error && error.name === "AbortError") return errno.ECANCELED;
  return undefined;
}

// Its own message says where the datastore is. That it is away, or its disk full, is for the caller to know, who may try again later.
function storageFailed(error: StorageError): RpcError {
  const { code, retryable } = error;
  const number = retryable ? errno.EAGAIN : errno.EFAULT;
  const message = `the datastore failed [${code}]: ${storageErrors[code].meaning}`;
  return new RpcError(number, message, { cause: error, extra: { code } });
}

const maxMessageLength = 200;

function unexpected(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : "the method failed";
  const [line = ""] = text.split("\n", 1);
  return withoutPaths(line.slice(0, maxMessageLength));
}

/** Where files lie on this machine is nobody's business. */
function withoutPaths(text: string): string {
  return text.replaceAll(/(?:file:\/\/|[A-Za-z]:)?(?:[\\/][\w.@~+-]+)+[\\/]?/g, "…");
}
