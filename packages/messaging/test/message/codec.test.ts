// Bodies as they come from Vumi, vumi2 and everybody else.

import { silentLogger } from "@switchboard/core";
import { describe, expect, it } from "vitest";
import {
  eventCodec,
  failureCodec,
  type MessageCodec,
  type MessageEnvelope,
  statusCodec,
  type TransportEvent,
  type UserMessage,
  userMessageCodec,
} from "../../src/index.ts";
import { examples, without } from "./examples.ts";

const kinds: readonly [letter: string, codec: MessageCodec<MessageEnvelope>, example: object][] = [
  ["A", userMessageCodec, examples.inbound],
  ["B", userMessageCodec, examples.reply],
  ["C", eventCodec, examples.ack],
  ["D", eventCodec, examples.nack],
  ["E", eventCodec, examples.deliveryReport],
  ["F", statusCodec, examples.status],
  ["G", failureCodec, examples.failure],
];
const required: Readonly<Record<string, readonly string[]>> = {
  A: [
    "message_version",
    "message_type",
    "timestamp",
    "message_id",
    "in_reply_to",
    "to_addr",
    "from_addr",
    "session_event",
    "content",
    "transport_name",
    "transport_type",
    "transport_metadata",
  ],
  C: ["message_version", "message_type", "timestamp", "event_id", "event_type", "user_message_id"],
  F: ["message_version", "message_type", "timestamp", "component", "status", "type", "message"],
  G: ["message_version", "message_type", "timestamp", "message", "failure_code", "reason"],
};

describe("the examples", () => {
  it.each(kinds)("%s is read and written unchanged", (_, codec, example) => {
    const body = JSON.stringify(example);
    expect(codec.decode(Buffer.from(body))).toEqual(example);
    expect(codec.encode(codec.decode(body))).toBe(body);
  });

  it.each(kinds.filter(([letter]) => letter in required))(
    "%s needs each of its required fields",
    (letter, codec, example) => {
      for (const field of required[letter] ?? []) {
        const body = JSON.stringify(without(example, field));
        expect(() => codec.decode(body)).toThrow(
          expect.objectContaining({
            name: "MessageFormatError",
            code: "MESSAGE_FIELD_MISSING",
            retryable: false,
            details: { field },
            message: expect.stringContaining(field),
          }),
        );
      }
    },
  );

  it.each(kinds)("%s cut at any byte is refused with a code", (_, codec, example) => {
    const body = Buffer.from(JSON.stringify({ ...example, note: "größer ✓ 🙂" }));
    for (let length = 0; length < body.length; length++) {
      expect(() => codec.decode(body.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "MESSAGE_BODY_INVALID" }),
      );
    }
  });
});

