import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";
import { afterEach, expect, it } from "vitest";
import { DevNullTransport } from "../src/devnull/index.ts";

let running: RunningTransport<DevNullTransport> | undefined;
const logged: string[] = [];

afterEach(async () => {
  await running?.stop();
  logged.length = 0;
});

async function send(config: Readonly<Record<string, unknown>>): Promise<RunningTransport<DevNullTransport>> {
  const note = (_fields: object, line: string): void => void logged.push(line);
  const nothing = (): void => undefined;
  running = await runTransport(DevNullTransport, {
    config,
    logger: { debug: nothing, info: note, warn: nothing, error: nothing },
  });
  await running.send({ to_addr: "+271", from_addr: "8000", content: "hi" });
  await running.clock.advance(0);
  return running;
}

it("13.1 13.2 13.4 accepts, reports and answers everything at rate 1", async () => {
  const { events, inbound } = await send({ ack_rate: 1, failure_rate: 0, reply_rate: 1 });
  expect(events).toMatchObject([
    { event_type: "ack" },
    { event_type: "delivery_report", delivery_status: "delivered" },
  ]);
  expect(inbound).toMatchObject([
    { from_addr: "+271", to_addr: "8000", content: "hi", provider: "devnull", in_reply_to: null },
  ]);
  expect(logged).toContain("MT delivered: 8000 -> +271: hi");
  expect(logged).toContain("MO +271 -> 8000: hi");
});

it("13.3 accepts nothing at rate 0", async () => {
  const { events, inbound, failures } = await send({ ack_rate: 0, failure_rate: 0, reply_rate: 1 });
  expect(events).toMatchObject([{ event_type: "nack", nack_reason: "Not accepted by network" }]);
  expect([...inbound, ...failures]).toEqual([]);
});

it("reports failure at rate 1 and answers with its own text", async () => {
  const { events, inbound } = await send({ ack_rate: "1", failure_rate: 1, reply_rate: 1, reply_copy: "thanks" });
  expect(events).toMatchObject([{ event_type: "ack" }, { delivery_status: "failed" }]);
  expect(inbound).toMatchObject([{ content: "thanks" }]);
});

it("refuses a rate that is none", async () => {
  await expect(send({ ack_rate: 2, failure_rate: 0, reply_rate: 0 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
