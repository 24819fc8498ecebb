// What workers, connectors and middleware throw. Part of messaging's catalogue in ../errors.ts.

import type { FailureCode } from "../message/values.ts";
import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the error codes of connectors and workers. */
export type WorkerErrorCode =
  | "WORKER_CONNECTOR_EXISTS"
  | "WORKER_DEFINITION_INVALID"
  | "WORKER_ENDPOINT_NOT_ALLOWED"
  | "WORKER_HANDLER_TIMEOUT"
  | "WORKER_KIND_NOT_CONSUMED"
  | "WORKER_KIND_NOT_PUBLISHED"
  | "WORKER_START_FAILED"
  | "WORKER_STATE";

/** One of the error codes of routing. */
export type RoutingErrorCode = "ROUTER_CONFIG_INVALID" | "ROUTER_NO_CONNECTOR" | "ROUTER_NO_ROUTE";

/** One of the error codes of the HTTP relay. */
export type RelayErrorCode = "RELAY_FAILED" | "RELAY_REFUSED";

/** One of the error codes of middleware. */
export type MiddlewareErrorCode = "MIDDLEWARE_NO_STORE" | "MIDDLEWARE_RETURNED_NOTHING" | "MIDDLEWARE_SETUP_FAILED";

/** One of the error codes of workers and of what belongs to them. */
export type WorkerAreaErrorCode =
  | WorkerErrorCode
  | MiddlewareErrorCode
  | RoutingErrorCode
  | RelayErrorCode
  | "MESSAGE_IGNORED"
  | "FAILURE_SET_ASIDE"
  | "TRANSPORT_PERMANENT_FAILURE"
  | "TRANSPORT_TEMPORARY_FAILURE";

/** The part of the catalogue that workers add. */
export const workerErrors: ErrorCatalogue<WorkerAreaErrorCode> = {
  FAILURE_SET_ASIDE: {
    retryable: false,
    meaning: "A message could not be sent and is not tried again by itself.",
    remedy: "Read the reason, mend what can be mended, and retry or drop the parked failure.",
  },
  MESSAGE_IGNORED: {
    retryable: false,
    meaning: "A handler or middleware decided that a message shall go no further.",
    remedy: "Nothing; the message was acknowledged, and an outbound one was answered with a nack.",
  },
  MIDDLEWARE_NO_STORE: {
    retryable: false,
    meaning: "A storing middleware, or a worker that serves the message store, is configured in a process without one.",
    remedy: "Switch the gateway's store on (`store: {enabled: true}`), or take the middleware out.",
  },
  MIDDLEWARE_RETURNED_NOTHING: {
    retryable: false,
    meaning: "A middleware did not return a message.",
    remedy: "Return the message, changed or not, from the method that the error names.",
  },
  MIDDLEWARE_SETUP_FAILED: {
    retryable: true,
    meaning: "A middleware could not be set up, so its worker did not start.",
    remedy: "Read the cause; usually a server that the middleware needs cannot be reached.",
  },
  RELAY_FAILED: {
    retryable: true,
    meaning: "A program behind an HTTP address could not be reached, took too long, or failed.",
    remedy: "Look at that program; the message is tried again, and parked after the last try.",
  },
  RELAY_REFUSED: {
    retryable: false,
    meaning: "A program behind an HTTP address refused a message, or answered too much.",
    remedy: "Correct the address or the credentials, then retry the parked message.",
  },
  ROUTER_CONFIG_INVALID: {
    retryable: false,
    meaning: "A router cannot work with the names or rules that its dispatcher gives it.",
    remedy: "Correct the setting that the error names.",
  },
  ROUTER_NO_CONNECTOR: {
    retryable: false,
    meaning: "A router sent a message to a connector that its dispatcher does not have.",
    remedy: "Add the name to `transport_names` or `exposed_names`, or correct the rule; then retry the parked message.",
  },
  ROUTER_NO_ROUTE: {
    retryable: false,
    meaning: "No rule of a router matches a message.",
    remedy:
      "Add a rule or a default; then retry the parked message. `unrouted: log` drops such messages with a log line instead.",
  },
  TRANSPORT_PERMANENT_FAILURE: {
    retryable: false,
    meaning: "A channel refused a message for good.",
    remedy: "Read the reason; sending the same message again will not help.",
  },
  TRANSPORT_TEMPORARY_FAILURE: {
    retryable: true,
    meaning: "A channel could not take a message now.",
    remedy: "Nothing, where a failure worker runs: it tries again with growing delays.",
  },
  WORKER_CONNECTOR_EXISTS: {
    retryable: false,
    meaning: "A worker has two connectors of one name.",
    remedy: "Give each connector of a worker a name of its own.",
  },
  WORKER_DEFINITION_INVALID: {
    retryable: false,
    meaning: "An application was defined without `onMessage`, or with a function whose name is misspelt.",
    remedy: "Write the name as the error says.",
  },
  WORKER_ENDPOINT_NOT_ALLOWED: {
    retryable: false,
    meaning: "An application sent a message through an endpoint that it has not declared.",
    remedy: "Add the endpoint to the application's `allowedEndpoints`.",
  },
  WORKER_HANDLER_TIMEOUT: {
    retryable: true,
    meaning: "A handler did not end in the time it is given; its message will be delivered again.",
    remedy: "Find out what the handler waits for, or allow more time with `handler_timeout`.",
  },
  WORKER_KIND_NOT_CONSUMED: {
    retryable: false,
    meaning: "A handler was set for a kind of message that the connector does not consume.",
    remedy: "Set it on a connector of the other role.",
  },
  WORKER_KIND_NOT_PUBLISHED: {
    retryable: false,
    meaning: "A kind of message was published that the connector does not publish.",
    remedy: "Publish it on a connector of the other role.",
  },
  WORKER_START_FAILED: {
    retryable: true,
    meaning: "A worker could not start; what it had opened is closed again.",
    remedy: "Read the cause.",
  },
  WORKER_STATE: {
    retryable: false,
    meaning: "A worker was asked for something that its present state does not allow.",
    remedy: "Start it before pausing, and make a new one after it was stopped.",
  },
};

