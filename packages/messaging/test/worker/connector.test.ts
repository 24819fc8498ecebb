import type { Bus } from "@switchboard/bus";
import { openEmbeddedBus } from "@switchboard/bus/embedded";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { tempFolder, until } from "@switchboard/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventCodec, userMessageCodec } from "../../src/message/codec.ts";
import { endpointOf, withEndpoint } from "../../src/message/envelope.ts";
import { createEvent } from "../../src/message/event.ts";
import { createUserMessage, type UserMessage } from "../../src/message/user-message.ts";
import { Connector, type ConnectorRole } from "../../src/worker/connector.ts";
import { IgnoreMessage } from "../../src/worker/errors.ts";
import { type Middleware, MiddlewareStack } from "../../src/worker/middleware.ts";

let clock: TestClock;
let bus: Bus;
const opened: Connector[] = [];
let warnings: string[];

beforeEach(() => {
  clock = new TestClock();
  warnings = [];
  bus = createMemoryBus({ clock });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((connector) => connector.stop()));
  await bus.close();
});

function connectorOf(name: string, role: ConnectorRole, middleware: readonly Middleware[] = []): Connector {
  const stack = new MiddlewareStack(middleware.map((one, index) => ({ name: `m${index}`, middleware: one })));
  const connector = new Connector(name, role, {
    bus,
    clock,
    logger: { ...silentLogger, warn: (_fields: object, line: string) => void warnings.push(line) },
    middleware: stack,
    consume: { prefetch: 20, maxDeliveries: 2, retryDelayMs: 1_000 },
    handlerTimeoutMs: 60_000,
  });
  opened.push(connector);
  return connector;
}

function text(content: string, fields: Partial<UserMessage> = {}): UserMessage {
  const message = createUserMessage({
    to_addr: "app",
    from_addr: "1",
    transport_name: "t",
    transport_type: "sms",
    content,
  });
  return { ...message, ...fields };
}

async function publishInbound(...messages: readonly UserMessage[]): Promise<void> {
  for (const message of messages) await bus.publish("app.inbound", userMessageCodec.encode(message));
}

