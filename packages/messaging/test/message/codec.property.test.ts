// Generated messages: round trips, unknown keys, hostile keys.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  copyMessage,
  createEvent,
  createReply,
  createUserMessage,
  eventCodec,
  type JsonObject,
  messagesEqual,
  sessionEvents,
  type UserMessage,
  userMessageCodec,
} from "../../src/index.ts";
import { examples } from "./examples.ts";

const nullableText = fc.option(fc.string({ unit: "grapheme" }));
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonObject[string]>;
const jsonObject = fc.dictionary(fc.string(), json, { noNullPrototype: true }) as fc.Arbitrary<JsonObject>;
const fields = fc.record({
  to_addr: nullableText,
  from_addr: nullableText,
  transport_name: nullableText,
  transport_type: nullableText,
  message_id: fc.string(),
  group: nullableText,
  content: fc.option(fc.string({ unit: "binary" })),
  session_event: fc.option(fc.constantFrom(...sessionEvents)),
  transport_metadata: jsonObject,
  helper_metadata: jsonObject,
  routing_metadata: jsonObject,
});
// Keys that user messages do not know.
const extra = fc
  .dictionary(
    fc.string({ minLength: 1 }).map((key) => `x${key}`),
    json,
    { noNullPrototype: true },
  )
  .map((object) => object as JsonObject);
const holding = (value: unknown): UserMessage => ({
  ...userMessageCodec.decode(JSON.stringify(examples.inbound)),
  helper_metadata: { value } as unknown as JsonObject,
});
// As objects of databases do: it has itself inside, more than once.
function selfWriting(): object {
  const object: Record<string, unknown> = {};
  const around = { first: object, second: object };
  return Object.assign(object, { around, again: around, toJSON: () => ({ id: 1 }) });
}
const viaJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("any user message", () => {
  it("comes back as it was, unknown keys included", () => {
    fc.assert(
      fc.property(fields, extra, (given, unknown) => {
        const message = createUserMessage(given, { extra: unknown });
        const body = userMessageCodec.encode(message);
        const decoded = userMessageCodec.decode(Buffer.from(body));
        expect(decoded).toEqual(viaJson(message));
        expect(decoded).toMatchObject(viaJson(unknown) as object);
        expect(userMessageCodec.encode(decoded)).toBe(body);
      }),
    );
  });

  it("equals its copy, and the copy shares nothing", () => {
    fc.assert(
      fc.property(fields, extra, (given, unknown) => {
        const message = createUserMessage(given, { extra: unknown });
        const copy = copyMessage(message);
        expect(messagesEqual(message, copy)).toBe(true);
        expect(copy.helper_metadata).not.toBe(message.helper_metadata);
        expect(messagesEqual(message, { ...copy, helper_metadata: { ...copy.helper_metadata, more: 1 } })).toBe(
          "more" in message.helper_metadata && message.helper_metadata["more"] === 1,
        );
      }),
    );
  });

  it("can be answered", () => {
    fc.assert(
      fc.property(fields, nullableText, (given, content) => {
        const message = createUserMessage(given);
        const answer = userMessageCodec.decode(userMessageCodec.encode(createReply(message, content)));
        expect(answer).toMatchObject({ in_reply_to: message.message_id, to_addr: message.from_addr, content });
      }),
    );
  });

  it("that is garbage gives a coded error or a message, never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(2_000), (noise, position) => {
        const body = Buffer.from(JSON.stringify(examples.inbound));
        noise.forEach((byte, index) => (body[(position + index) % body.length] = byte));
        let code: unknown;
        try {
          userMessageCodec.decode(body);
        } catch (error) {
          code = (error as { code?: unknown }).code ?? error;
        }
        expect([undefined, "MESSAGE_BODY_INVALID", "MESSAGE_FIELD_MISSING", "MESSAGE_FIELD_INVALID"]).toContain(code);
      }),
    );
  });
});

