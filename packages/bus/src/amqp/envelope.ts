// How a message looks on the wire: which AMQP properties and headers we write, and what we read from anybody's messages, Vumi's included,
// which have none. Pure functions; publishing and consuming are elsewhere.

import type { ConsumeMessage, GetMessage, MessagePropertyHeaders, Options } from "amqplib";
import type { Delivery, DeliveryFailure, Headers, ParkedMessage } from "../bus.ts";
import { noHeaders, type ResolvedPublishOptions } from "../options.ts";

/** A message as it came from the broker. */
export type WireMessage = ConsumeMessage | GetMessage;

// AMQP's own expiration lets the broker drop a message without telling anybody.
const header = {
  publishedAt: "x-switchboard-published-at",
  expiresAt: "x-switchboard-expires-at",
  attempt: "x-switchboard-attempt",
  history: "x-switchboard-history",
  dueAt: "x-switchboard-due-at",
  parkedAt: "x-switchboard-parked-at",
  exchange: "x-switchboard-exchange",
  routingKey: "x-switchboard-routing-key",
  token: "x-switchboard-token",
} as const;

// What says something about the way a message took, and would be acted upon by the broker on its next way.
const leftBehind =
  /^(?:x-death|x-first-death-.*|x-last-death-.*|x-delivery-count|x-acquired-count|x-switchboard-.*|CC|BCC)$/;

// Properties travel in one frame, and amqplib encodes at most 64 KiB of them; the caller's headers may take half.
const maxHistoryBytes = 24_576;

/** The properties of a message that is published at `now` under an id of {@link messageId}. */
export function publishProperties(options: ResolvedPublishOptions, id: string, now: number): Options.Publish {
  const { contentType, headers, priority, expiresInMs, unroutable } = options;
  const properties: Options.Publish = {
    persistent: true,
    mandatory: unroutable === "reject",
    messageId: id,
    timestamp: Math.floor(now / 1_000),
  };
  if (contentType !== undefined) properties.contentType = contentType;
  if (priority !== 0) properties.priority = priority;
  // amqplib takes longer over one header than over everything else, so the usual message has none.
  if (expiresInMs !== undefined) properties.headers = { ...headers, [header.expiresAt]: now + expiresInMs };
  else if (headers !== noHeaders) properties.headers = headers;
  return properties;
}

/** The id of a message published at `now`, made of a name that nobody else uses. Carries the milliseconds that AMQP's timestamp lacks. */
export function messageId(name: string, now: number): string {
  return `${name}-${now}`;
}

/** What a message came with and how it goes on. */
export interface Onward {
  /** How the bus finds the publish again if it comes back as unroutable. */
  readonly token: string;
  readonly attempt: number;
  readonly history: readonly DeliveryFailure[];
  /** When it is to be delivered again, milliseconds since 1970. */
  readonly dueAt?: number;
  readonly parkedAt?: number;
}

/** The properties of a message that is published again, to wait for its next delivery or to be parked. */
export function onwardProperties(message: WireMessage, delivery: Delivery, onward: Onward): Options.Publish {
  const { token, attempt, history, dueAt, parkedAt } = onward;
  return republishProperties(message, delivery, {
    [header.publishedAt]: delivery.publishedAt,
    [header.expiresAt]: expiresAt(message),
    [header.attempt]: attempt,
    [header.history]: encodeHistory(history),
    [header.dueAt]: dueAt,
    [header.parkedAt]: parkedAt,
    [header.token]: token,
  });
}

/** The properties of a message that has waited and goes back to its queue. */
export function forwardProperties(message: WireMessage, delivery: Delivery, token: string): Options.Publish {
  return onwardProperties(message, delivery, { token, attempt: delivery.attempt, history: historyOf(message) });
}

/** The properties of a parked message that goes back to its queue, as if published now. */
export function freshProperties(
  message: WireMessage,
  delivery: Delivery,
  { token, now }: { readonly token: string; readonly now: number },
): Options.Publish {
  const expiry = expiresAt(message);
  const lifeMs = expiry === undefined ? undefined : expiry - (delivery.publishedAt ?? expiry);
  return republishProperties(message, delivery, {
    [header.publishedAt]: now,
    [header.expiresAt]: lifeMs === undefined ? undefined : now + lifeMs,
    [header.token]: token,
  });
}

/** The same properties without the headers of whoever published the message: for headers too big to be sent again. */
export function withoutForeignHeaders(properties: Options.Publish): Options.Publish {
  const own = Object.entries((properties.headers ?? {}) as MessagePropertyHeaders).filter(([name]) => isOwn(name));
  return { ...properties, headers: Object.fromEntries(own) };
}

/** The token that was given to a publish which came back: that of a message published again, or else its id. */
export function tokenOf({ properties }: { readonly properties: WireMessage["properties"] }): string | undefined {
  return textOf(properties.headers?.[header.token]) ?? textOf(properties.messageId);
}

