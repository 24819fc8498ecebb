// How one message is laid out on disk. Messages of one batch lie one after another in a segment's payload; a retried or parked
// message lies alone. Part of the data format: a change needs a new format version in `schema.ts`.
//
//   length u32 (of all that follows) | publishedAt f64 | expiresAt f64 (0: never) | properties length u32 | properties JSON | body
//
// Properties hold what differs from the usual: a message on `vumi` whose routing key is its queue's name has none.

import { defaultExchange, type Headers } from "../bus.ts";
import { noHeaders } from "../options.ts";

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
const noProperties: Properties = {};
const maxKnownTypes = 64;
// Most messages have a content type and nothing else; there are few of them.
const knownTypes = new Map<string, Buffer>();

/** The properties of `content` in the form {@link writeContent} takes, for its copy in `queue`. */
export function encodeProperties(content: Content, queue: string): Buffer {
  const { exchange, routingKey, contentType, headers } = content;
  const usual = exchange === defaultExchange && routingKey === queue;
  if (usual && headers === noHeaders) return contentType === undefined ? none : encodeType(contentType);
  const properties: Properties = {
    ...(usual ? undefined : { exchange, routingKey }),
    ...(contentType === undefined ? undefined : { contentType }),
    ...(headers === noHeaders ? undefined : { headers }),
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

/** A message ready to be written. */
export interface Encodable {
  readonly content: Content;
  readonly properties: Buffer;
}

/** How many bytes {@link writeContent} writes. */
export function contentBytes({ content, properties }: Encodable): number {
  return fixedBytes + properties.length + content.body.length;
}

/** Where messages are written to: two views of the same memory. */
export interface Target {
  readonly view: DataView;
  readonly bytes: Uint8Array;
}

/** Writes `content` at `offset` and returns where the next one goes. */
export function writeContent({ view, bytes }: Target, offset: number, { content, properties }: Encodable): number {
  const { body } = content;
  const bodyStart = offset + fixedBytes + properties.length;
  const end = bodyStart + body.length;
  view.setUint32(offset, end - offset - 4);
  view.setFloat64(offset + 4, content.publishedAt);
  view.setFloat64(offset + 12, content.expiresAt);
  view.setUint32(offset + 20, properties.length);
  if (properties.length > 0) bytes.set(properties, offset + fixedBytes);
  bytes.set(body, bodyStart);
  return end;
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
  const propertiesStart = offset + fixedBytes;
  const bodyStart = propertiesStart + source.readUInt32BE(offset + 20);
  const body = Buffer.from(source.subarray(bodyStart, contentEnd(source, offset)));
  const publishedAt = readPublishedAt(source, offset);
  const expiresAt = source.readDoubleBE(offset + 12);
  const properties: Properties =
    bodyStart === propertiesStart ? noProperties : JSON.parse(source.toString("utf8", propertiesStart, bodyStart));
  const { exchange = defaultExchange, routingKey = queue, contentType, headers = noHeaders } = properties;
  return { exchange, routingKey, contentType, headers, publishedAt, expiresAt, body };
}
