// Errors on their way to the sender in another process: `[name, message, code, retryable, details]`.

import {
  LinkError,
  MessageError,
  QueueFullError,
  ShutdownError,
  SwitchboardError,
  UndeliverableError,
} from "../errors.ts";
import { whyNotPlain } from "./plain-data.ts";

const maxTextLength = 8192;

/** What is sent of an error. Its stack stays at home. */
export function failureBody(error: unknown): unknown[] {
  if (!(error instanceof Error)) return ["Error", cutText(error), "KERNEL_REMOTE", false, {}];
  const { name, message, code, retryable, details } = error as Error & Partial<SwitchboardError>;
  return [
    cutText(name),
    cutText(message),
    typeof code === "string" ? cutText(code) : "KERNEL_REMOTE",
    retryable === true,
    error instanceof SwitchboardError && whyNotPlain(details) === undefined ? details : {},
  ];
}

/** An error that was sent, as it was checked on arrival. */
export interface FailureBody {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** @throws {LinkError} LINK_PROTOCOL. */
export function readFailure(body: unknown): FailureBody {
  if (!Array.isArray(body) || body.length !== 5) throw malformed();
  const [name, message, code, retryable, details]: unknown[] = body;
  if (typeof name !== "string" || typeof message !== "string" || typeof code !== "string") throw malformed();
  if (typeof retryable !== "boolean" || typeof details !== "object" || details === null) throw malformed();
  return { name, message, code, retryable, details: details as Readonly<Record<string, unknown>> };
}

/** The other kernel's own refusal: an error of the class that it has there. */
export function returnedError({ code, message, details }: FailureBody): SwitchboardError {
  switch (code) {
    case "KERNEL_MESSAGE_INVALID":
      return new MessageError(message, { details });
    case "KERNEL_QUEUE_FULL":
      return new QueueFullError(message, { details });
    case "KERNEL_SHUT_DOWN":
      return new ShutdownError(message, { details });
    default:
      return new UndeliverableError(message, { details });
  }
}

/** A text of bounded length; errors of other people's making may have anything as their message. */
export function cutText(value: unknown): string {
  const text = String(value);
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text;
}

function malformed(): LinkError {
  return new LinkError("LINK_PROTOCOL", "a failure frame is not as the protocol says");
}
