// The kinds of message that travel through connectors, and the direction they take there. Names only; no behaviour.

import { eventCodec, failureCodec, type MessageCodec, statusCodec, userMessageCodec } from "../message/codec.ts";
import type { TransportEvent } from "../message/event.ts";
import type { FailureMessage } from "../message/failure.ts";
import type { TransportStatus } from "../message/status.ts";
import type { UserMessage } from "../message/user-message.ts";

/** What each kind of message is. */
export interface MessageOfKind {
  /** From a person towards the applications. */
  readonly inbound: UserMessage;
  /** From an application towards a person. */
  readonly outbound: UserMessage;
  readonly event: TransportEvent;
  readonly failure: FailureMessage;
  readonly status: TransportStatus;
}

/** A kind of message. */
export type MessageKind = keyof MessageOfKind;

/** Off the bus into the worker, or out of the worker onto the bus. */
export type Direction = "consume" | "publish";

/** How bodies of each kind are read and written. */
export const codecs: { readonly [Kind in MessageKind]: MessageCodec<MessageOfKind[Kind]> } = {
  inbound: userMessageCodec,
  outbound: userMessageCodec,
  event: eventCodec,
  failure: failureCodec,
  status: statusCodec,
};

/** Returns the routing key of each kind for the connector `name`, which is the name of its queue too. */
export function routingKeysOf(name: string): Readonly<Record<MessageKind, string>> {
  return {
    inbound: `${name}.inbound`,
    outbound: `${name}.outbound`,
    event: `${name}.event`,
    failure: `${name}.failures`,
    status: `${name}.status`,
  };
}

/** A value, now or later. */
export type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Hands over work that goes on while the message goes further, and that must have succeeded before the message is acknowledged, or counts as
 * published. When it rejects, the message is delivered again, or its publisher gets the error, although it went further already.
 */
export type Alongside = (work: Promise<unknown>) => void;

/**
 * Handles one message. Resolving acknowledges it, once what was handed over to `alongside` has succeeded, too; meanwhile others are handled.
 *
 * @throws {IgnoreMessage} when there is nothing to be done; any other error has the message delivered again, or parked.
 */
export type MessageHandler<Kind extends MessageKind> = (
  message: MessageOfKind[Kind],
  alongside: Alongside,
) => MaybePromise<void>;

/** The ids by which logs and errors name a message. */
export function idOf(message: MessageOfKind[MessageKind]): Record<string, unknown> {
  if ("message_id" in message) return { message_id: message.message_id };
  if ("event_id" in message) return { event_id: message.event_id, user_message_id: message.user_message_id };
  return {};
}
