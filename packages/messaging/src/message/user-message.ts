// What a person wrote, or gets to read: the message that transports and applications exchange.

import { systemClock } from "@switchboard/core";
import { type BuildOptions, type EnvelopeFields, type MessageEnvelope, newMessageId } from "./envelope.ts";
import {
  checkEnvelope,
  isTextOrNull,
  messageVersion,
  object,
  oneOf,
  optionalText,
  type RawMessage,
  text,
  textOrNull,
} from "./field-rules.ts";
import { copyJson, isJsonObject, type JsonObject, type JsonValue } from "./json.ts";
import { formatTimestamp } from "./timestamp.ts";
import { type SessionEvent, sessionEvents } from "./values.ts";

/** A user message, inbound (from the person towards the application) or outbound. */
export interface UserMessage extends MessageEnvelope {
  readonly message_id: string;
  /** The id of the message answered; null for a message that answers none. */
  readonly in_reply_to: string | null;
  /** Null for an undirected message to a group. */
  readonly to_addr: string | null;
  /** The person's address in an inbound message. */
  readonly from_addr: string | null;
  /** One of `addressTypes`, or null; Vumi does not enforce it. */
  readonly to_addr_type: string | null;
  readonly from_addr_type: string | null;
  /** Group or channel. */
  readonly group: string | null;
  /** Network operator. */
  readonly provider: string | null;
  readonly session_event: SessionEvent | null;
  /** Null at the start of many USSD sessions. */
  readonly content: string | null;
  /** The connector of the transport that the message came from or goes to. */
  readonly transport_name: string | null;
  /** One of `transportTypes`, or null. Vumi does not enforce it; vumi2 throws messages with anything else away. */
  readonly transport_type: string | null;
  /** The transport's own; opaque to everybody else. */
  readonly transport_metadata: JsonObject;
  /** How often a failure worker has tried again. */
  readonly retry_metadata?: JsonValue;
}

/** What a new user message is made of. */
export interface UserMessageFields extends EnvelopeFields {
  readonly to_addr: string | null;
  readonly from_addr: string | null;
  readonly transport_name: string | null;
  readonly transport_type: string | null;
  /** Default a fresh id. */
  readonly message_id?: string;
  /** This and all the others default to null, or to `{}` where they hold objects. */
  readonly in_reply_to?: string | null;
  readonly to_addr_type?: string | null;
  readonly from_addr_type?: string | null;
  readonly group?: string | null;
  readonly provider?: string | null;
  readonly session_event?: SessionEvent | null;
  readonly content?: string | null;
  readonly transport_metadata?: JsonObject;
}

const sessionEventValues: readonly (string | null)[] = [null, ...sessionEvents];

/**
 * Returns `message` as a user message, mended in place where peers are lax.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function checkUserMessage(message: RawMessage): UserMessage {
  checkEnvelope(message);
  if (typeof message["message_id"] !== "string") text(message, "message_id");
  if (!isTextOrNull(message["in_reply_to"])) textOrNull(message, "in_reply_to");
  if (!isTextOrNull(message["to_addr"])) textOrNull(message, "to_addr");
  if (!isTextOrNull(message["from_addr"])) textOrNull(message, "from_addr");
  if (!isTextOrNull(message["to_addr_type"])) optionalText(message, "to_addr_type");
  if (!isTextOrNull(message["from_addr_type"])) optionalText(message, "from_addr_type");
  if (!isTextOrNull(message["group"])) optionalText(message, "group");
  if (!isTextOrNull(message["provider"])) optionalText(message, "provider");
  if (message["session_event"] !== null) oneOf(sessionEventValues, message["session_event"], "session_event");
  if (!isTextOrNull(message["content"])) textOrNull(message, "content");
  if (!isTextOrNull(message["transport_name"])) textOrNull(message, "transport_name");
  if (!isTextOrNull(message["transport_type"])) textOrNull(message, "transport_type");
  if (!isJsonObject(message["transport_metadata"])) object(message, "transport_metadata");
  return message as unknown as UserMessage;
}

/**
 * Builds a user message.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_INVALID.
 */
export function createUserMessage(fields: UserMessageFields, options: BuildOptions = {}): UserMessage {
  return createUserMessageOf(fields, fields, options);
}

/**
 * The same, with the transport's fields from elsewhere: to put them into `fields` would take ten times as long as to build the message.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_INVALID.
 */
export function createUserMessageOf(
  transport: Pick<UserMessageFields, "transport_name" | "transport_type">,
  fields: Omit<UserMessageFields, keyof typeof transport>,
  options: BuildOptions,
): UserMessage {
  // One literal, because an object put together from spread parts takes three times as long.
  const message = {
    message_version: messageVersion,
    message_type: "user_message",
    timestamp: fields.timestamp ?? formatTimestamp((options.clock ?? systemClock).now()),
    message_id: fields.message_id ?? (options.newId ?? newMessageId)(),
    in_reply_to: fields.in_reply_to ?? null,
    to_addr: fields.to_addr,
    from_addr: fields.from_addr,
    to_addr_type: fields.to_addr_type ?? null,
    from_addr_type: fields.from_addr_type ?? null,
    group: fields.group ?? null,
    provider: fields.provider ?? null,
    session_event: fields.session_event ?? null,
    content: fields.content ?? null,
    transport_name: transport.transport_name,
    transport_type: transport.transport_type,
    transport_metadata: copyJson(fields.transport_metadata ?? {}),
    helper_metadata: copyJson(fields.helper_metadata ?? {}),
    routing_metadata: copyJson(fields.routing_metadata ?? {}),
  };
  return checkUserMessage(options.extra === undefined ? message : { ...copyJson(options.extra), ...message });
}
