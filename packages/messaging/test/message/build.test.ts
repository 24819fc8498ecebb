// Building messages: defaults, replies, sends, endpoints, the cache.

import { sequentialIds, TestClock } from "@switchboard/core/testing";
import { describe, expect, it } from "vitest";
import {
  cacheOf,
  createEvent,
  createFailure,
  createGroupReply,
  createReply,
  createSend,
  createStatus,
  createUserMessage,
  endpointOf,
  eventStatus,
  type JsonObject,
  messagesEqual,
  newMessageId,
  StatusFilter,
  type UserMessage,
  userMessageCodec,
  withCache,
  withEndpoint,
  withoutCache,
} from "../../src/index.ts";
import { examples } from "./examples.ts";

const clock = new TestClock(Date.UTC(2024, 2, 7, 8, 15, 42, 655));
const build = { clock, newId: sequentialIds("id") };
const minimal = { to_addr: "1234", from_addr: "+27820001122", transport_name: "sms_out", transport_type: "sms" };

function inbound(changes: Partial<UserMessage> = {}): UserMessage {
  return { ...userMessageCodec.decode(JSON.stringify(examples.inbound)), ...changes };
}

describe("a new user message", () => {
  it("M4 has null for everything that was not given, and empty objects", () => {
    expect(createUserMessage(minimal, { clock, newId: () => "one" })).toEqual({
      message_version: "20110921",
      message_type: "user_message",
      timestamp: "2024-03-07 08:15:42.655000",
      message_id: "one",
      in_reply_to: null,
      ...minimal,
      to_addr_type: null,
      from_addr_type: null,
      group: null,
      provider: null,
      session_event: null,
      content: null,
      transport_metadata: {},
      helper_metadata: {},
      routing_metadata: {},
    });
  });

  it("M3 has an id of 32 lower-case hexadecimal digits", () => {
    expect(newMessageId()).toMatch(/^[0-9a-f]{32}$/);
    expect(createUserMessage(minimal).message_id).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });

  it("carries extra keys, which cannot replace known ones", () => {
    const message = createUserMessage(minimal, { extra: { sandbox_id: "s1", to_addr: "no", message_version: "no" } });
    expect(message).toMatchObject({ sandbox_id: "s1", to_addr: "1234", message_version: "20110921" });
  });

  it("is checked like one from the wire", () => {
    expect(() => createUserMessage({ ...minimal, session_event: "begin" as never })).toThrow(/session_event/);
    expect(() => createUserMessage({ ...minimal, timestamp: "now" })).toThrow(/timestamp/);
    expect(createUserMessage({ ...minimal, timestamp: "2024-03-07T08:15:42Z" }).timestamp).toBe(
      "2024-03-07 08:15:42.000000",
    );
  });

  it("does not share the objects it was given", () => {
    const helper_metadata: Record<string, JsonObject> = { tag: {} };
    const message = createUserMessage({ ...minimal, helper_metadata });
    helper_metadata["tag"] = { changed: true };
    expect(message.helper_metadata).toEqual({ tag: {} });
  });
});

describe("equality", () => {
  it("is of payloads, whatever the order of keys", () => {
    const message = inbound();
    const reversed = Object.fromEntries(Object.entries(message).toReversed()) as unknown as UserMessage;
    expect(messagesEqual(message, reversed)).toBe(true);
    expect(messagesEqual(message, { ...message, extra: 1 } as UserMessage)).toBe(false);
    expect(messagesEqual(message, inbound({ transport_metadata: { gateway: { dialog: 9917 } } }))).toBe(false);
  });
});

describe("the cache", () => {
  it("M6 of a fresh message is empty; what is put there appears under __cache__ and travels", () => {
    const fresh = inbound();
    expect(cacheOf(fresh)).toEqual({});
    const cached = withCache(withCache(fresh, { a: 1 }), { b: [2] });
    expect(cacheOf(cached)).toEqual({ a: 1, b: [2] });
    expect(JSON.parse(userMessageCodec.encode(cached))).toHaveProperty("__cache__", { a: 1, b: [2] });
    expect(withoutCache(cached)).toEqual(fresh);
  });

  it("that a peer filled with something else counts as empty", () => {
    expect(cacheOf(userMessageCodec.decode(JSON.stringify({ ...examples.inbound, __cache__: null })))).toEqual({});
  });
});

