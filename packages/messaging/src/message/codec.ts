// Bodies on the bus: from bytes to checked messages and back. One JSON object per body, UTF-8.
// Decoding is strict about what a message must have and keeps what it does not know; encoding checks again, so that a middleware that
// broke a message is found where it did, and not in somebody else's process.

import { isAscii, isUtf8 } from "node:buffer";
import type { Delivery } from "@switchboard/bus";
import { type Logger, silentLogger } from "@switchboard/core";
import { MessageFormatError } from "../errors.ts";
import type { MessageEnvelope } from "./envelope.ts";
import { checkEvent, type TransportEvent } from "./event.ts";
import { checkFailure, type FailureMessage } from "./failure.ts";
import { countMend, mendsSoFar, type RawMessage } from "./field-rules.ts";
import { deeperThan, freezeMembers, isJsonObject } from "./json.ts";
import { replaceNonFinite } from "./non-finite.ts";
import { checkStatus, type TransportStatus } from "./status.ts";
import { checkUserMessage, type UserMessage } from "./user-message.ts";
import { type Body, WrittenBody } from "./written-body.ts";

/** One kind of message: how its bodies are read and written. */
export interface MessageCodec<Message extends MessageEnvelope> {
  /**
   * Reads a body. `logger` hears of the bare `NaN` and `Infinity` that Python may write; they are read as null.
   *
   * @throws {MessageFormatError} MESSAGE_BODY_INVALID, MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID. None of them repeats what a person wrote.
   */
  decode(body: Body, logger?: Logger): Message;
  /**
   * Writes a body.
   *
   * @throws {MessageFormatError} MESSAGE_FIELD_MISSING, MESSAGE_FIELD_INVALID.
   */
  encode(message: Message): string;
  /**
   * Reads what a bus delivers, frozen through and through. What the delivery says to be its body decoded is taken for it when this codec has read or
   * written it.
   *
   * @throws {MessageFormatError} As `decode`.
   */
  receive(delivery: Pick<Delivery, "body" | "decoded">, logger?: Logger): Message;
  /**
   * Returns the body of a message for a bus, and freezes the message if it is plain JSON: of one that was received, the bytes that came, if writing it
   * could only say the same in other words; of one that was sent before, the same as before.
   *
   * @throws {MessageFormatError} As `encode`.
   */
  send(message: Message): Body;
  /** Returns what the body of a message says, as text: of one that was received or sent it is not written again. Nothing is checked or frozen. */
  textOf(message: Message): string;
}

/** Reads and writes user messages. */
export const userMessageCodec: MessageCodec<UserMessage> = codec(checkUserMessage);

/** Reads and writes events. */
export const eventCodec: MessageCodec<TransportEvent> = codec(checkEvent);

/** Reads and writes statuses. */
export const statusCodec: MessageCodec<TransportStatus> = codec(checkStatus);

/** Reads and writes failures. */
export const failureCodec: MessageCodec<FailureMessage> = codec(checkFailure);

// Python's reader gives up at about a thousand levels, ours and our writer at a few thousand; no real message has twenty.
const maxDepth = 500;

function codec<Message extends MessageEnvelope>(check: (message: RawMessage) => Message): MessageCodec<Message> {
  const decode = (body: Body, logger: Logger = silentLogger): Message => check(parse(body, logger));
  const encode = (message: Message): string => JSON.stringify(check(message as unknown as RawMessage));
  return {
    decode,
    encode,
    receive({ body, decoded }, logger) {
      if (decoded !== undefined && WrittenBody.of(decoded, check) !== undefined) return decoded as Message;
      const mends = mendsSoFar();
      const message = decode(body, logger);
      freeze(message, mendsSoFar() === mends ? body : undefined);
      return message;
    },
    send(message) {
      const known = WrittenBody.of(message, check);
      if (known !== undefined) return known;
      const body = Buffer.from(encode(message));
      if (Object.isExtensible(message)) freeze(message, body);
      return body;
    },
    textOf(message) {
      const known = WrittenBody.of(message, check);
      return known === undefined ? JSON.stringify(message) : bodyText(known);
    },
  };

  function freeze(message: Message, body: Body | undefined): void {
    if (!freezeMembers(message, maxDepth)) return;
    if (body !== undefined) WrittenBody.note(message, body, check);
    Object.freeze(message);
  }
}

function parse(body: Body, logger: Logger): RawMessage {
  const json = bodyText(body);
  const value = parseLeniently(json, logger);
  if (!isJsonObject(value)) throw invalidBody("a JSON object", body, "that are JSON of another kind");
  // Each level takes two characters, so short bodies need no look.
  if (json.length > 2 * maxDepth && deeperThan(value, maxDepth)) {
    throw invalidBody(`at most ${maxDepth} objects inside one another`, body, "with more");
  }
  return value;
}

function bodyText(body: Body): string {
  if (typeof body === "string") return body;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // Vumi writes nothing but ASCII, and as Latin-1 that is read five times as fast.
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (!isUtf8(bytes)) throw invalidBody("a JSON object", body, "that are not UTF-8");
  return bytes.toString("utf8");
}

function parseLeniently(json: string, logger: Logger): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const mended = replaceNonFinite(json);
    if (mended === undefined) throw notJson(json, error);
    countMend();
    logger.warn({ bytes: json.length }, "a message body contains NaN or Infinity, which JSON has not; read as null");
    try {
      return JSON.parse(mended);
    } catch (mendedError) {
      throw notJson(json, mendedError);
    }
  }
}

// The parser's own message quotes the body, which is what a person wrote; only its position is kept.
function notJson(json: string, error: unknown): MessageFormatError {
  const position = error instanceof Error ? /at position \d+/.exec(error.message)?.[0] : undefined;
  return invalidBody(
    "a JSON object",
    json,
    position === undefined ? "that are not JSON" : `that are not JSON ${position}`,
  );
}

function invalidBody(expected: string, body: Body, got: string): MessageFormatError {
  return new MessageFormatError("MESSAGE_BODY_INVALID", `body: expected ${expected}, got ${body.length} bytes ${got}`);
}
