// Signs of life, and who refuses which.

import { hostname } from "node:os";
import type { Bus } from "@switchboard/bus";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { openKeyValue } from "@switchboard/storage";
import { expect, it, onTestFinished } from "vitest";
import { EchoWorker } from "../../src/applications/index.ts";
import type { LoadedClass } from "../../src/config/fields.ts";
import { ConfigSource } from "../../src/config/source.ts";
import { decodeHeartbeat, type Heartbeat } from "../../src/message/heartbeat.ts";
import { createWorker } from "../../src/worker/create-worker.ts";
import type { Worker } from "../../src/worker/worker.ts";

async function run(
  config: Readonly<Record<string, unknown>>,
): Promise<{ bus: Bus; clock: TestClock; worker: Worker; beats: Heartbeat[] }> {
  const clock = new TestClock(1_709_799_590_250);
  const bus = createMemoryBus({ clock });
  const beats: Heartbeat[] = [];
  await bus.declareExchange({ name: "vumi.health" });
  await bus.declareQueue({ queue: "heartbeat.inbound", exchange: "vumi.health" });
  await bus.consume("heartbeat.inbound", {}, ({ body }) => void beats.push(decodeHeartbeat(body)));
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const worker = await createWorker(
    { name: "echo", className: "EchoWorker", source: new ConfigSource({ transport_name: "echo", ...config }) },
    {
      bus,
      openKeyValue: () => Promise.resolve(keyValue),
      classes: { load: () => Promise.resolve(EchoWorker as LoadedClass) },
      clock,
      logger: silentLogger,
      newId: () => "id",
    },
  );
  await worker.start();
  onTestFinished(async () => {
    await worker.stop();
    await bus.close();
    await keyValue.close();
  });
  return { bus, clock, worker, beats };
}

it("N21 a worker with a name gives a sign of life every ten seconds, the first one ten seconds after its start", async () => {
  const { clock, beats } = await run({ worker_name: "sms_out_worker" });
  await clock.advance(9_999);
  expect(beats).toEqual([]);
  await clock.advance(1);
  expect(beats).toEqual([
    {
      version: "20130319",
      worker_id: "global:sms_out_worker",
      system_id: "global",
      worker_name: "sms_out_worker",
      hostname: hostname(),
      pid: process.pid,
      timestamp: 1_709_799_600.25,
    },
  ]);
  await clock.advance(20_000);
  expect(beats).toHaveLength(3);
});

it("belongs to the group that the configuration names, and ends with the worker", async () => {
  const { clock, beats, worker } = await run({ worker_name: "w", system_id: "system-1" });
  await clock.advance(10_000);
  expect(beats).toMatchObject([{ worker_id: "system-1:w", system_id: "system-1" }]);
  await worker.stop();
  await clock.advance(30_000);
  expect(beats).toHaveLength(1);
  expect(clock.pendingTimers).toBe(0);
});

it("a worker without a name gives none", async () => {
  const { clock, beats } = await run({});
  await clock.advance(60_000);
  expect(beats).toEqual([]);
});

it("M75 N21 refuses a heartbeat without version, system id, worker id or any other field, and keeps what it does not know", () => {
  const whole = {
    version: "20130319",
    worker_id: "global:w",
    system_id: "global",
    worker_name: "w",
    hostname: "node-3",
    pid: 4_711,
    timestamp: 1.5,
  };
  const read = (heartbeat: object): Heartbeat => decodeHeartbeat(Buffer.from(JSON.stringify(heartbeat)));
  expect(read({ ...whole, load: 0.5 })).toEqual({ ...whole, load: 0.5 });
  for (const field of Object.keys(whole)) {
    const error = expect.objectContaining({ code: "MESSAGE_FIELD_MISSING", details: { field } });
    expect(() => read({ ...whole, [field]: undefined })).toThrow(error);
  }
  expect(() => decodeHeartbeat(Buffer.from("no"))).toThrow(expect.objectContaining({ code: "MESSAGE_BODY_INVALID" }));
});
