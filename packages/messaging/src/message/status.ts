// How well a part of a transport does, for monitoring; and the filter that keeps it from saying the same thing over and over.

import { type BuildOptions, type EnvelopeFields, type MessageEnvelope, newEnvelope } from "./envelope.ts";
import { checkEnvelope, oneOf, optionalList, optionalObject, type RawMessage, text } from "./field-rules.ts";
import { copyJson, type JsonObject, type JsonValue } from "./json.ts";
import { type StatusLevel, statusLevels } from "./values.ts";

/** The state of one component of a transport. */
export interface TransportStatus extends MessageEnvelope {
  /** The part concerned: `smpp`, `http`, … */
  readonly component: string;
  readonly status: StatusLevel;
  /** Why, for programs: `throttled`, `connection_lost`, … */
  readonly type: string;
  /** Why, for people. */
  readonly message: string;
  readonly reasons: readonly JsonValue[];
  readonly details: JsonObject;
}

/** What a new status is made of. */
export interface StatusFields extends EnvelopeFields {
  readonly component: string;
  readonly status: StatusLevel;
  readonly type: string;
  readonly message: string;
  /** Default none. */
  readonly reasons?: readonly JsonValue[];
  /** Default `{}`. */
  readonly details?: JsonObject;
}

/**
 * Returns `message` as a status, mended in place where peers are lax.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function checkStatus(message: RawMessage): TransportStatus {
  checkEnvelope(message);
  text(message, "component");
  oneOf(statusLevels, message["status"], "status");
  text(message, "type");
  text(message, "message");
  optionalList(message, "reasons");
  optionalObject(message, "details");
  return message as unknown as TransportStatus;
}

/**
 * Builds a status.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function createStatus(fields: StatusFields, options: BuildOptions = {}): TransportStatus {
  return checkStatus({
    ...copyJson(options.extra),
    ...copyJson(fields),
    ...newEnvelope("status_event", fields, options.clock),
  });
}

/**
 * Lets a status through only when it says something new: its component has another level than before, or this `type` was not yet seen
 * at this level. Another text alone is not new; components do not influence each other.
 */
export class StatusFilter {
  readonly #seen = new Map<string, { readonly level: StatusLevel; readonly types: Set<string> }>();

  /** True when `status` is news; it is remembered. */
  isNews({ component, status, type }: Pick<TransportStatus, "component" | "status" | "type">): boolean {
    const seen = this.#seen.get(component);
    if (seen?.level !== status) {
      this.#seen.set(component, { level: status, types: new Set([type]) });
      return true;
    }
    const news = !seen.types.has(type);
    seen.types.add(type);
    return news;
  }
}