describe("a message on a bus", () => {
  it("is received frozen, and goes on as the bytes that came unless they had to be mended", () => {
    fc.assert(
      fc.property(fields, extra, fc.boolean(), (given, unknown, isMended) => {
        const written = viaJson(createUserMessage(given, { extra: unknown })) as Record<string, unknown>;
        if (isMended) delete written["provider"];
        const body = Buffer.from(JSON.stringify(written, undefined, 1));
        const message = userMessageCodec.receive({ body });
        expect(message).toEqual(userMessageCodec.decode(body));
        if (isMended) expect(String(userMessageCodec.send(message))).toBe(userMessageCodec.encode(message));
        else expect(userMessageCodec.send(message)).toBe(body);
        expect(String(userMessageCodec.send({ ...message }))).toBe(userMessageCodec.encode(message));
        expect(String(userMessageCodec.send(copyMessage(message)))).toBe(userMessageCodec.encode(message));
      }),
    );
  });

  it("cannot be changed, however deep, once it was received or sent", () => {
    const given = { ...examples.inbound, helper_metadata: { tag: { tag: ["pool", "name"] } } };
    const sent = copyMessage(userMessageCodec.decode(JSON.stringify(given)));
    userMessageCodec.send(sent);
    for (const message of [userMessageCodec.receive({ body: Buffer.from(JSON.stringify(given)) }), sent]) {
      const writable = message as unknown as { content: string; helper_metadata: { tag: { tag: string[] } } };
      expect(() => (writable.content = "x")).toThrow(TypeError);
      expect(() => writable.helper_metadata.tag.tag.push("x")).toThrow(TypeError);
    }
  });

  it("is written anew when its body was not quite JSON", () => {
    const body = JSON.stringify({ ...examples.inbound, transport_metadata: { n: 1 } }).replace('"n":1', '"n":NaN');
    const message = userMessageCodec.receive({ body: Buffer.from(body) });
    expect(String(userMessageCodec.send(message))).toContain('"n":null');
  });

  it("is received as the very object that was sent, which says what its body says", () => {
    fc.assert(
      fc.property(fields, extra, (given, unknown) => {
        const message = createUserMessage(given, { extra: unknown });
        const body = Buffer.from(userMessageCodec.send(message));
        expect(userMessageCodec.receive({ body, decoded: message })).toBe(message);
        expect(userMessageCodec.decode(body)).toEqual(viaJson(message));
      }),
    );
  });

  it.each([
    ["undefined", undefined],
    ["a number that JSON has not", Number.NaN],
    ["a date", new Date(0)],
    ["a list with a hole", Array.from({ length: 2 })],
    ["bytes", Buffer.from("x")],
    ["an object that writes itself", selfWriting()],
  ])("is read from its body when it holds %s", (_, value) => {
    const message = holding(value);
    const body = Buffer.from(userMessageCodec.send(message));
    const received = userMessageCodec.receive({ body, decoded: message });
    expect(received).not.toBe(message);
    expect(received).toEqual(userMessageCodec.decode(body));
  });

  it("is refused like its body when it is nested too deep", () => {
    const message = holding(JSON.parse(`${"[".repeat(600)}${"]".repeat(600)}`));
    const body = Buffer.from(userMessageCodec.send(message));
    expect(() => userMessageCodec.receive({ body, decoded: message })).toThrow(
      expect.objectContaining({ code: "MESSAGE_BODY_INVALID" }),
    );
  });

  it("is read from its body when what came with it is somebody else's, a copy, or another kind of message", () => {
    const message = userMessageCodec.receive({ body: Buffer.from(JSON.stringify(examples.inbound)) });
    const body = Buffer.from(userMessageCodec.send(message));
    const event = createEvent({ event_type: "nack", user_message_id: "m", nack_reason: "no" });
    eventCodec.send(event);
    for (const decoded of [{ ...message, content: "other" }, Object.freeze({ ...message }), event, {}]) {
      const received = userMessageCodec.receive({ body, decoded });
      expect(received).not.toBe(decoded);
      expect(received).toEqual(message);
    }
  });
});

describe("keys that mean something to JavaScript", () => {
  const hostile = `"__proto__":{"polluted":1,"content":"owned"},"constructor":{"prototype":{"polluted":1}},"toString":null`;
  const body = JSON.stringify({ ...examples.inbound, group: "g" }).replace(
    "{",
    `{${hostile},"helper_metadata":{${hostile}},`,
  );

  it("are ordinary keys: kept, copied, answered with, and harmless", () => {
    // The second helper_metadata of the body wins, so put the hostile keys into a place of their own.
    const message = userMessageCodec.decode(body.replace('"gateway"', `${hostile},"gateway"`));
    const copies = [message, copyMessage(message), createReply(message, "hi"), { ...message }];
    for (const copy of copies) {
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
      expect(Object.getPrototypeOf(copy.transport_metadata)).toBe(Object.prototype);
      expect("polluted" in copy).toBe(false);
      expect(Object.hasOwn(copy.transport_metadata, "__proto__")).toBe(true);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(userMessageCodec.encode(copyMessage(message))).toContain('"__proto__":{"polluted":1');
    expect(messagesEqual(message, copyMessage(message))).toBe(true);
  });

  it("cannot stand in for a missing field", () => {
    const noContent = body.replace('"content":null,', "");
    expect(() => userMessageCodec.decode(noContent)).toThrow(
      expect.objectContaining({ code: "MESSAGE_FIELD_MISSING", details: { field: "content" } }),
    );
  });
});
