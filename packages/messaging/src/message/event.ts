// What a transport reports about an outbound message: accepted, refused, or what became of it.

import { systemClock } from "@switchboard/core";
import { type BuildOptions, type EnvelopeFields, type MessageEnvelope, newMessageId } from "./envelope.ts";
import {
  checkEnvelope,
  invalidField,
  isTextOrNull,
  messageVersion,
  oneOf,
  optionalObject,
  type RawMessage,
  text,
  textIfPresent,
} from "./field-rules.ts";
import { copyJson, isJsonObject, type JsonObject } from "./json.ts";
import { formatTimestamp } from "./timestamp.ts";
import { type DeliveryStatus, deliveryStatuses, eventTypes } from "./values.ts";

interface EventBase extends MessageEnvelope {
  readonly event_id: string;
  /** The `message_id` of the outbound message. */
  readonly user_message_id: string;
  /** Vumi's routers route by it; vumi2 never sends it. Then the name of the connector that the event came from stands in. */
  readonly transport_name?: string | null;
  readonly transport_metadata: JsonObject;
}

/** The network has accepted the message. */
export interface Ack extends EventBase {
  readonly event_type: "ack";
  /** The id that the network gave. */
  readonly sent_message_id: string;
  readonly nack_reason?: string | null;
  readonly delivery_status?: string | null;
}

/** The message could not be sent. */
export interface Nack extends EventBase {
  readonly event_type: "nack";
  readonly nack_reason: string;
  readonly sent_message_id?: string | null;
  readonly delivery_status?: string | null;
}

/** What became of a message that had been accepted. */
export interface DeliveryReport extends EventBase {
  readonly event_type: "delivery_report";
  readonly delivery_status: DeliveryStatus;
  readonly sent_message_id?: string | null;
  readonly nack_reason?: string | null;
}

/** An event; `event_type` tells which. */
export type TransportEvent = Ack | Nack | DeliveryReport;

interface EventFieldsBase extends EnvelopeFields {
  readonly user_message_id: string;
  /** Default a fresh id. */
  readonly event_id?: string;
  /** Absent by default; transports give theirs. */
  readonly transport_name?: string | null;
  /** Default `{}`. */
  readonly transport_metadata?: JsonObject;
}

type EventDetails = Pick<Nack, "sent_message_id"> & Pick<Ack, "nack_reason" | "delivery_status">;

/** What a new event is made of. */
export type EventFields = EventFieldsBase &
  (
    | Pick<Ack, "event_type" | "sent_message_id">
    | Pick<Nack, "event_type" | "nack_reason" | "sent_message_id">
    | Pick<DeliveryReport, "event_type" | "delivery_status" | "sent_message_id">
  );

/**
 * Returns `message` as an event, mended in place where peers are lax.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID (also when the field that its type needs is absent or null).
 */
export function checkEvent(message: RawMessage): TransportEvent {
  checkEnvelope(message);
  if (typeof message["event_id"] !== "string") text(message, "event_id");
  const type = message["event_type"];
  oneOf(eventTypes, type, "event_type");
  if (typeof message["user_message_id"] !== "string") text(message, "user_message_id");
  if (!isTextOrNull(message["transport_name"])) textIfPresent(message, "transport_name");
  if (!isJsonObject(message["transport_metadata"])) optionalObject(message, "transport_metadata");
  if (type === "ack") {
    if (typeof message["sent_message_id"] !== "string") needDetail(message, "sent_message_id", "text in an ack");
  } else if (type === "nack") needDetail(message, "nack_reason", "text in a nack");
  else {
    needDetail(message, "delivery_status", "text in a delivery report");
    oneOf(deliveryStatuses, message["delivery_status"], "delivery_status");
  }
  // The keys of the other types may be there too, usually as null: vumi2 always sends all three.
  if (typeof message["sent_message_id"] !== "string") textIfPresent(message, "sent_message_id");
  if (message["nack_reason"] !== undefined) textIfPresent(message, "nack_reason");
  if (message["delivery_status"] !== undefined) textIfPresent(message, "delivery_status");
  return message as unknown as TransportEvent;
}

/**
 * Builds an event.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function createEvent(fields: EventFields, options: BuildOptions = {}): TransportEvent {
  return createEventOf(fields.transport_name, fields, options);
}

/**
 * The same, with the transport's name from elsewhere: to put it into `fields` would take longer than to build the event.
 *
 * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
 */
export function createEventOf(
  transport_name: string | null | undefined,
  fields: EventFields,
  options: BuildOptions,
): TransportEvent {
  // One literal, because an object put together from spread parts takes three times as long.
  const event: RawMessage = {
    message_version: messageVersion,
    message_type: "event",
    timestamp: fields.timestamp ?? formatTimestamp((options.clock ?? systemClock).now()),
    event_id: fields.event_id ?? (options.newId ?? newMessageId)(),
    event_type: fields.event_type,
    user_message_id: fields.user_message_id,
    transport_metadata: copyJson(fields.transport_metadata ?? {}),
    helper_metadata: copyJson(fields.helper_metadata ?? {}),
    routing_metadata: copyJson(fields.routing_metadata ?? {}),
  };
  const { sent_message_id, nack_reason, delivery_status }: EventDetails = fields;
  if (transport_name !== undefined) event["transport_name"] = transport_name;
  if (sent_message_id !== undefined) event["sent_message_id"] = sent_message_id;
  if (nack_reason !== undefined) event["nack_reason"] = nack_reason;
  if (delivery_status !== undefined) event["delivery_status"] = delivery_status;
  return checkEvent(options.extra === undefined ? event : { ...copyJson(options.extra), ...event });
}

/** Returns the type of an event, and for a delivery report also what it says: `ack`, `nack`, `delivery_report.delivered`, … */
export function eventStatus(event: TransportEvent): string {
  return event.event_type === "delivery_report" ? `delivery_report.${event.delivery_status}` : event.event_type;
}

// Vumi calls an absent field invalid here, not missing: whether it must be there depends on another one.
function needDetail(message: RawMessage, key: string, expected: string): void {
  const value = message[key];
  if (value === undefined || value === null) throw invalidField(key, expected, value);
}
