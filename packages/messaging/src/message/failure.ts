// An outbound message that its transport could not send, on its way to the failure worker.

import { type BuildOptions, type EnvelopeFields, type MessageEnvelope, newEnvelope } from "./envelope.ts";
import { checkEnvelope, invalidField, object, oneOf, type RawMessage, text } from "./field-rules.ts";
import { copyJson, type JsonObject } from "./json.ts";
import type { UserMessage } from "./user-message.ts";
import { type FailureCode, failureCodes } from "./values.ts";

/** A failure. */
export interface FailureMessage extends MessageEnvelope {
  /** The complete outbound message, as an object. Unchecked: `checkUserMessage` tells whether it can be sent again. */
  readonly message: JsonObject;
  /** Null: nobody knows whether retrying helps. */
  readonly failure_code: FailureCode | null;
  /** For people; normally a stack trace. */
  readonly reason: string;
}

/** What a new failure is made of. */
export interface FailureFields extends EnvelopeFields {
  readonly message: UserMessage;
  readonly failure_code: FailureCode | null;
  readonly reason: string;
}

const failureCodeValues: readonly (string | null)[] = [null, ...failureCodes];

/**
 * Returns `message` as a failure, mended in place where peers are lax.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function checkFailure(message: RawMessage): FailureMessage {
  checkEnvelope(message);
  // Null would be mended to an empty object, which is no message.
  if (message["message"] === null) throw invalidField("message", "an object", null);
  object(message, "message");
  oneOf(failureCodeValues, message["failure_code"], "failure_code");
  text(message, "reason");
  return message as unknown as FailureMessage;
}

/**
 * Builds a failure.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function createFailure(fields: FailureFields, options: BuildOptions = {}): FailureMessage {
  return checkFailure({
    ...copyJson(options.extra),
    ...copyJson(fields),
    ...newEnvelope("failure_message", fields, options.clock),
  });
}
