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
  const common = commonPart(seen);
  if (common === undefined) return undefined;
  return {
    ...common,
    did: "handled",
    attempt: seen.attempt,
    outcome: seen.outcome,
    ...(seen.publishedAt !== undefined && { published_at: seen.publishedAt }),
    ...(seen.error !== undefined && { error: trailError(seen.error) }),
  };
}

/** What is kept of a message that was published; undefined of what is about no message. */
export function publishedEntry(seen: PublishedMessage): TrailEntry | undefined {
  const common = commonPart(seen);
  if (common === undefined) return undefined;
  return {
    ...common,
    did: "published",
    ...(seen.rule !== undefined && { rule: seen.rule }),
    ...(seen.error !== undefined && { error: trailError(seen.error) }),
  };
}

type CommonPart = Omit<TrailEntry, "did">;

function commonPart(seen: Observed): CommonPart | undefined {
  const { kind, message } = seen;
  if (kind === "status") return undefined;
  return {
    message_id: messageIdOf(seen),
    kind,
    worker: seen.worker,
    worker_kind: seen.workerKind,
    connector: seen.connector,
    endpoint: endpointOf(message),
    at: seen.at,
    took_ms: seen.tookMs,
    ...(kind === "outbound" && inReplyTo(message as UserMessage)),
    ...(kind === "event" && eventPart(message as TransportEvent)),
  };
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

function eventPart(event: TransportEvent): Pick<TrailEntry, "event_id" | "event_status"> {
  return { event_id: event.event_id, event_status: eventStatus(event) };
}

function inReplyTo({ in_reply_to }: UserMessage): { in_reply_to: string } | undefined {
  return in_reply_to === null ? undefined : { in_reply_to };
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
