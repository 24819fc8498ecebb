// What all kinds of messages share: the envelope's fields, how a new one is filled in, endpoints, the cache, copies and equality.
// Messages are plain read-only objects spelled as on the wire; changing one means making another (`{ ...message, provider: "mtn" }`).

import { randomFillSync } from "node:crypto";
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

const idBytes = 16;
// Bytes for many ids, since asking for random ones costs more than everything else.
const idPool = Buffer.alloc(idBytes * 256);
let nextId = idPool.length;

/**
 * Returns a fresh id: a UUID of version 7 as 32 lower-case hexadecimal digits, which begin with the time.
 *
 * Ids of messages that follow each other are neighbours in every index of a message store, which then has a few pages to write in place of one
 * for each message and index.
 *
 * @see RFC 9562 §5.7
 */
export function newMessageId(): string {
  if (nextId === idPool.length) {
    randomFillSync(idPool);
    nextId = 0;
  }
  const id = nextId;
  nextId += idBytes;
  idPool.writeUIntBE(systemClock.now(), id, 6);
  idPool[id + 6] = ((idPool[id + 6] ?? 0) & 0x0f) | 0x70;
  idPool[id + 8] = ((idPool[id + 8] ?? 0) & 0x3f) | 0x80;
  return idPool.toString("hex", id, nextId);
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