describe("a user message on the wire", () => {
  it.each([
    ["message_version", "20100101"],
    ["message_version", null],
    ["message_type", null],
    ["timestamp", null],
    ["timestamp", "yesterday"],
    ["timestamp", 1709799342],
    ["session_event", ""],
    ["session_event", "begin"],
    ["message_id", null],
    ["to_addr", ["+27820001122"]],
    ["content", { text: "hi" }],
    ["content", true],
    ["provider", []],
    ["transport_metadata", "x"],
    ["helper_metadata", []],
    ["routing_metadata", 7],
  ])("is refused with %s = %j, and the error names the field", (field, value) => {
    expect(() => decodeInbound({ [field]: value })).toThrow(
      expect.objectContaining({
        code: "MESSAGE_FIELD_INVALID",
        details: { field },
        message: expect.stringMatching(new RegExp(`^${field}: expected .+, got .+`)),
      }),
    );
  });

  it("quotes a session event that does not exist", () => {
    expect(() => decodeInbound({ session_event: "begin" })).toThrow(
      'session_event: expected one of null, "new", "resume", "close", got "begin"',
    );
  });

  it.each([null, "new", "resume", "close"])("may have the session event %j", (session_event) => {
    expect(decodeInbound({ session_event }).session_event).toBe(session_event);
  });

  it("may lack what older peers do not send; the rest of the program sees it all the same", () => {
    const optional = ["to_addr_type", "from_addr_type", "group", "provider", "helper_metadata", "routing_metadata"];
    const body = optional.reduce<object>((rest, key) => without(rest, key), examples.inbound);
    expect(userMessageCodec.decode(JSON.stringify(body))).toMatchObject({
      to_addr_type: null,
      from_addr_type: null,
      group: null,
      provider: null,
      helper_metadata: {},
      routing_metadata: {},
    });
  });

  it("has null metadata objects replaced by empty ones, which vumi2 would refuse and Vumi crash on", () => {
    const message = decodeInbound({ transport_metadata: null, helper_metadata: null, routing_metadata: null });
    expect(message).toMatchObject({ transport_metadata: {}, helper_metadata: {}, routing_metadata: {} });
  });

  it("has numbers where text belongs turned into text, as vumi2 does", () => {
    expect(decodeInbound({ to_addr: 7700, content: 1.5 })).toMatchObject({ to_addr: "7700", content: "1.5" });
  });

  it("keeps keys that nobody knows, at any depth", () => {
    const extra = { sandbox_id: "s1", nested: { deep: [{ a: null }] }, retry_metadata: { retries: 1, delay: 1 } };
    const message = decodeInbound({ ...extra, transport_metadata: { unknown: { x: [1, 2.5] } } });
    expect(JSON.parse(userMessageCodec.encode(message))).toMatchObject({
      ...extra,
      transport_metadata: { unknown: { x: [1, 2.5] } },
    });
  });

  it("M82 is refused when it is only the sample of the user documentation", () => {
    const sample = {
      message_id: "message1",
      to_addr: "1234",
      from_addr: "27761234567",
      content: "This is an incoming SMS!",
      transport_name: "smpp_transport",
      transport_type: "sms",
      transport_metadata: {},
    };
    expect(() => userMessageCodec.decode(JSON.stringify(sample))).toThrow(
      expect.objectContaining({ code: "MESSAGE_FIELD_MISSING", details: { field: "message_version" } }),
    );
  });

  it("M83 passes whatever its message_type says, as long as all fields are there", () => {
    expect(decodeInbound({ message_type: "status_event" }).message_type).toBe("status_event");
  });

  it.each(["2012-01-01 10:00:00", "2012-01-01 10:00:00.5"])(
    "M84 keeps the content %j, which only looks like a date",
    (content) => {
      const nested = { transport_metadata: { when: content, list: [content] } };
      const message = userMessageCodec.decode(userMessageCodec.encode(decodeInbound({ content, ...nested })));
      expect(message).toMatchObject({ content, ...nested });
    },
  );

  it("M2 keeps dates in nested objects over a round trip", () => {
    const when = "2012-01-01 10:00:00.123456";
    const message = decodeInbound({ helper_metadata: { a: { when } } });
    expect(userMessageCodec.decode(userMessageCodec.encode(message)).helper_metadata).toEqual({ a: { when } });
  });

  it("M1 is always written with six digits of a second and no zone", () => {
    for (const timestamp of ["2024-03-07 08:15:42", "2024-03-07 08:15:42.000000Z", "2024-03-07T08:15:42Z"]) {
      expect(JSON.parse(userMessageCodec.encode(decodeInbound({ timestamp }))).timestamp).toBe(
        "2024-03-07 08:15:42.000000",
      );
    }
  });
});

describe("an event on the wire", () => {
  it.each([
    ["ack", "sent_message_id"],
    ["nack", "nack_reason"],
    ["delivery_report", "delivery_status"],
  ])("%s is invalid without %s, or with null there", (event_type, field) => {
    const base = without({ ...examples.ack, event_type }, "sent_message_id");
    for (const body of [base, { ...base, [field]: null }]) {
      expect(() => eventCodec.decode(JSON.stringify(body))).toThrow(
        expect.objectContaining({ code: "MESSAGE_FIELD_INVALID", details: { field } }),
      );
    }
  });

  it("is refused with an unknown type or delivery status", () => {
    expect(() => decodeAck({ event_type: "seen" })).toThrow(/event_type: expected .*"nack".*got "seen"/);
    expect(() => decodeAck({ event_type: "delivery_report", delivery_status: "lost" })).toThrow(
      /delivery_status: .*"lost"/,
    );
  });

  it("may have an empty reason and the keys of other types as null, as vumi2 sends them", () => {
    const event = decodeAck({ event_type: "nack", nack_reason: "", sent_message_id: null, delivery_status: null });
    expect(event).toMatchObject({ event_type: "nack", nack_reason: "", sent_message_id: null, delivery_status: null });
  });

  it("M91 may lack transport_name, which then stays absent, and transport_metadata, which is filled", () => {
    const event = eventCodec.decode(
      JSON.stringify(without(without(examples.ack, "transport_name"), "transport_metadata")),
    );
    expect("transport_name" in event).toBe(false);
    expect(event.transport_metadata).toEqual({});
  });
});