/** What a handler gets. `newId` names messages of publishers that do not; `lost` deliveries have come to nothing since it was published. */
export function toDelivery(message: WireMessage, queue: string, newId: () => string, lost = 0): Delivery {
  const { fields, properties, content } = message;
  const headers: MessagePropertyHeaders = properties.headers ?? {};
  return {
    id: idOf(message) ?? newId(),
    queue,
    exchange: textOf(headers[header.exchange]) ?? fields.exchange,
    routingKey: textOf(headers[header.routingKey]) ?? fields.routingKey,
    // A copy: it belongs to the handler, while ours may have to be published again, and is part of a larger buffer.
    body: Buffer.from(content),
    contentType: textOf(properties.contentType),
    headers: plainHeaders(headers),
    priority: countOf(properties.priority) ?? 0,
    publishedAt: countOf(headers[header.publishedAt]) ?? publishedAt(properties),
    attempt: Math.max(countOf(headers[header.attempt]) ?? 1, 1) + lost,
  };
}

/** A parked message. */
export function toParked(message: WireMessage, queue: string, newId: () => string): ParkedMessage {
  return {
    ...toDelivery(message, queue, newId),
    parkedAt: countOf(message.properties.headers?.[header.parkedAt]) ?? 0,
    history: historyOf(message),
  };
}

/** The id that the publisher gave the message, if it gave one. */
export function idOf({ properties }: WireMessage): string | undefined {
  return textOf(properties.messageId) || undefined;
}

/** When the message expires, milliseconds since 1970; undefined if never. */
export function expiresAt({ properties }: WireMessage): number | undefined {
  return countOf(properties.headers?.[header.expiresAt]);
}

/** When a message that waits is to be delivered again, milliseconds since 1970. */
export function dueAt({ properties }: WireMessage): number | undefined {
  return countOf(properties.headers?.[header.dueAt]);
}

/** How often a quorum queue has taken the message back; undefined for other kinds, which do not count. */
export function returnsOf({ properties }: WireMessage): number | undefined {
  return countOf(properties.headers?.["x-delivery-count"]);
}

/** The failures that the message carries, oldest first. */
export function historyOf({ properties }: WireMessage): readonly DeliveryFailure[] {
  const text = textOf(properties.headers?.[header.history]);
  if (text === undefined) return [];
  try {
    const history: unknown = JSON.parse(text);
    return Array.isArray(history) ? history.filter(isFailure).map(withCode) : [];
  } catch {
    return [];
  }
}

function republishProperties(
  message: WireMessage,
  { id, exchange, routingKey }: Delivery,
  own: MessagePropertyHeaders,
): Options.Publish {
  const { properties } = message;
  const foreign = Object.entries(properties.headers ?? {}).filter(([name]) => !leftBehind.test(name));
  const set = Object.entries(own).filter(([, value]) => value !== undefined);
  const kept = {
    contentType: textOf(properties.contentType),
    contentEncoding: textOf(properties.contentEncoding),
    priority: countOf(properties.priority),
    correlationId: textOf(properties.correlationId),
    replyTo: textOf(properties.replyTo),
    timestamp: countOf(properties.timestamp),
    type: textOf(properties.type),
    appId: textOf(properties.appId),
  };
  return {
    ...(Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) as Options.Publish),
    persistent: true,
    mandatory: true,
    messageId: id,
    headers: Object.fromEntries([
      ...foreign,
      ...set,
      [header.exchange, exchange],
      [header.routingKey, routingKey],
    ]) as MessagePropertyHeaders,
  };
}

// The oldest failure says how it began and the newest how it ended; what is left out, if anything, lies between.
function encodeHistory(history: readonly DeliveryFailure[]): string {
  const kept = [...history];
  let text = JSON.stringify(kept);
  while (Buffer.byteLength(text) > maxHistoryBytes && kept.length > 1) {
    kept.splice(Math.min(1, kept.length - 2), 1);
    text = JSON.stringify(kept);
  }
  return text;
}

function isFailure(value: unknown): value is DeliveryFailure {
  if (typeof value !== "object" || value === null) return false;
  const { at, attempt, name, message } = value as Partial<DeliveryFailure>;
  return [typeof at, typeof attempt, typeof name, typeof message].join(" ") === "number number string string";
}

// JSON leaves out what is undefined.
function withCode(failure: DeliveryFailure): DeliveryFailure {
  return { ...failure, code: failure.code };
}

// Names starting with x- belong to brokers and to us.
function plainHeaders(headers: MessagePropertyHeaders): Headers {
  let plain: Record<string, string> | undefined;
  for (const name in headers) {
    if (name.startsWith("x-")) continue;
    plain ??= {};
    const value: unknown = headers[name];
    plain[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return plain ?? noHeaders;
}

function isOwn(name: string): boolean {
  return name.startsWith("x-switchboard-");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function publishedAt({ timestamp, messageId }: WireMessage["properties"]): number | undefined {
  const seconds = countOf(timestamp);
  if (seconds === undefined) return undefined;
  const id = textOf(messageId) ?? "";
  const exact = Number(id.slice(id.lastIndexOf("-") + 1));
  // Anybody's id may look like one of ours, but not by accident like one of that second.
  if (Math.floor(exact / 1_000) === seconds) return exact;
  // Seconds by the standard; some programs write milliseconds.
  return seconds < 100_000_000_000 ? seconds * 1_000 : seconds;
}
