import { TestClock } from "@switchboard/core/testing";
import { createUserMessage, type UserMessageFields, userMessageCodec } from "@switchboard/messaging";
import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";
import { afterEach, describe, expect, it } from "vitest";
import { LoopbackTransport } from "../src/loopback/index.ts";
import { Sessions } from "../src/loopback/sessions.ts";

let running: RunningTransport<LoopbackTransport>;

afterEach(() => running.stop());

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  running = await runTransport(LoopbackTransport, { config });
}

async function person(fields: Partial<UserMessageFields>): Promise<void> {
  const base = { from_addr: "+271", to_addr: null, transport_name: "channel", transport_type: null };
  const message = createUserMessage({ ...base, ...fields }, { clock: running.clock });
  await running.bus.publish("channel.person", userMessageCodec.encode(message));
  await running.clock.advance(0);
}

async function send(fields: Partial<UserMessageFields>): Promise<void> {
  await running.send({ to_addr: "+271", from_addr: "8000", content: "hello", ...fields });
  await running.clock.advance(0);
}

describe("LoopbackTransport carrying SMS", () => {
  it("brings what a person writes in, under its id, and reports what goes out as delivered", async () => {
    await start({ address: "8123" });
    await person({ message_id: "m1", content: "hi", helper_metadata: { switchboard: { test: true } } });
    expect(running.inbound).toMatchObject([
      {
        message_id: "m1",
        from_addr: "+271",
        to_addr: "8123",
        content: "hi",
        session_event: null,
        transport_name: "channel",
        transport_type: "sms",
        provider: "loopback",
        helper_metadata: { switchboard: { test: true } },
      },
    ]);
    await send({ message_id: "o1" });
    expect(running.events).toMatchObject([
      { event_type: "ack", user_message_id: "o1" },
      { event_type: "delivery_report", user_message_id: "o1", delivery_status: "delivered" },
    ]);
  });

  it("reports what it is told to", async () => {
    await start({ delivery_report: "none" });
    await send({});
    expect(running.events).toMatchObject([{ event_type: "ack" }]);
  });

  it("keeps what people write in order, and parks nothing, while what it needs is away", async () => {
    await start({ max_deliveries: 2 });
    const publish = running.bus.publish.bind(running.bus);
    let isAway = true;
    let refused = 0;
    running.bus.publish = async (address, body, options) => {
      if (!isAway || address !== "channel.inbound") return publish(address, body, options);
      refused++;
      throw Object.assign(new Error("the database is away"), { retryable: true, isOutage: true });
    };
    await person({ message_id: "m1" });
    await person({ message_id: "m2" });
    await running.clock.advance(60_000);
    expect(refused).toBeGreaterThan(2);
    isAway = false;
    await running.clock.advance(2_000);
    expect(running.inbound.map(({ message_id }) => message_id)).toEqual(["m1", "m2"]);
    expect(await running.bus.inspect("channel.person")).toMatchObject([{ depth: 0, parked: 0 }]);
  });

  it("takes nothing while it is paused, and loses nothing", async () => {
    await start();
    await running.transport.pause();
    await person({ content: "hi" });
    expect(running.inbound).toEqual([]);
    running.transport.resume();
    await running.clock.advance(0);
    expect(running.inbound).toHaveLength(1);
  });

  it("parks what has no sender", async () => {
    await start();
    await person({ from_addr: null, content: "hi" });
    expect(running.inbound).toEqual([]);
    expect((await running.bus.parking.list("channel.person")).messages).toHaveLength(1);
  });
});

describe("LoopbackTransport carrying USSD", () => {
  const events = () => running.inbound.map(({ session_event }) => session_event);

  it("dials, goes on, and hangs up", async () => {
    await start({ kind: "ussd", address: "*120*1#" });
    await person({ session_event: "new", content: null });
    await send({});
    await person({ content: "1" });
    await person({ session_event: "close", content: null });
    expect(running.inbound[2]?.transport_metadata).toEqual({ ended_by: "person" });
    await person({ content: "again" });
    expect(events()).toEqual(["new", "resume", "close", "new"]);
    expect(running.inbound[0]).toMatchObject({ to_addr: "*120*1#", transport_type: "ussd" });
    expect(running.events).toMatchObject([{ event_type: "ack" }]);
  });

  it("ends the session with an answer that says so; later answers cannot be sent", async () => {
    await start({ kind: "ussd" });
    await person({ session_event: "new", content: null });
    await send({ session_event: "close" });
    await send({ message_id: "late" });
    expect(running.events).toMatchObject([
      { event_type: "ack" },
      { event_type: "nack", user_message_id: "late", nack_reason: "+271 has no open session" },
    ]);
    expect(running.failures).toMatchObject([{ failure_code: "permanent" }]);
    await person({ content: "1" });
    expect(events()).toEqual(["new", "new"]);
  });

  it("ends a session in which nothing is said for too long, and tells the application", async () => {
    await start({ kind: "ussd", session_timeout: 60 });
    await person({ session_event: "new", content: null });
    await running.clock.advance(59_000);
    await send({});
    await running.clock.advance(59_000);
    expect(events()).toEqual(["new"]);
    await running.clock.advance(1_000);
    expect(events()).toEqual(["new", "close"]);
    expect(running.inbound[1]).toMatchObject({ content: null, transport_metadata: { ended_by: "network" } });
    expect(running.clock.pendingTimers).toBe(0);
  });

  it("ends the session as the network would where a person lets it time out", async () => {
    await start({ kind: "ussd" });
    await person({ session_event: "new", content: null });
    await person({ session_event: "close", content: null, transport_metadata: { ended_by: "network" } });
    expect(running.inbound[1]).toMatchObject({
      content: null,
      session_event: "close",
      transport_metadata: { ended_by: "network" },
    });
    expect(running.clock.pendingTimers).toBe(0);
  });

  it("keeps so many sessions at most: the one that has been silent longest ends for one more", async () => {
    const clock = new TestClock();
    const ended: string[] = [];
    const sessions = new Sessions({ clock, timeoutMs: 60_000, limit: 3, onEnded: (who) => ended.push(who) });
    for (const who of ["a", "b", "c", "a", "d"]) {
      await clock.advance(1_000);
      sessions.keep(who);
    }
    expect(ended).toEqual(["b"]);
    sessions.end("c");
    sessions.keep("e");
    expect(ended).toEqual(["b"]);
    await clock.advance(60_000);
    expect(ended).toEqual(["b", "a", "d", "e"]);
    expect(clock.pendingTimers).toBe(0);
    await start();
  });
});
