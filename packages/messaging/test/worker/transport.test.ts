// What the base of all transports does by itself, on a channel made for each test. The numbers are those of the list above `Transport`.

import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";
import { expect, it, onTestFinished } from "vitest";
import { DeliveryFailed } from "../../src/worker/errors.ts";
import { Transport } from "../../src/worker/transport.ts";
import type { UserMessage } from "../../src/message/user-message.ts";

class ScriptedTransport extends Transport {
  readonly transportType: string = "sms";
  readonly sent: (string | null)[] = [];

  protected override async sendOutbound({ message_id, content }: UserMessage): Promise<void> {
    if (content === "hang") return await new Promise<void>(() => undefined);
    if (content === "refuse") throw new DeliveryFailed("temporary", "try later");
    this.sent.push(content);
    await this.publishAck(message_id, `sent-${message_id}`);
    if (content === "stumble") throw new Error("after the ack");
  }
}

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<RunningTransport<ScriptedTransport>> {
  const running = await runTransport(ScriptedTransport, { config });
  onTestFinished(() => running.stop());
  return running;
}

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
