// What the base of all transports does by itself, on a channel made for each test. The numbers are those of the list above `Transport`.

import { silentLogger } from "@switchboard/core";
import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";
import { expect, it, onTestFinished } from "vitest";
import type { StatusLevel } from "../../src/message/values.ts";
import type { MiddlewareContext } from "../../src/worker/create-middleware.ts";
import { DeliveryFailed } from "../../src/worker/errors.ts";
import type { Middleware } from "../../src/worker/middleware.ts";
import { Transport } from "../../src/worker/transport.ts";
import type { FailureMessage } from "../../src/message/failure.ts";
import type { TransportStatus } from "../../src/message/status.ts";
import type { UserMessage } from "../../src/message/user-message.ts";

class ScriptedTransport extends Transport {
  readonly transportType: string = "sms";
  readonly sent: (string | null)[] = [];

  say(status: StatusLevel): Promise<TransportStatus> {
    return this.publishStatus({ component: "modem", status, type: "speed", message: "it is slow" });
  }

  protected override async sendOutbound({ message_id, content }: UserMessage): Promise<void> {
    if (content === "hang") return await new Promise<void>(() => undefined);
    if (content === "refuse") throw new DeliveryFailed("temporary", "try later");
    this.sent.push(content);
    await this.publishAck(message_id, `sent-${message_id}`);
    if (content === "stumble") throw new Error("after the ack");
  }
}

/** Writes its name under each failure. */
class NoteMiddleware implements Middleware {
  readonly #name: string;
  constructor(_config: object, { name }: MiddlewareContext) {
    this.#name = name;
  }
  failure(message: FailureMessage): FailureMessage {
    const lines = message.reason.split(/\n(?= by)/);
    return { ...message, reason: `${lines[0]}\n${lines[1] ?? ""} by ${this.#name}` };
  }
}

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<RunningTransport<ScriptedTransport>> {
  const running = await runTransport(ScriptedTransport, { config, classes: { Note: NoteMiddleware } });
  onTestFinished(() => running.stop());
  return running;
}

it("M56 keeps a status to itself while it may not be published, logs it, and returns it all the same", async () => {
  const lines: object[] = [];
  const running = await runTransport(ScriptedTransport, {
    config: { publish_status: false },
    logger: { ...silentLogger, debug: (fields, line) => void lines.push({ ...fields, line }) },
  });
  onTestFinished(() => running.stop());
  const status = await running.transport.say("degraded");
  expect(status).toMatchObject({ message_type: "status_event", status: "degraded", reasons: [], details: {} });
  await running.clock.advance(0);
  expect(running.statuses).toEqual([]);
  expect(lines).toContainEqual(
    expect.objectContaining({ worker: "transport", component: "modem", status: "degraded", line: "it is slow" }),
  );
});

it("M57 publishes statuses on <name>.status.status", async () => {
  const running = await start({ transport_name: "foo" });
  await running.transport.say("ok");
  await running.clock.advance(0);
  expect(running.statuses).toMatchObject([{ status: "ok" }]);
  expect((await running.bus.inspect()).map(({ queue }) => queue)).toContain("foo.status.status");
});

it("M58 sends failures through the middleware in reverse order", async () => {
  const running = await start({ middleware: [{ first: "Note" }, { second: "Note" }] });
  await running.send({ content: "refuse" });
  await running.clock.advance(0);
  expect(running.failures.map(({ reason }) => reason.split("\n").at(-1))).toEqual([" by second by first"]);
});

it("1 does not take back an ack because something failed after it", async () => {
  const running = await start();
  await running.send({ content: "stumble" });
  await running.clock.advance(0);
  expect(running.events).toMatchObject([{ event_type: "ack" }]);
  expect(running.failures).toEqual([]);
  expect(await running.bus.inspect("channel.outbound")).toMatchObject([{ depth: 0, parked: 0 }]);
});

it("1 2 has a message delivered again when its failure cannot be published, and then answers it", async () => {
  const running = await start({ max_deliveries: 3, retry_delay: 1 });
  running.refusePublishes(".failures");
  const sent = await running.send({ content: "refuse" });
  await running.clock.advance(0);
  expect(running.failures).toEqual([]);
  running.refusePublishes(undefined);
  await running.clock.advance(1_000);
  expect(running.failures).toMatchObject([{ failure_code: "temporary", message: { message_id: sent.message_id } }]);
  expect(running.events.at(-1)).toMatchObject({ event_type: "nack", nack_reason: "try later" });
});

it("9 counts a send that hangs as failed, lets others pass meanwhile, and parks it in the end", async () => {
  const running = await start({ handler_timeout: 5 });
  await running.send({ content: "hang", to_addr: "+1" });
  await running.send({ content: "fine", to_addr: "+2" });
  await running.clock.advance(0);
  expect(running.transport.sent).toEqual(["fine"]);
  await running.clock.advance(5_000);
  const { messages } = await running.bus.parking.list("channel.outbound");
  expect(messages.map(({ history }) => history.at(-1)?.code)).toEqual(["WORKER_HANDLER_TIMEOUT"]);
});