describe("Connector", () => {
  it("M18 M20 M90 holds messages until it is resumed, then hands them to the handler of their endpoint", async () => {
    const connector = connectorOf("app", "receive-inbound");
    const seen: string[] = [];
    await publishInbound(text("before anybody was there"));
    connector.setHandler("inbound", (message) => void seen.push(`default:${message.content}`));
    connector.setHandler("inbound", (message) => void seen.push(`web:${message.content}`), "web");
    connector.setCatchAll("inbound", (message) => void seen.push(`other:${message.content}`));
    await connector.setup();
    await publishInbound(text("a"), withEndpoint(text("b"), "web"), withEndpoint(text("c"), "mail"));
    await clock.advance(0);
    expect(seen).toEqual([]);
    connector.resume();
    await clock.advance(0);
    expect(seen).toEqual(["default:before anybody was there", "default:a", "web:b", "other:c"]);
  });

  it("M21 M88 drops a message for an endpoint without a handler with one warning, and goes on", async () => {
    const connector = connectorOf("app", "receive-inbound");
    const seen: (string | null)[] = [];
    connector.setHandler("inbound", (message) => void seen.push(message.content));
    await connector.setup();
    connector.resume();
    await publishInbound(withEndpoint(text("lost"), "nobody"), text("kept"));
    await clock.advance(0);
    expect(seen).toEqual(["kept"]);
    expect(warnings).toEqual(["no handler for this endpoint; message dropped"]);
    expect((await bus.inspect("app.inbound"))[0]).toMatchObject({ depth: 0, parked: 0 });
  });

  it("M85 parks a body that is not a message at once, and goes on", async () => {
    const connector = connectorOf("app", "receive-inbound");
    const seen: (string | null)[] = [];
    connector.setHandler("inbound", (message) => void seen.push(message.content));
    await connector.setup();
    connector.resume();
    await bus.publish("app.inbound", "not json");
    await publishInbound(text("kept"));
    await clock.advance(0);
    expect(seen).toEqual(["kept"]);
    const { messages } = await bus.parking.list("app.inbound");
    expect(messages.map(({ history }) => history.map(({ code }) => code))).toEqual([["MESSAGE_BODY_INVALID"]]);
  });

  it("M85 has a failed message delivered again, and parks it in the end", async () => {
    const connector = connectorOf("app", "receive-inbound");
    let calls = 0;
    connector.setHandler("inbound", () => {
      calls++;
      throw new Error("always");
    });
    await connector.setup();
    connector.resume();
    await publishInbound(text("poison"));
    await clock.advance(60_000);
    expect(calls).toBe(2);
    expect(warnings).toEqual([
      "a handler failed; it gets its message again",
      "a handler failed; its message is parked",
    ]);
    expect((await bus.inspect("app.inbound"))[0]).toMatchObject({ depth: 0, parked: 1 });
  });

  it("handles many at once, in order for each pair of addresses", async () => {
    const connector = connectorOf("app", "receive-inbound");
    const started: (string | null)[] = [];
    const finish: (() => void)[] = [];
    connector.setHandler("inbound", async (message) => {
      started.push(message.content);
      await new Promise<void>((resolve) => finish.push(resolve));
    });
    await connector.setup();
    connector.resume();
    await publishInbound(text("1a"), text("1b"), text("2a", { from_addr: "2" }));
    await clock.advance(0);
    expect(started).toEqual(["1a", "2a"]);
    finish[0]?.();
    await clock.advance(0);
    expect(started).toEqual(["1a", "2a", "1b"]);
    for (const done of finish) done();
  });

  it("gives up a handler that hangs, so that the next message of the same person is handled", async () => {
    const connector = connectorOf("app", "receive-inbound");
    const seen: (string | null)[] = [];
    connector.setHandler("inbound", (message) => {
      seen.push(message.content);
      return message.content === "hangs" ? new Promise(() => undefined) : undefined;
    });
    await connector.setup();
    connector.resume();
    await publishInbound(text("hangs"), text("next"));
    await clock.advance(59_999);
    expect(seen).toEqual(["hangs"]);
    await clock.advance(1);
    expect(seen).toEqual(["hangs", "next"]);
  });

  it("M22 acknowledges what a handler or middleware ignores", async () => {
    const ignoring: Middleware = {
      inbound: (message) => {
        if (message.content === "spam") throw new IgnoreMessage("spam");
        return message;
      },
    };
    const connector = connectorOf("app", "receive-inbound", [ignoring]);
    const seen: (string | null)[] = [];
    connector.setHandler("inbound", (message) => void seen.push(message.content));
    await connector.setup();
    connector.resume();
    await publishInbound(text("spam"), text("ham"));
    await clock.advance(0);
    expect(seen).toEqual(["ham"]);
    expect((await bus.inspect("app.inbound"))[0]).toMatchObject({ depth: 0, parked: 0 });
  });

  it("M22 M91 answers an ignored outbound message with a nack that carries the transport's name", async () => {
    const connector = connectorOf("phones", "receive-outbound");
    connector.setHandler("outbound", () => {
      throw new IgnoreMessage("too long");
    });
    await connector.setup();
    connector.resume();
    const events: unknown[] = [];
    await bus.consume("phones.event", {}, ({ body }) => void events.push(eventCodec.decode(body)));
    const outbound = text("long");
    await bus.publish("phones.outbound", userMessageCodec.encode(outbound));
    await clock.advance(0);
    expect(events).toMatchObject([
      { event_type: "nack", user_message_id: outbound.message_id, nack_reason: "too long", transport_name: "phones" },
    ]);
  });

  it("writes the endpoint before the publish middleware sees the message, and leaves it alone when none is given", async () => {
    const endpoints: string[] = [];
    const connector = connectorOf("app", "receive-inbound", [
      { publishOutbound: (message) => (endpoints.push(endpointOf(message)), message) },
    ]);
    await connector.publish("outbound", text("a"), { endpoint: "web" });
    await connector.publish("outbound", withEndpoint(text("b"), "mail"));
    expect(endpoints).toEqual(["web", "mail"]);
    expect((await bus.inspect("app.outbound"))[0]).toMatchObject({ depth: 2 });
  });

  it("publishes and consumes only what its role says", async () => {
    const transportSide = connectorOf("phones", "receive-outbound");
    await expect(transportSide.publish("outbound", text("x"))).rejects.toMatchObject({
      code: "WORKER_KIND_NOT_PUBLISHED",
    });
    expect(() => transportSide.setHandler("inbound", () => undefined)).toThrow(
      expect.objectContaining({ code: "WORKER_KIND_NOT_CONSUMED" }),
    );
    const ack = createEvent({ event_type: "ack", user_message_id: "m", sent_message_id: "s" });
    await expect(transportSide.publish("event", ack)).resolves.toBeUndefined();
  });

  it("passes on as the bytes that came what its worker leaves as it is, and writes the rest anew", async () => {
    const [from, to] = [connectorOf("app", "receive-inbound"), connectorOf("next", "receive-outbound")];
    from.setCatchAll("inbound", (message) =>
      to.publish("inbound", message.content === "changed" ? { ...message, provider: "mtn" } : message),
    );
    await Promise.all([from.setup(), to.setup()]);
    from.resume();
    const bodies: string[] = [];
    await bus.consume("next.inbound", {}, ({ body }) => void bodies.push(body.toString()));
    // More than JavaScript's numbers can hold.
    const same = JSON.stringify(text("same", { from_addr: "2" })).replace("{", '{ "serial": 12345678901234567890, ');
    await bus.publish("app.inbound", same);
    await publishInbound(text("changed", { from_addr: "3" }));
    await expect.poll(() => bodies.length).toBe(2);
    expect(bodies.find((body) => body.includes("same"))).toBe(same);
    expect(userMessageCodec.decode(bodies.find((body) => body.includes("changed")) ?? "").provider).toBe("mtn");
  });

  it("passes on in one process, on an embedded bus, the message itself, with the bytes that it would be read from", async () => {
    const embedded = await openEmbeddedBus({ path: tempFolder() });
    await bus.close();
    bus = embedded;
    const [from, to] = [connectorOf("next", "receive-inbound"), connectorOf("next", "receive-outbound")];
    const received: UserMessage[] = [];
    from.setHandler("inbound", (message) => void received.push(message));
    const bodies: string[] = [];
    await from.setup();
    from.resume();
    await embedded.declareQueue({ queue: "copy", routingKeys: ["next.inbound"] });
    await embedded.consume("copy", {}, ({ body }) => void bodies.push(body.toString()));
    const message = text("hello");
    await to.publish("inbound", message);
    await expect.poll(() => [received.length, bodies.length]).toEqual([1, 1]);
    expect(received[0]).toBe(message);
    expect(bodies).toEqual([JSON.stringify(message)]);
  });

  it("M87 acknowledges a message whose handler returned false", async () => {
    const connector = connectorOf("app", "receive-inbound");
    // What a handler written in JavaScript may do.
    const returnsFalse = (() => false) as unknown as () => void;
    connector.setHandler("inbound", returnsFalse);
    await connector.setup();
    connector.resume();
    await publishInbound(text("x"));
    await clock.advance(0);
    expect(await bus.inspect("app.inbound")).toMatchObject([{ depth: 0, inFlight: 0, parked: 0 }]);
  });

  it("M19 waits with a pause for the handler that runs, and hands out nothing meanwhile", async () => {
    const connector = connectorOf("app", "receive-inbound");
    const seen: (string | null)[] = [];
    let finish: () => void = () => undefined;
    connector.setHandler("inbound", (message) => {
      seen.push(message.content);
      return new Promise((resolve) => (finish = resolve));
    });
    await connector.setup();
    connector.resume();
    await publishInbound(text("first"));
    await clock.advance(0);
    let isPaused = false;
    const paused = connector.pause().then(() => (isPaused = true));
    await publishInbound(text("second"));
    await clock.advance(0);
    expect([isPaused, seen]).toEqual([false, ["first"]]);
    finish();
    await paused;
    expect(seen).toEqual(["first"]);
  });

  it("M16 completes a pause when the last handler fails", async () => {
    const connector = connectorOf("app", "receive-inbound");
    let fail: () => void = () => undefined;
    connector.setHandler("inbound", () => new Promise((_, reject) => (fail = () => reject(new Error("late failure")))));
    await connector.setup();
    connector.resume();
    await publishInbound(text("x"));
    await clock.advance(0);
    const paused = connector.pause();
    fail();
    await expect(paused).resolves.toBeUndefined();
  });

  describe("while what its handler needs is away", () => {
    const away = Object.assign(new Error("the database is away"), { retryable: true, isOutage: true });
    let isAway = true;
    let tries: string[];
    let connector: Connector;

    beforeEach(async () => {
      isAway = true;
      tries = [];
      connector = connectorOf("app", "receive-inbound");
      connector.setHandler("inbound", ({ content }) => {
        tries.push(content ?? "");
        return isAway ? Promise.reject(away) : undefined;
      });
      await connector.setup();
      connector.resume();
      await publishInbound(text("a"), text("b"));
      await until(() => tries.length > 0);
    });

    it("keeps messages in order and tries again, however often, until it is back; nothing is parked", async () => {
      for (let n = 2; n < 6; n++) {
        await clock.advance(2_000);
        await until(() => tries.length >= n);
      }
      expect(new Set(tries)).toEqual(new Set(["a"]));
      isAway = false;
      await clock.advance(2_000);
      await until(() => tries.includes("b"));
      await until(async () => (await bus.inspect("app.inbound"))[0]?.depth === 0);
      expect((await bus.inspect("app.inbound"))[0]).toMatchObject({
        inFlight: 0,
        parked: 0,
        totals: { redelivered: 0 },
      });
      expect(warnings).toEqual(["what messages need is away; they wait until it is back"]);
    });

    it("gives them back when it pauses, and takes them again when it goes on", async () => {
      const paused = connector.pause();
      await until(async () => (await bus.inspect("app.inbound"))[0]?.inFlight === 0);
      await paused;
      expect((await bus.inspect("app.inbound"))[0]).toMatchObject({ depth: 2, parked: 0 });
      isAway = false;
      connector.resume();
      await clock.advance(1_000);
      await until(async () => (await bus.inspect("app.inbound"))[0]?.depth === 0);
      expect([...new Set(tries)].toSorted()).toEqual(["a", "b"]);
    });
  });
});
