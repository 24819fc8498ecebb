// Calls: names, access, arguments, services of others, streams. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type RpcErrorCode =
  | "RPC_NAME_INVALID"
  | "RPC_SERVICE_UNKNOWN"
  | "RPC_METHOD_UNKNOWN"
  | "RPC_LOGIN_REQUIRED"
  | "RPC_ROLE_MISSING"
  | "RPC_ARGUMENTS_INVALID"
  | "RPC_DEFINITION_INVALID"
  | "RPC_SERVICE_EXISTS"
  | "RPC_SERVICE_NOT_OWNED"
  | "RPC_SERVICE_LOST"
  | "RPC_CALLS_EXCEEDED"
  | "RPC_RATE_EXCEEDED"
  | "RPC_CALL_ABORTED"
  | "RPC_RESULT_TOO_LARGE"
  | "RPC_STREAM_UNKNOWN"
  | "RPC_STREAM_POSITION";

/** What the catalogue says of them. */
export const rpcErrors: Readonly<Record<RpcErrorCode, ServerErrorEntry>> = {
  RPC_NAME_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "What should be the name of a method is not one.",
    remedy: "Write `service.method`.",
  },
  RPC_SERVICE_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no service of that name (any more).",
    remedy: "Correct the name; `discovery.get_services` lists them.",
  },
  RPC_METHOD_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "The service has no such method.",
    remedy: "Correct the name; `discovery.get_methods` lists them.",
  },
  RPC_LOGIN_REQUIRED: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "The method is not open to callers who are not logged in.",
    remedy: "Log in first.",
  },
  RPC_ROLE_MISSING: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "The user lacks a role that the method needs, or the method is private.",
    remedy: "Log in as somebody who has the role, or have it given to one of the user's groups.",
  },
  RPC_ARGUMENTS_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "Arguments were given by name to a method that declares no parameter names.",
    remedy: "Give them by position.",
  },
  RPC_DEFINITION_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The definition of a service or method is not valid.",
    remedy: "Correct the part that the message names.",
  },
  RPC_SERVICE_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A service of that name exists and belongs to somebody else.",
    remedy: "Use another name.",
  },
  RPC_SERVICE_NOT_OWNED: {
    errno: errno.EPERM,
    retryable: false,
    meaning: "The service is offered by somebody else.",
    remedy: "Leave it to its owner.",
  },
  RPC_SERVICE_LOST: {
    errno: errno.ECONNABORTED,
    retryable: true,
    meaning: "The owner of a service went away during a call.",
    remedy: "Call again when the service is back; `plugin.wait_for_service` waits for it.",
  },
  RPC_CALLS_EXCEEDED: {
    errno: errno.EBUSY,
    retryable: true,
    meaning: "Too many calls are in flight.",
    remedy: "Wait for answers before calling again.",
  },
  RPC_RATE_EXCEEDED: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning: "The user makes more calls per second than the option `max-calls-per-second` allows.",
    remedy: "Call again after `extra.retryAfterMs` milliseconds; ask for many things by one call; or raise the limit.",
  },
  RPC_CALL_ABORTED: {
    errno: errno.ECANCELED,
    retryable: false,
    meaning: "The call was aborted by the caller.",
    remedy: "Nothing: it was asked for.",
  },
  RPC_RESULT_TOO_LARGE: {
    errno: errno.EMSGSIZE,
    retryable: false,
    meaning: "A stream is too long to be collected into one answer, or an answer too long to be sent.",
    remedy: "Switch on the feature `streaming_responses`, or ask for less.",
  },
  RPC_STREAM_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no call or stream of that id in flight.",
    remedy: "Use the id of the call, before its `close`.",
  },
  RPC_STREAM_POSITION: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A piece of a stream was asked for that is gone, or that cannot be told.",
    remedy: "Ask for the pieces in rising order, or call with `view`.",
  },
};