/** Something a worker or connector could not do. */
export class WorkerError extends SwitchboardError {
  override name = "WorkerError";

  constructor(code: WorkerErrorCode, message: string, context?: ErrorContext) {
    super(workerErrors[code], code, message, context);
  }
}

/** Something a router, or the dispatcher around it, could not do. */
export class RoutingError extends SwitchboardError {
  override name = "RoutingError";

  constructor(code: RoutingErrorCode, message: string, context?: ErrorContext) {
    super(workerErrors[code], code, message, context);
  }
}

/** Thrown by a router when no rule matches: the dispatcher parks the message, or logs and drops it, as configured. */
export class NoRoute extends RoutingError {
  override name = "NoRoute";

  constructor(message: string) {
    super("ROUTER_NO_ROUTE", message);
  }
}

/** A failure that is set aside for people to look at: parked on the failures queue. */
export class FailureSetAside extends SwitchboardError {
  override name = "FailureSetAside";

  constructor(message: string) {
    super(workerErrors.FAILURE_SET_ASIDE, "FAILURE_SET_ASIDE", message);
  }
}

/** A message that could not be relayed. Never contains credentials. */
export class RelayError extends SwitchboardError {
  override name = "RelayError";

  constructor(code: RelayErrorCode, message: string, context?: ErrorContext) {
    super(workerErrors[code], code, message, context);
  }
}

/** A middleware that does not keep its contract. */
export class MiddlewareError extends SwitchboardError {
  override name = "MiddlewareError";

  constructor(code: MiddlewareErrorCode, message: string, context?: ErrorContext) {
    super(workerErrors[code], code, message, context);
  }
}

/**
 * Thrown by a handler or middleware to say that a message shall go no further: it is acknowledged, not tried again.
 * An outbound message is answered with a nack that gives `message` as its reason.
 */
export class IgnoreMessage extends SwitchboardError {
  override name = "IgnoreMessage";

  constructor(message: string) {
    super(workerErrors.MESSAGE_IGNORED, "MESSAGE_IGNORED", message);
  }
}

/**
 * Thrown by a transport when a message could not be handed to the channel. The base publishes a nack with `message` as its reason, and a
 * failure message with the code: `temporary` is tried again by the failure worker, `permanent` is kept for people to look at.
 */
export class DeliveryFailed extends SwitchboardError {
  override name = "DeliveryFailed";
  readonly failureCode: FailureCode;

  constructor(failureCode: FailureCode, message: string, context?: ErrorContext) {
    const code = failureCode === "temporary" ? "TRANSPORT_TEMPORARY_FAILURE" : "TRANSPORT_PERMANENT_FAILURE";
    super(workerErrors[code], code, message, context);
    this.failureCode = failureCode;
  }
}