describe("a status on the wire", () => {
  it.each(["component", "status", "type", "message"])("M13 is refused without %s", (field) => {
    expect(() => statusCodec.decode(JSON.stringify(without(examples.status, field)))).toThrow(
      expect.objectContaining({ code: "MESSAGE_FIELD_MISSING", details: { field } }),
    );
  });

  it("M13 is refused with an unknown level; reasons and details default to nothing", () => {
    expect(() => statusCodec.decode(JSON.stringify({ ...examples.status, status: "fine" }))).toThrow(
      'status: expected one of "ok", "degraded", "down", got "fine"',
    );
    const bare = without(without(examples.status, "reasons"), "details");
    expect(statusCodec.decode(JSON.stringify(bare))).toMatchObject({ reasons: [], details: {} });
  });
});

describe("a failure on the wire", () => {
  it.each([
    ["message", "text"],
    ["message", null],
    ["failure_code", "sometimes"],
    ["reason", null],
  ])("is refused with %s = %j", (field, value) => {
    expect(() => failureCodec.decode(JSON.stringify({ ...examples.failure, [field]: value }))).toThrow(
      expect.objectContaining({ code: "MESSAGE_FIELD_INVALID", details: { field } }),
    );
  });

  it.each([null, "temporary", "permanent"])("may have the code %j", (failure_code) => {
    expect(failureCodec.decode(JSON.stringify({ ...examples.failure, failure_code })).failure_code).toBe(failure_code);
  });
});

describe("a body that is no message", () => {
  it.each([
    ["nothing", ""],
    ["a list", "[]"],
    ["null", "null"],
    ["text", '"hello"'],
    ["a number", "42"],
    ["two objects", "{}{}"],
    ["a byte order mark", "\uFEFF{}"],
    ["Python", "{'a': None}"],
  ])("is refused: %s", (_, body) => {
    expect(() => userMessageCodec.decode(body)).toThrow(expect.objectContaining({ code: "MESSAGE_BODY_INVALID" }));
  });

  it("is refused when it is not UTF-8", () => {
    const body = Buffer.from(JSON.stringify({ ...examples.inbound, content: "über" }), "latin1");
    expect(() => userMessageCodec.decode(body)).toThrow(/not UTF-8/);
  });

  it("is refused when it nests without end, and hurts nobody", () => {
    for (const levels of [500, 100_000]) {
      const nested = `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
      const body = JSON.stringify(examples.inbound).replace('{"gateway"', `{"x":${nested},"gateway"`);
      expect(() => userMessageCodec.decode(body)).toThrow(expect.objectContaining({ code: "MESSAGE_BODY_INVALID" }));
    }
  });

  it("is described without repeating what a person wrote", () => {
    const body = JSON.stringify({ ...examples.inbound, content: "my pin is 1234" }).slice(0, -1);
    const error = catchError(() => userMessageCodec.decode(body));
    expect(JSON.stringify([error.message, error.cause ?? null, error])).not.toContain("1234");
  });

  it("is mended when Python wrote bare NaN or Infinity, and the log says so", () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) };
    const body = JSON.stringify({ ...examples.inbound, content: 'not NaN, \\"Infinity\\"' })
      .replace('"9917"', "[NaN, Infinity,-Infinity, -1]")
      .replace("{}", '{"n":NaN}');
    const message = userMessageCodec.decode(body, logger);
    expect(message.transport_metadata).toEqual({ gateway: { dialog: [null, null, null, -1] } });
    expect(message.content).toBe('not NaN, \\"Infinity\\"');
    expect(warnings).toEqual(["a message body contains NaN or Infinity, which JSON has not; read as null"]);
    expect(userMessageCodec.encode(message)).not.toContain(":NaN");
  });
});

describe("writing", () => {
  it("refuses a message that a middleware broke, naming the field", () => {
    const message = userMessageCodec.decode(JSON.stringify(examples.inbound));
    expect(() => userMessageCodec.encode({ ...message, session_event: "over" as never })).toThrow(/session_event/);
    expect(() => userMessageCodec.encode(without(message, "to_addr") as never)).toThrow(
      expect.objectContaining({ code: "MESSAGE_FIELD_MISSING", details: { field: "to_addr" } }),
    );
  });

  it("writes no NaN", () => {
    const message = userMessageCodec.decode(JSON.stringify(examples.inbound));
    const body = userMessageCodec.encode({ ...message, helper_metadata: { n: Number.NaN } });
    expect(JSON.parse(body).helper_metadata).toEqual({ n: null });
  });
});

function decodeInbound(changes: object): UserMessage {
  return userMessageCodec.decode(JSON.stringify({ ...examples.inbound, ...changes }));
}

function decodeAck(changes: object): TransportEvent {
  return eventCodec.decode(JSON.stringify({ ...examples.ack, ...changes }));
}

function catchError(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error");
}
