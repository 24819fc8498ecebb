// What the client itself may report. What a server answers a call with arrives as the protocol's RpcError.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the client's error codes. */
export type ClientErrorCode =
  | "CLIENT_CONNECT_FAILED"
  | "CLIENT_CONNECTION_LOST"
  | "CLIENT_TIMEOUT"
  | "CLIENT_LOGIN_REFUSED"
  | "CLIENT_LOGGED_OUT"
  | "CLIENT_CLOSED"
  | "CLIENT_OPTION_INVALID";

/** The client's part of the catalogue. */
export const clientErrors: ErrorCatalogue<ClientErrorCode> = {
  CLIENT_CONNECT_FAILED: {
    retryable: true,
    meaning: "No connection to the server could be opened.",
    remedy: "Check the address that the message names, and that the server runs; then try again.",
  },
  CLIENT_CONNECTION_LOST: {
    retryable: true,
    meaning:
      "The connection broke, or is broken at the moment; `details.isPlanned` is true when the server was stopped by its owner. A call on its way may or may not have been handled.",
    remedy: "Wait until the client is ready again; repeat only what may be handled twice.",
  },
  CLIENT_TIMEOUT: {
    retryable: true,
    meaning: "No answer came within the time allowed. The server was told to stop, but may have done the work.",
    remedy: "Allow more time, or find out what keeps the method; repeat only what may be handled twice.",
  },
  CLIENT_LOGIN_REFUSED: {
    retryable: false,
    meaning: "The server did not accept the user, token or service.",
    remedy: "Correct the credentials; the error's cause is the server's answer.",
  },
  CLIENT_LOGGED_OUT: {
    retryable: false,
    meaning:
      "The server ended the session, for the reason in the message: inactivity, an administrator, a changed account, too slow reading.",
    remedy: "Log in again. A client that was given a password or a service name does so by itself.",
  },
  CLIENT_CLOSED: {
    retryable: false,
    meaning: "The client was closed on this side before or while this was under way.",
    remedy: "Open a new client.",
  },
  CLIENT_OPTION_INVALID: {
    retryable: false,
    meaning: "An option of the client cannot be used.",
    remedy: "Use a value that the message names.",
  },
};

/** Something that the client could not do, or that ended its connection. */
export class ClientError extends SwitchboardError {
  override name = "ClientError";
  override readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, context?: ErrorContext) {
    super(clientErrors[code], code, message, context);
    this.code = code;
  }
}
