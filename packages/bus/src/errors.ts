// What a bus throws.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of the bus's error codes. */
export type BusErrorCode =
  | "BUS_UNROUTABLE"
  | "BUS_OVERLOADED"
  | "BUS_CLOSED"
  | "BUS_NAME_INVALID"
  | "BUS_OPTION_INVALID"
  | "BUS_BROKER_UNREACHABLE"
  | "BUS_BROKER_REFUSED"
  | "BUS_CONNECTION_LOST"
  | "BUS_FORMAT_UNKNOWN"
  | "BUS_CONSUMER_LOST"
  | "BUS_DECLARATION_CONFLICT";

/** The bus's part of the catalogue. */
export const busErrors: ErrorCatalogue<BusErrorCode> = {
  BUS_UNROUTABLE: {
    retryable: false,
    meaning: "No queue is bound to the exchange under this routing key.",
    remedy: 'Declare the queue first, or publish with `unroutable: "discard"` if nobody needs to read it.',
  },
  BUS_OVERLOADED: {
    retryable: true,
    meaning: "More publishes wait to become safe than the bus accepts.",
    remedy: "Wait for earlier publishes before sending more; if it lasts, look at the disk or the broker.",
  },
  BUS_CLOSED: {
    retryable: false,
    meaning: "The bus was closed, or was asked to close, before this call finished.",
    remedy: "Open a new bus; publishes that were pending may or may not have become safe.",
  },
  BUS_NAME_INVALID: {
    retryable: false,
    meaning: "A queue, exchange, routing key or header name is not one that Vumi and RabbitMQ accept.",
    remedy: "Use lower-case names of 1 to 255 bytes; leave header names starting with `x-` to the broker.",
  },
  BUS_OPTION_INVALID: {
    retryable: false,
    meaning: "An option is outside its range.",
    remedy: "Use a value in the range that the message names.",
  },
  BUS_BROKER_UNREACHABLE: {
    retryable: true,
    meaning: "No broker could be reached within the time allowed for opening the bus.",
    remedy: "Check host and port, and that the broker runs; open the bus again, or allow more time.",
  },
  BUS_BROKER_REFUSED: {
    retryable: false,
    meaning: "The broker refused the login, the virtual host, its own version, or what was asked of it.",
    remedy: "Check user, password, virtual host and the user's permissions; the message says what the broker said.",
  },
  BUS_CONNECTION_LOST: {
    retryable: true,
    meaning:
      "The connection to the broker, or the thread that writes the embedded bus's files, ended before it had confirmed.",
    remedy: "Publish again what may arrive twice; the bus comes back by itself.",
  },
  BUS_FORMAT_UNKNOWN: {
    retryable: false,
    meaning: "The embedded bus's files were written by a newer version, or by another program.",
    remedy: "Use the version that wrote them, or another folder.",
  },
  BUS_CONSUMER_LOST: {
    retryable: true,
    meaning: "The process that handled a message ended, or lost its connection, before the handler was done.",
    remedy: "Look for what ended the process; if the message itself did, it is parked after `maxDeliveries`.",
  },
  BUS_DECLARATION_CONFLICT: {
    retryable: false,
    meaning: "The exchange or queue exists with other properties.",
    remedy: "Use the properties it has, or remove it first.",
  },
};

/** Something the bus could not do. */
export class BusError extends SwitchboardError {
  override name = "BusError";

  constructor(code: BusErrorCode, message: string, context?: ErrorContext) {
    super(busErrors[code], code, message, context);
  }
}
