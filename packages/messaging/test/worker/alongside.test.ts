// What goes on while a message goes further: who waits for it, and who does not.

import type { Bus } from "@switchboard/bus";
import { openEmbeddedBus } from "@switchboard/bus/embedded";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";
import { tempFolder, until } from "@switchboard/testkit";
import { expect, it, onTestFinished } from "vitest";
import { userMessageCodec } from "../../src/message/codec.ts";
import { createUserMessage, type UserMessage } from "../../src/message/user-message.ts";
import { Connector } from "../../src/worker/connector.ts";
import type { Alongside } from "../../src/worker/kinds.ts";
import { type Middleware, MiddlewareStack } from "../../src/worker/middleware.ts";
import { Transport } from "../../src/worker/transport.ts";

/** Work that ends when the test says so. */
class Work {
  readonly left: { resolve(): void; reject(error: Error): void }[] = [];

  begin(alongside: Alongside): void {
    alongside(new Promise<void>((resolve, reject) => void this.left.push({ resolve, reject })));
  }
}

async function connectorOn(bus: Bus, clock: TestClock, middleware: readonly Middleware[], prefetch = 20) {
  const connector = new Connector("app", "receive-inbound", {
    bus,
    clock,
    logger: silentLogger,
    middleware: new MiddlewareStack(middleware.map((one, index) => ({ name: `m${index}`, middleware: one }))),
    consume: { prefetch, maxDeliveries: 2, retryDelayMs: 1_000 },
    handlerTimeoutMs: 60_000,
  });
  onTestFinished(async () => {
    await connector.stop();
    await bus.close();
  });
  await connector.setup();
  connector.resume();
  return connector;
}

async function publish(bus: Bus, ...contents: readonly string[]): Promise<void> {
  for (const content of contents) {
    const fields = { to_addr: "app", from_addr: content, transport_name: "t", transport_type: "sms", content };
    await bus.publish("app.inbound", userMessageCodec.encode(createUserMessage(fields)));
  }
}

it("of middleware: the message is handled at once, and acknowledged when it has succeeded", async () => {
  const clock = new TestClock();
  const bus = createMemoryBus({ clock });
  const work = new Work();
  const slow: Middleware = {
    inbound: (message, _connector, alongside) => {
      work.begin(alongside);
      return message;
    },
  };
  const connector = await connectorOn(bus, clock, [slow]);
  const seen: unknown[] = [];
  connector.setHandler("inbound", ({ content }) => void seen.push(content));
  await publish(bus, "a");
  await clock.advance(0);
  expect(seen).toEqual(["a"]);
  expect((await bus.inspect("app.inbound"))[0]).toMatchObject({ inFlight: 1 });
  work.left[0]?.resolve();
  await clock.advance(0);
  expect((await bus.inspect("app.inbound"))[0]).toMatchObject({ inFlight: 0, depth: 0 });
});

it("of a handler: the same, without any middleware", async () => {
  const clock = new TestClock();
  const bus = createMemoryBus({ clock });
  const work = new Work();
  const connector = await connectorOn(bus, clock, []);
  connector.setHandler("inbound", (_message, alongside) => work.begin(alongside));
  await publish(bus, "a", "b");
  await clock.advance(0);
  work.left[0]?.resolve();
  work.left[1]?.reject(new Error("no room"));
  await clock.advance(0);
  expect((await bus.inspect("app.inbound"))[0]).toMatchObject({ inFlight: 0, depth: 1 });
  await clock.advance(1_000);
  work.left[2]?.reject(new Error("still no room"));
  await clock.advance(0);
  const { messages } = await bus.parking.list("app.inbound");
  expect(messages[0]?.history.map(({ message }) => message)).toEqual(["no room", "still no room"]);
});

it("has a message delivered again when it fails", async () => {
  const clock = new TestClock();
  const bus = createMemoryBus({ clock });
  const failing: Middleware = {
    inbound: (message, _connector, alongside) => {
      alongside(Promise.reject(new Error("no room")));
      return message;
    },
  };
  const connector = await connectorOn(bus, clock, [failing]);
  connector.setHandler("inbound", () => undefined);
  await publish(bus, "a");
  await clock.advance(1_000);
  const { messages } = await bus.parking.list("app.inbound");
  expect(messages[0]?.history.map(({ message }) => message)).toEqual(["no room", "no room"]);
});

it("leaves the message's place to the next one on the embedded bus, and none is lost when it never ends", async () => {
  const path = tempFolder();
  const work = new Work();
  const seen: unknown[] = [];
  const bus = await openEmbeddedBus({ path });
  const connector = await connectorOn(bus, new TestClock(), [], 1);
  connector.setHandler("inbound", ({ content }, alongside) => {
    seen.push(content);
    if (content !== "c") work.begin(alongside);
  });
  await publish(bus, "a", "b", "c");
  await until(() => seen.length === 3);
  const inFlight = async (): Promise<number | undefined> => (await bus.inspect("app.inbound"))[0]?.inFlight;
  await until(async () => (await inFlight()) === 2);
  work.left[1]?.resolve();
  await until(async () => (await inFlight()) === 1);
  await bus.close({ drainTimeoutMs: 0 });

  const again = await openEmbeddedBus({ path });
  onTestFinished(() => again.close());
  const left: number[] = [];
  await again.consume("app.inbound", {}, ({ attempt }) => void left.push(attempt));
  await until(() => left.length > 0);
  expect(left).toEqual([2]);
  work.left[0]?.resolve();
});

class AckingTransport extends Transport {
  readonly transportType: string = "sms";
  readonly sent: (string | null)[] = [];

  protected override async sendOutbound({ message_id, content }: UserMessage): Promise<void> {
    await this.publishAck(message_id, message_id);
    this.sent.push(content);
  }
}

async function transportWith(work: Work): Promise<RunningTransport<AckingTransport>> {
  class Storing implements Middleware {
    event(event: Parameters<NonNullable<Middleware["event"]>>[0], _connector: string, alongside: Alongside) {
      work.begin(alongside);
      return event;
    }
  }
  const running = await runTransport(AckingTransport, {
    config: { middleware: [{ storing: "Storing" }], max_deliveries: 2, retry_delay: 1 },
    classes: { Storing },
  });
  onTestFinished(() => running.stop());
  return running;
}

it("of an ack: the transport goes on when the bus has it, and the message that it is about waits until it is stored", async () => {
  const work = new Work();
  const running = await transportWith(work);
  await running.send({ content: "one" });
  await running.clock.advance(0);
  expect(running.transport.sent).toEqual(["one"]);
  expect(running.events).toMatchObject([{ event_type: "ack" }]);
  expect((await running.bus.inspect("channel.outbound"))[0]).toMatchObject({ inFlight: 1 });
  work.left[0]?.resolve();
  await running.clock.advance(0);
  expect((await running.bus.inspect("channel.outbound"))[0]).toMatchObject({ inFlight: 0, depth: 0 });
});

it("of an ack that cannot be stored: its message is delivered again, and no nack contradicts it", async () => {
  const work = new Work();
  const running = await transportWith(work);
  await running.send({ content: "one" });
  await running.clock.advance(0);
  work.left[0]?.reject(new Error("no room"));
  await running.clock.advance(1_000);
  work.left[1]?.resolve();
  await running.clock.advance(0);
  expect(running.events).toMatchObject([{ event_type: "ack" }, { event_type: "ack" }]);
  expect((await running.bus.inspect("channel.outbound"))[0]).toMatchObject({ inFlight: 0, depth: 0, parked: 0 });
});
