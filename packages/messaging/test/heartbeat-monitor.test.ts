// Counting processes by their heartbeats.

import type { Bus } from "@switchboard/bus";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { expect, it, onTestFinished } from "vitest";
import type { LoadedClass } from "../src/config/fields.ts";
import { ConfigSource } from "../src/config/source.ts";
import { HeartBeatMonitor } from "../src/heartbeats/heart-beat-monitor.ts";
import { createWorker } from "../src/worker/create-worker.ts";

interface Monitored {
  readonly bus: Bus;
  readonly clock: TestClock;
  readonly keyValue: KeyValueStore;
  readonly beat: (hostname: string, pid: number, fields?: object) => Promise<void>;
  readonly stored: (key: string) => Promise<unknown>;
}

const system = { system_id: "system-1", workers: { any: { name: "sms", min_procs: 2 } } };

async function monitor(config: object = {}): Promise<Monitored> {
  const clock = new TestClock(1_700_000_000_000);
  const bus = createMemoryBus({ clock });
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const source = new ConfigSource({ deadline: 30, monitored_systems: { first: system }, ...config });
  const worker = await createWorker(
    { name: "monitor", className: "HeartBeatMonitor", source },
    {
      bus,
      openKeyValue: () => Promise.resolve(keyValue),
      classes: { load: () => Promise.resolve(HeartBeatMonitor as LoadedClass) },
      clock,
      logger: silentLogger,
      newId: () => "id",
    },
  );
  await worker.start();
  onTestFinished(async () => {
    await worker.stop();
    expect(clock.pendingTimers).toBe(0);
    await bus.close();
    await keyValue.close();
  });
  return {
    bus,
    clock,
    keyValue,
    beat: async (hostname, pid, fields = {}) => {
      const names = { version: "20130319", worker_id: "system-1:sms", system_id: "system-1", worker_name: "sms" };
      const body = { ...names, hostname, pid, timestamp: clock.now() / 1_000, ...fields };
      await bus.publish("heartbeat.inbound", JSON.stringify(body), { exchange: "vumi.health" });
      await clock.advance(0);
    },
    stored: async (key) => JSON.parse((await keyValue.get(key)) ?? "null") as unknown,
  };
}

it("M75 N22 counts each process once, and another pid or host apart", async () => {
  const { clock, beat, stored, keyValue } = await monitor();
  for (const [host, pid] of [
    ["a", 1],
    ["a", 1],
    ["a", 2],
    ["b", 1],
  ] as const)
    await beat(host, pid);
  await clock.advance(30_000);
  expect(await stored("system:system-1")).toEqual({
    name: "system-1",
    id: "system-1",
    timestamp: 1_700_000_030,
    workers: [
      {
        id: "system-1:sms",
        name: "sms",
        system_id: "system-1",
        min_procs: 2,
        hosts: [
          { host: "a", proc_count: 2 },
          { host: "b", proc_count: 1 },
        ],
      },
    ],
  });
  expect(await keyValue.smembers("systems")).toEqual(["system-1"]);
  expect(await stored("worker:system-1:sms:issue")).toBeNull();
});

it("N22 N23 opens an issue for too few processes, keeps its beginning, and closes it when there are enough", async () => {
  const { clock, beat, stored } = await monitor();
  await clock.advance(30_000);
  const issue = { issue_type: "min-procs-fail", start_time: 1_700_000_030 };
  expect(await stored("worker:system-1:sms:issue")).toEqual({ ...issue, procs_count: 0 });
  await beat("a", 1);
  await clock.advance(30_000);
  expect(await stored("worker:system-1:sms:issue")).toEqual({ ...issue, procs_count: 1 });
  await beat("a", 1);
  await beat("a", 2);
  await clock.advance(30_000);
  expect(await stored("worker:system-1:sms:issue")).toBeNull();
});

it("N22 ignores heartbeats that are late or of nobody it knows, and parks what is none", async () => {
  const { clock, beat, stored, bus } = await monitor();
  await beat("a", 1, { worker_id: "system-1:other" });
  await beat("a", 1, { timestamp: clock.now() / 1_000 - 31 });
  await beat("a", 1, { version: undefined });
  await clock.advance(30_000);
  expect(await stored("system:system-1")).toMatchObject({ workers: [{ hosts: [] }] });
  expect((await bus.parking.list("heartbeat.inbound")).messages).toHaveLength(1);
});

it.each([
  [{ monitored_systems: { first: { workers: {} } } }, "monitored_systems.first.system_id"],
  [{ monitored_systems: { first: { ...system, workers: { any: { name: "sms" } } } } }, "min_procs"],
  [{ deadline: undefined }, "deadline"],
])("refuses a configuration that lacks something: %j", async (config, named) => {
  await expect(monitor(config)).rejects.toThrow(named);
});
