// What the two ends of a linked bus say to each other: the calls of the `Bus` contract as kernel messages. Bodies travel as base64.

import type { ConsumeOptions, Delivery, ParkedMessage, PublishOptions } from "@switchboard/bus";

/** A delivery as plain data. */
export type PlainDelivery = Omit<Delivery, "body"> & { readonly body: string };

/** A parked message as plain data. */
export type PlainParked = Omit<ParkedMessage, "body"> & { readonly body: string };

/** `publish`. */
export interface PublishCall {
  readonly routingKey: string;
  readonly body: string;
  readonly options: PublishOptions;
}

/** `consume`: where the deliveries go. */
export interface ConsumeCall {
  readonly queue: string;
  readonly options: ConsumeOptions;
  /** The id of the listener that handles them. */
  readonly consumerId: string;
}

/** How a handler ended: undefined when it resolved. */
export interface HandlerFailure {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly retryable: boolean | undefined;
}

/** A delivery as it travels. */
export function toPlain(delivery: Delivery): PlainDelivery {
  const { id, queue, exchange, routingKey, contentType, headers, priority, publishedAt, attempt, body } = delivery;
  const text = body.toString("base64");
  return { id, queue, exchange, routingKey, contentType, headers, priority, publishedAt, attempt, body: text };
}

/** A parked message as it travels. */
export function parkedToPlain(parked: ParkedMessage): PlainParked {
  return { ...toPlain(parked), parkedAt: parked.parkedAt, history: parked.history };
}

/** What arrived, as a delivery. */
export function fromPlain<Received extends { readonly body: string }>(
  plain: Received,
): Omit<Received, "body"> & { readonly body: Buffer } {
  return { ...plain, body: Buffer.from(plain.body, "base64") };
}
