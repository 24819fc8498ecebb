// How one message is laid out on disk. Messages of one batch lie one after another in a segment's payload; a retried or parked
// message lies alone. Part of the data format: a change needs a new format version in `schema.ts`.
//
//   length u32 (of all that follows) | publishedAt f64 | expiresAt f64 (0: never) | properties length u32 | properties JSON | body
//
// Properties hold what differs from the usual: a message on `vumi` whose routing key is its queue's name has none.

import { defaultExchange, type Headers } from "../bus.ts";

/** What a message consists of, its place in a queue apart. */
export interface Content {
  readonly exchange: string;
  readonly routingKey: string;
  readonly contentType: string | undefined;
  readonly headers: Headers;
  readonly publishedAt: number;
  /** Milliseconds since 1970; 0 when it never expires. */
  readonly expiresAt: number;
  readonly body: Buffer;
}

interface Properties {
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly contentType?: string;
  readonly headers?: Headers;
}

const fixedBytes = 24;
const none = Buffer.alloc(0);
const maxKnownTypes = 64;
// Most messages have a content type and nothing else; there are few of them.
const knownTypes = new Map<string, Buffer>();

/** The properties of `content` in the form {@link writeContent} takes, for its copy in `queue`. */
export function encodeProperties(content: Content, queue: string): Buffer {
  const { exchange, routingKey, contentType, headers } = content;
  const usual = exchange === defaultExchange && routingKey === queue;
  let plain = true;
  for (const _ in headers) {
    plain = false;
    break;
  }
  if (usual && plain) return contentType === undefined ? none : encodeType(contentType);
  const properties: Properties = {
    ...(usual ? undefined : { exchange, routingKey }),
    ...(contentType === undefined ? undefined : { contentType }),
    ...(plain ? undefined : { headers }),
  };
  return Buffer.from(JSON.stringify(properties));
}

function encodeType(contentType: string): Buffer {
  const known = knownTypes.get(contentType);
  if (known !== undefined) return known;
  if (knownTypes.size >= maxKnownTypes) knownTypes.clear();
  const encoded = Buffer.from(JSON.stringify({ contentType }));
  knownTypes.set(contentType, encoded);
  return encoded;
}

/** How many bytes {@link writeContent} writes. */
export function contentBytes(content: Content, properties: Buffer): number {
  return fixedBytes + properties.length + content.body.length;
}

/** Writes `content` at `offset` and returns where the next one goes. */
export function writeContent(target: DataView, offset: number, content: Content, properties: Buffer): number {
  const { body } = content;
  const length = contentBytes(content, properties);
  target.setUint32(offset, length - 4);
  target.setFloat64(offset + 4, content.publishedAt);
  target.setFloat64(offset + 12, content.expiresAt);
  target.setUint32(offset + 20, properties.length);
  const bytes = new Uint8Array(target.buffer, target.byteOffset);
  if (properties.length > 0) bytes.set(properties, offset + fixedBytes);
  bytes.set(body, offset + fixedBytes + properties.length);
  return offset + length;
}

/** Where the message that starts at `offset` ends. */
export function contentEnd(source: Buffer, offset: number): number {
  return offset + 4 + source.readUInt32BE(offset);
}

/** The publishing time of the message that starts at `offset`. */
export function readPublishedAt(source: Buffer, offset: number): number {
  return source.readDoubleBE(offset + 4);
}

/** Reads the message that starts at `offset`. Its body is a copy, because it will belong to a handler. */
export function readContent(source: Buffer, offset: number, queue: string): Content {
  const propertiesEnd = offset + fixedBytes + source.readUInt32BE(offset + 20);
  const properties: Properties =
    propertiesEnd === offset + fixedBytes
      ? {}
      : JSON.parse(source.toString("utf8", offset + fixedBytes, propertiesEnd));
  return {
    exchange: properties.exchange ?? defaultExchange,
    routingKey: properties.routingKey ?? queue,
    contentType: properties.contentType,
    headers: properties.headers ?? {},
    publishedAt: readPublishedAt(source, offset),
    expiresAt: source.readDoubleBE(offset + 12),
    body: Buffer.from(source.subarray(propertiesEnd, contentEnd(source, offset))),
  };
}
