// What messaging throws: invalid messages here; configuration, class and component errors join as their parts do.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** A code for a message that is not one. */
export type MessageErrorCode =
  "MESSAGE_BODY_INVALID" | "MESSAGE_FIELD_MISSING" | "MESSAGE_FIELD_INVALID" | "MESSAGE_FIELD_FIXED";

/** One of messaging's error codes. */
export type MessagingErrorCode = MessageErrorCode;

/** Messaging's part of the catalogue. */
export const messagingErrors: ErrorCatalogue<MessagingErrorCode> = {
  MESSAGE_BODY_INVALID: {
    retryable: false,
    meaning: "A body from the bus is not a JSON object in UTF-8, or is nested too deeply.",
    remedy: "Find the program that publishes it; the message stays parked until somebody looks at it.",
  },
  MESSAGE_FIELD_MISSING: {
    retryable: false,
    meaning: "A message lacks a field that its kind must have.",
    remedy: "Add the field that the error names; null is a value, a missing key is not.",
  },
  MESSAGE_FIELD_INVALID: {
    retryable: false,
    meaning: "A field of a message has a value that its kind does not allow.",
    remedy: "Correct the field that the error names.",
  },
  MESSAGE_FIELD_FIXED: {
    retryable: false,
    meaning: "A field was given that a reply takes from the message it answers, or that a send never has.",
    remedy: "Leave the field out, or build a new message that is not a reply.",
  },
};

/** A message that is not one: on the wire, or about to be built. `details.field` names the field. */
export class MessageError extends SwitchboardError {
  override name = "MessageError";

  constructor(code: MessageErrorCode, message: string, context?: ErrorContext) {
    super(messagingErrors[code], code, message, context);
  }
}
