// What callers may leave out, filled in and checked once. Code past these functions sees only resolved options.

import { defaultExchange, type ConsumeOptions, type Headers, type PublishOptions } from "./bus.ts";
import { BusError } from "./errors.ts";
import { checkExchangeName, checkHeaders, checkRoutingKey } from "./names.ts";

/** {@link ConsumeOptions} with nothing left out. */
export type ResolvedConsumeOptions = Required<ConsumeOptions>;

/** {@link PublishOptions} with nothing left out; undefined where there is no such property. */
export interface ResolvedPublishOptions {
  readonly exchange: string;
  readonly contentType: string | undefined;
  readonly headers: Headers;
  readonly priority: number;
  readonly expiresInMs: number | undefined;
  readonly unroutable: "reject" | "discard";
  readonly decoded: object | undefined;
}

/** Largest body that may be published: RabbitMQ's own default limit. */
export const maxBodyBytes = 134_217_728;
/** Default for `maxPendingPublishes` of either bus. */
export const defaultMaxPendingPublishes = 10_000;
/** What a message without headers has: always this object, so that the usual case is quick to recognise. */
export const noHeaders: Headers = Object.freeze({});
/** Default for `drainTimeoutMs` of `close`. */
export const defaultDrainTimeoutMs = 30_000;

// On RabbitMQ all properties of a message must fit in 64 KiB (amqplib's limit), the history of its failures among them.
const maxHeaderBytes = 32_768;
const headerOverheadBytes = 6; // AMQP 0-9-1 §4.2.5.5: two lengths and a type
const maxContentTypeBytes = 255; // AMQP 0-9-1 §4.2.5.3: a short string
const maxExpiryMs = 4_294_967_295; // RabbitMQ refuses longer ones
const dayMs = 86_400_000;

const defaultPublish: ResolvedPublishOptions = Object.freeze({
  exchange: defaultExchange,
  contentType: undefined,
  headers: noHeaders,
  priority: 0,
  expiresInMs: undefined,
  unroutable: "reject",
  decoded: undefined,
});

/**
 * Checks a routing key, a body's size and the options of one `publish`.
 *
 * @throws {BusError} BUS_NAME_INVALID, BUS_OPTION_INVALID
 */
export function resolvePublish(
  routingKey: string,
  bodyBytes: number,
  options?: PublishOptions,
): ResolvedPublishOptions {
  checkRange("body size", bodyBytes, 0, maxBodyBytes);
  if (options === undefined) {
    checkRoutingKey(routingKey);
    return defaultPublish;
  }
  const {
    exchange = defaultExchange,
    contentType,
    headers,
    priority = 0,
    expiresInMs,
    unroutable = "reject",
    decoded,
  } = options;
  if (exchange !== defaultExchange) checkExchangeName(exchange);
  checkRoutingKey(routingKey, exchange);
  if (contentType !== undefined) checkContentType(contentType);
  if (headers !== undefined) checkHeaderSize(headers);
  checkRange("priority", priority, 0, 9);
  if (expiresInMs !== undefined) checkRange("expiresInMs", expiresInMs, 1, maxExpiryMs);
  if (unroutable !== "reject" && unroutable !== "discard") {
    throw invalid("unroutable", '"reject" or "discard"', unroutable);
  }
  // A copy, because the caller may change its object before the message has left.
  const ownHeaders = headers === undefined ? noHeaders : { ...headers };
  return { exchange, contentType, headers: ownHeaders, priority, expiresInMs, unroutable, decoded };
}

/**
 * Fills in and checks the options of `consume`.
 *
 * @throws {BusError} BUS_OPTION_INVALID
 */
export function resolveConsume(options: ConsumeOptions): ResolvedConsumeOptions {
  const {
    prefetch = 20,
    maxDeliveries = 5,
    retryDelayMs = 1_000,
    retryFactor = 3,
    maxRetryDelayMs = 300_000,
    startPaused = false,
  } = options;
  checkRange("prefetch", prefetch, 1, 65_535);
  checkRange("maxDeliveries", maxDeliveries, 1, 1_000);
  checkRange("retryDelayMs", retryDelayMs, 0, dayMs);
  checkRange("maxRetryDelayMs", maxRetryDelayMs, 0, dayMs);
  if (!(retryFactor >= 1 && retryFactor <= 10)) throw invalid("retryFactor", "a number from 1 to 10", retryFactor);
  return { prefetch, maxDeliveries, retryDelayMs, retryFactor, maxRetryDelayMs, startPaused };
}

/**
 * Checks that an option is a whole number in its range, and returns it.
 *
 * @throws {BusError} BUS_OPTION_INVALID
 */
export function checkRange(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(option, `a whole number from ${least} to ${most}`, value);
}

/** The bytes of a body, the bus's own: a copy of a buffer, unless the publisher has said by `decoded` that nobody will write into it. */
export function ownBytes(body: string | Uint8Array, decoded: object | undefined): Buffer {
  if (typeof body === "string") return Buffer.from(body);
  return decoded !== undefined && Buffer.isBuffer(body) ? body : Buffer.from(body);
}

function checkContentType(contentType: string): void {
  if (typeof contentType === "string" && Buffer.byteLength(contentType) <= maxContentTypeBytes) return;
  throw invalid("contentType", `text of at most ${maxContentTypeBytes} bytes`, contentType);
}

function checkHeaderSize(headers: Headers): void {
  checkHeaders(headers);
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    bytes += headerOverheadBytes + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > maxHeaderBytes) throw invalid("headers", `at most ${maxHeaderBytes} bytes in all`, bytes);
}

function invalid(option: string, expected: string, got: unknown): BusError {
  const shown = typeof got === "string" ? JSON.stringify(got.slice(0, 64)) : String(got);
  return new BusError("BUS_OPTION_INVALID", `${option}: expected ${expected}, got ${shown}`, { details: { option } });
}
