// From what a worker tells its observer to what is kept of it: without the message itself, as plain data that can go to another process.

import { eventStatus, type TransportEvent } from "../message/event.ts";
import type { FailureMessage } from "../message/failure.ts";
import type { UserMessage } from "../message/user-message.ts";
import { endpointOf } from "../message/envelope.ts";
import { isJsonObject } from "../message/json.ts";
import type { TrailEntry, TrailError } from "../store/trail.ts";
import type { HandledMessage, Observed, PublishedMessage } from "./observer.ts";

const maxErrorText = 500;

/** What is kept of a message that was handled; undefined of what is about no message, as statuses are. */
export function handledEntry(seen: HandledMessage): TrailEntry | undefined {
  const entry = entryOf(seen, "handled");
  if (entry === undefined) return undefined;
  entry.attempt = seen.attempt;
  entry.outcome = seen.outcome;
  if (seen.publishedAt !== undefined) entry.published_at = seen.publishedAt;
  return entry;
}

/** What is kept of a message that was published; undefined of what is about no message. */
export function publishedEntry(seen: PublishedMessage): TrailEntry | undefined {
  const entry = entryOf(seen, "published");
  if (entry !== undefined && seen.rule !== undefined) entry.rule = seen.rule;
  return entry;
}

type Draft = { -readonly [Key in keyof TrailEntry]: TrailEntry[Key] };

// Filled in step by step, since a dozen are made of each message, and objects put together from spread parts take several times as long.
function entryOf(seen: HandledMessage | PublishedMessage, did: TrailEntry["did"]): Draft | undefined {
  const { kind, message, error } = seen;
  if (kind === "status") return undefined;
  const entry: Draft = {
    message_id: messageIdOf(seen),
    kind,
    did,
    worker: seen.worker,
    worker_kind: seen.workerKind,
    connector: seen.connector,
    endpoint: endpointOf(message),
    at: seen.at,
    took_ms: seen.tookMs,
  };
  if (error !== undefined) entry.error = trailError(error);
  if (seen.middleware !== undefined && seen.middleware.length > 0) entry.middleware = seen.middleware;
  if (kind === "outbound") {
    const { in_reply_to } = message as UserMessage;
    if (in_reply_to !== null) entry.in_reply_to = in_reply_to;
  } else if (kind === "event") {
    entry.event_id = (message as TransportEvent).event_id;
    entry.event_status = eventStatus(message as TransportEvent);
  }
  return entry;
}

function messageIdOf({ kind, message }: Observed): string {
  if (kind === "event") return (message as TransportEvent).user_message_id;
  if (kind === "failure") {
    const { message: failed } = message as FailureMessage;
    const id = isJsonObject(failed) ? failed["message_id"] : undefined;
    return typeof id === "string" ? id : "";
  }
  return (message as UserMessage).message_id;
}

function trailError(error: unknown): TrailError {
  const { code, message, retryable } = error as { code?: unknown; message?: unknown; retryable?: unknown };
  const text = typeof message === "string" ? message : String(error);
  return {
    ...(typeof code === "string" && { code }),
    message: text.slice(0, maxErrorText),
    permanent: retryable === false,
  };
}