describe("endpoints", () => {
  it("M7 are default when missing or null, and null is written as default", () => {
    for (const routing_metadata of [{}, { endpoint_name: null }, null, undefined]) {
      expect(endpointOf({ ...inbound(), routing_metadata } as UserMessage)).toBe("default");
    }
    const message = inbound({ routing_metadata: { other: 1 } });
    expect(withEndpoint(message, "sms").routing_metadata).toEqual({ other: 1, endpoint_name: "sms" });
    expect(withEndpoint(message, null).routing_metadata).toEqual({ other: 1, endpoint_name: "default" });
    expect(endpointOf(message)).toBe("default");
  });
});

describe("a reply", () => {
  it("turns the addresses round and takes the rest from the original", () => {
    const reply = createReply(inbound(), "Clinic opens at 07:30. Goodbye!", {
      continueSession: false,
      clock,
      newId: () => "c0ffee00c0ffee00c0ffee00c0ffee00",
    });
    expect(reply).toEqual({ ...examples.reply, timestamp: "2024-03-07 08:15:42.655000" });
  });

  it("keeps the session open unless told otherwise, and an explicit session event wins", () => {
    expect(createReply(inbound(), "hi").session_event).toBeNull();
    expect(createReply(inbound(), "hi", { continueSession: false }).session_event).toBe("close");
    expect(
      createReply(inbound(), "hi", { continueSession: false, fields: { session_event: "resume" } }).session_event,
    ).toBe("resume");
  });

  it("M8 to an undirected group message goes to the sender, from nobody, in the group", () => {
    const reply = createReply(inbound({ group: "#cats", to_addr: null }), "hi");
    expect(reply).toMatchObject({ from_addr: null, to_addr: "+27820001122", group: "#cats" });
  });

  it("M9 to a group is undirected, even when the original was directed; without a group it is an ordinary reply", () => {
    const options = { ...build, newId: () => "same" };
    expect(createGroupReply(inbound({ group: "#cats" }), "hi")).toMatchObject({ to_addr: null, group: "#cats" });
    expect(createGroupReply(inbound(), "hi", options)).toEqual(createReply(inbound(), "hi", options));
  });

  it("M10 copies helper metadata, transport metadata and provider, and shares none of them", () => {
    const original = inbound();
    const reply = createReply(original, "hi");
    expect(reply).toMatchObject({
      helper_metadata: original.helper_metadata,
      transport_metadata: original.transport_metadata,
      provider: "mtn",
    });
    expect(reply.helper_metadata).not.toBe(original.helper_metadata);
    expect(reply.helper_metadata["tag"]).not.toBe(original.helper_metadata["tag"]);
    expect(reply.transport_metadata["gateway"]).not.toBe(original.transport_metadata["gateway"]);
  });

  it("goes to the endpoint of the original and carries no other routing data", () => {
    const original = inbound({ routing_metadata: { endpoint_name: "sms", hops: 3 } });
    expect(createReply(original, "hi").routing_metadata).toEqual({ endpoint_name: "sms" });
  });

  it("may be given helper metadata, an id and unknown keys", () => {
    const reply = createReply(inbound(), null, {
      fields: { helper_metadata: { mine: 1 }, message_id: "m1" },
      extra: { sandbox_id: "s" },
    });
    expect(reply).toMatchObject({ helper_metadata: { mine: 1 }, message_id: "m1", sandbox_id: "s", content: null });
  });

  it.each([
    "to_addr",
    "from_addr",
    "group",
    "in_reply_to",
    "provider",
    "transport_name",
    "transport_type",
    "transport_metadata",
  ])("M104 refuses %s, provider and transport_name like the rest", (field) => {
    for (const options of [{ fields: { [field]: null } }, { extra: { [field]: null } }]) {
      expect(() => createReply(inbound(), "hi", options)).toThrow(
        expect.objectContaining({ code: "MESSAGE_FIELD_FIXED", details: { field } }),
      );
    }
  });
});

