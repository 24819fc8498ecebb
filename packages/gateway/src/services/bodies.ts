// Bodies of messages on the bus, by the queue they are in: what kind they are, and what of them is shown.

import {
  eventCodec,
  failureCodec,
  isJsonObject,
  type MessageCodec,
  type MessageEnvelope,
  statusCodec,
  userMessageCodec,
} from "@switchboard/messaging";

/** How bodies in a queue are read and written, by the end of the queue's name. */
export function codecOf(queue: string): MessageCodec<MessageEnvelope> {
  const end = queue.slice(queue.lastIndexOf(".") + 1);
  const codec = Object.hasOwn(codecs, end) ? codecs[end] : undefined;
  return codec ?? anyMessage;
}

const anyMessage = userMessageCodec as unknown as MessageCodec<MessageEnvelope>;

const codecs = {
  inbound: userMessageCodec,
  outbound: userMessageCodec,
  event: eventCodec,
  failures: failureCodec,
  status: statusCodec,
} as unknown as Readonly<Record<string, MessageCodec<MessageEnvelope>>>;

/** What is shown of a body in a list. Null where it has no such thing, or cannot be read. */
export interface BodySummary {
  readonly message_id: string | null;
  readonly person: string | null;
  readonly content: string | null;
}

const maxContent = 200;

/** What is shown of a body, however broken it is. */
export function summaryOf(queue: string, body: Buffer): BodySummary {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    return { message_id: null, person: null, content: null };
  }
  const outer = isJsonObject(parsed) ? parsed : {};
  // A failure carries the whole message that could not be sent.
  const message = isJsonObject(outer["message"]) ? outer["message"] : outer;
  const isFromPerson = queue.endsWith(".inbound");
  return {
    message_id: textOf(message["message_id"] ?? message["user_message_id"]),
    person: textOf(message[isFromPerson ? "from_addr" : "to_addr"]),
    content: textOf(message["content"])?.slice(0, maxContent) ?? null,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
