// What all kinds of messages share: the envelope's fields, how a new one is filled in, endpoints, the cache, copies and equality.
// Messages are plain read-only objects spelled as on the wire; changing one means making another (`{ ...message, provider: "mtn" }`).

import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "@switchboard/core";
import { messageVersion } from "./field-rules.ts";
import { copyJson, isJsonObject, jsonEqual, type JsonObject, type JsonValue } from "./json.ts";
import { formatTimestamp } from "./timestamp.ts";

/** The fields of every message. Keys that a type does not name are legal and are kept. */
export interface MessageEnvelope {
  readonly message_version: "20110921";
  /** `user_message`, `event`, `status_event` or `failure_message`; nobody compares it with what was expected. */
  readonly message_type: string;
  /** UTC, `YYYY-MM-DD HH:MM:SS.ffffff`: exactly six digits, no zone. */
  readonly timestamp: string;
  /** Owned by connectors and dispatchers: `endpoint_name`. */
  readonly routing_metadata: JsonObject;
  /** Free for all but the transport. Known keys: `tag.tag` = [pool, name], `session`, `load_balancer`, `irc`. */
  readonly helper_metadata: JsonObject;
  /** Notes of programs that handle the message on its way. They travel, but are never stored. See {@link cacheOf}. */
  readonly __cache__?: JsonValue;
}

/** The envelope's fields that a builder may be given. */
export interface EnvelopeFields {
  /** Default now. Any form that `normaliseTimestamp` reads. */
  readonly timestamp?: string;
  /** Default `{}`. */
  readonly routing_metadata?: JsonObject;
  /** Default `{}`. */
  readonly helper_metadata?: JsonObject;
}

/** Where a builder takes time and ids from, and what it adds. */
export interface BuildOptions {
  /** Keys that the kind of message does not know; carried along by everybody. They cannot replace known ones. */
  readonly extra?: JsonObject;
  readonly clock?: Clock;
  /** Default {@link newMessageId}. */
  readonly newId?: () => string;
}

/** Returns a fresh id: a random UUID as 32 lower-case hexadecimal digits. */
export function newMessageId(): string {
  const id = randomUUID();
  return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
}

/** The endpoint of a message that names none. */
export const defaultEndpoint = "default";

/** Returns the endpoint a message is for; `default` when it names none. */
export function endpointOf(message: { readonly routing_metadata?: JsonObject | null }): string {
  const name = message.routing_metadata?.["endpoint_name"];
  return typeof name === "string" ? name : defaultEndpoint;
}

/** Returns the message, addressed to an endpoint. Null writes `default`. */
export function withEndpoint<Message extends MessageEnvelope>(message: Message, endpoint: string | null): Message {
  const routing_metadata = { ...message.routing_metadata, endpoint_name: endpoint ?? defaultEndpoint };
  return { ...message, routing_metadata };
}

/** Returns the notes that travel with a message; `{}` when there are none. */
export function cacheOf({ __cache__: cache }: { readonly __cache__?: JsonValue }): JsonObject {
  return isJsonObject(cache) ? cache : {};
}

/** Returns the message with notes added under `__cache__`. */
export function withCache<Message extends MessageEnvelope>(message: Message, notes: JsonObject): Message {
  return { ...message, __cache__: { ...cacheOf(message), ...notes } };
}

/** Returns the message as it is stored: without its cache. */
export function withoutCache<Message extends MessageEnvelope>(message: Message): Omit<Message, "__cache__"> {
  const { __cache__: _, ...stored } = message;
  return stored;
}

/** Returns a deep copy. */
export function copyMessage<Message extends MessageEnvelope>(message: Message): Message {
  return copyJson(message);
}

/** True when two messages have equal payloads, unknown keys included; the order of keys does not count. */
export function messagesEqual(first: MessageEnvelope, second: MessageEnvelope): boolean {
  return jsonEqual(first, second);
}

/** Returns the envelope of a new message of the kind `message_type`. Objects given are copied. */
export function newEnvelope(
  message_type: string,
  fields: EnvelopeFields,
  clock: Clock = systemClock,
): Required<Omit<MessageEnvelope, "__cache__">> {
  return {
    message_version: messageVersion,
    message_type,
    timestamp: fields.timestamp ?? formatTimestamp(clock.now()),
    routing_metadata: copyJson(fields.routing_metadata ?? {}),
    helper_metadata: copyJson(fields.helper_metadata ?? {}),
  };
}