describe("a send", () => {
  it("M11 without options has null names and addresses and empty objects", () => {
    expect(createSend("+27820001122", "Your results are ready")).toMatchObject({
      to_addr: "+27820001122",
      from_addr: null,
      in_reply_to: null,
      content: "Your results are ready",
      transport_name: null,
      transport_type: null,
      session_event: null,
      transport_metadata: {},
      helper_metadata: {},
      routing_metadata: {},
    });
  });

  it("M11 may start a session and be given the rest", () => {
    const fields = { session_event: "new", transport_name: "ussd_north", transport_type: "ussd" } as const;
    expect(createSend("+27820001122", null, { fields })).toMatchObject({ ...fields, content: null });
  });

  it("is never a reply", () => {
    for (const options of [{ fields: { in_reply_to: "x" } as never }, { extra: { in_reply_to: "x" } }]) {
      expect(() => createSend("+27820001122", "hi", options)).toThrow(
        expect.objectContaining({ code: "MESSAGE_FIELD_FIXED", details: { field: "in_reply_to" } }),
      );
    }
  });
});

describe("a new event", () => {
  it("has the envelope, an id and its own fields", () => {
    const given = {
      event_type: "ack",
      user_message_id: "m1",
      sent_message_id: "GW-1",
      transport_name: "sms_out",
    } as const;
    expect(createEvent(given, { clock, newId: () => "e1", extra: { x: 1 } })).toEqual({
      message_version: "20110921",
      message_type: "event",
      timestamp: "2024-03-07 08:15:42.655000",
      event_id: "e1",
      ...given,
      transport_metadata: {},
      helper_metadata: {},
      routing_metadata: {},
      x: 1,
    });
  });

  it("is refused without what its type needs", () => {
    expect(() => createEvent({ event_type: "ack", user_message_id: "m1" } as never)).toThrow(/sent_message_id/);
    expect(() => createEvent({ event_type: "nack", nack_reason: null, user_message_id: "m1" } as never)).toThrow(
      /nack_reason/,
    );
  });

  it("M12 has a status text", () => {
    const about = { user_message_id: "m1" };
    expect(eventStatus(createEvent({ ...about, event_type: "ack", sent_message_id: "1" }))).toBe("ack");
    expect(eventStatus(createEvent({ ...about, event_type: "nack", nack_reason: "" }))).toBe("nack");
    const report = createEvent({ ...about, event_type: "delivery_report", delivery_status: "delivered" });
    expect(eventStatus(report)).toBe("delivery_report.delivered");
  });
});

describe("a new status", () => {
  const given = { component: "smpp", status: "ok", type: "bound", message: "Bound" } as const;

  it("M13 has no reasons and no details unless given", () => {
    expect(createStatus(given, { clock })).toMatchObject({ ...given, reasons: [], details: {} });
    expect(createStatus({ ...given, details: { tps: 10 } }).details).toEqual({ tps: 10 });
  });

  it("M14 is news when level or type is, per component; another text is not", () => {
    const filter = new StatusFilter();
    const news = (component: string, status: "ok" | "degraded" | "down", type: string) =>
      filter.isNews({ component, status, type });
    expect(news("smpp", "ok", "bound")).toBe(true);
    expect(filter.isNews(createStatus({ ...given, message: "Other words" }))).toBe(false);
    expect(news("smpp", "ok", "throttled_end")).toBe(true);
    expect(news("smpp", "ok", "bound")).toBe(false);
    expect(news("http", "ok", "bound")).toBe(true);
    expect(news("smpp", "down", "connection_lost")).toBe(true);
    expect(news("smpp", "ok", "bound")).toBe(true);
    expect(news("http", "ok", "bound")).toBe(false);
  });
});

describe("a new failure", () => {
  it("holds the whole message as an object", () => {
    const message = inbound();
    const failure = createFailure({ message, failure_code: "temporary", reason: "no answer" }, { clock });
    expect(failure).toMatchObject({
      message_type: "failure_message",
      message,
      failure_code: "temporary",
      reason: "no answer",
    });
    expect(failure.message).not.toBe(message);
  });
});
