import type { Bus } from "@switchboard/bus";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { sequentialIds, TestClock } from "@switchboard/core/testing";
import { type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LoadedClass } from "../../src/config/fields.ts";
import { ConfigSource } from "../../src/config/source.ts";
import { FailureWorker, nextRetry } from "../../src/failures/failure-worker.ts";
import { failureCodec, userMessageCodec } from "../../src/message/codec.ts";
import { createFailure } from "../../src/message/failure.ts";
import { createUserMessage, type UserMessage } from "../../src/message/user-message.ts";
import type { FailureCode } from "../../src/message/values.ts";
import { createWorker } from "../../src/worker/create-worker.ts";
import type { Worker } from "../../src/worker/worker.ts";

let clock: TestClock;
let bus: Bus;
let keyValue: KeyValueStore;
let worker: Worker;
let resent: UserMessage[];

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  worker = await createWorker(
    { name: "failures", className: "FailureWorker", source: new ConfigSource({ transport_name: "sms", ...config }) },
    {
      bus,
      openKeyValue: () => Promise.resolve(keyValue),
      classes: { load: () => Promise.resolve(FailureWorker as LoadedClass) },
      clock,
      logger: silentLogger,
      newId: sequentialIds("f"),
    },
  );
  await worker.start();
}

async function fail(code: FailureCode | null, fields: Partial<UserMessage> = {}): Promise<UserMessage> {
  const base = createUserMessage({
    to_addr: "1",
    from_addr: "2",
    transport_name: "sms",
    transport_type: "sms",
    content: "x",
  });
  const message = { ...base, ...fields };
  await bus.publish(
    "sms.failures",
    failureCodec.encode(createFailure({ message, failure_code: code, reason: "Trace\nError: no" })),
  );
  await clock.advance(0);
  return message;
}

beforeEach(async () => {
  clock = new TestClock();
  bus = createMemoryBus({ clock });
  keyValue = await openKeyValue({ driver: "memory", clock });
  resent = [];
  await bus.consume("sms.outbound", {}, ({ body }) => void resent.push(userMessageCodec.decode(body)));
});

afterEach(async () => {
  await worker.stop();
  await bus.close();
  await keyValue.close();
});

describe("FailureWorker", () => {
  it("M60 sends a temporary failure again, with longer pauses each time, and forgets it then", async () => {
    await start();
    const message = await fail("temporary");
    expect(await keyValue.scard("failures:sms:failure_keys")).toBe(1);
    const [key = ""] = await keyValue.smembers("failures:sms:failure_keys");
    expect(await keyValue.hgetall(`failures:sms:${key}`)).toMatchObject({
      reason: "Trace\nError: no",
      retry_delay: "1",
    });
    await clock.advance(10_000);
    expect(resent).toEqual([{ ...message, retry_metadata: { retries: 1, delay: 1 } }]);
    expect(await keyValue.keys()).toEqual([]);
    await fail("temporary", resent[0] ?? {});
    await clock.advance(10_000);
    expect(resent[1]).toMatchObject({ message_id: message.message_id, retry_metadata: { retries: 2, delay: 3 } });
  });

  it("7.3 grows the delay up to its limit: 1, 3, 9, 27, 81, 243, 729, 2187, 3600, 3600", () => {
    const config = { retry_initial_delay: 1, retry_delay_factor: 3, retry_max_delay: 3600 };
    const delays: number[] = [];
    let last = { retries: 0, delay: 0 };
    for (let round = 0; round < 10; round++) delays.push((last = nextRetry(last, config)).delay);
    expect(delays).toEqual([1, 3, 9, 27, 81, 243, 729, 2187, 3600, 3600]);
  });

  it("M62 delivers what was due while nobody ran", async () => {
    await start();
    await fail("temporary");
    await worker.stop();
    await clock.advance(86_400_000);
    await start();
    await clock.advance(0);
    expect(resent).toHaveLength(1);
  });

  it.each(["permanent", null] as const)(
    "sets a failure of kind %j aside, where it can be sent again by hand",
    async (code) => {
      await start();
      const message = await fail(code);
      expect(resent).toEqual([]);
      const { messages } = await bus.parking.list("sms.failures");
      expect(messages.map(({ history }) => history.at(-1)?.code)).toEqual(["FAILURE_SET_ASIDE"]);
      expect(messages[0]?.history[0]?.message).toContain(message.message_id);
      await bus.parking.retry("sms.failures", "all");
      await clock.advance(0);
      expect(resent).toEqual([message]);
      expect((await bus.inspect("sms.failures"))[0]).toMatchObject({ depth: 0, parked: 0 });
    },
  );

  it("M102 gives a temporary failure up after max_retries", async () => {
    await start({ max_retries: 2 });
    await fail("temporary", { retry_metadata: { retries: 2, delay: 3 } });
    await clock.advance(60_000);
    expect(resent).toEqual([]);
    expect((await bus.inspect("sms.failures"))[0]).toMatchObject({ parked: 1 });
  });

  it("M63 looks for nothing with a period of 0, and stops all the same", async () => {
    await start({ retry_delivery_period: 0 });
    await fail("temporary");
    await clock.advance(60_000);
    expect(resent).toEqual([]);
  });

  it("parks what is no failure, and goes on", async () => {
    await start();
    await bus.publish("sms.failures", "{}");
    await fail("temporary");
    await clock.advance(10_000);
    expect(resent).toHaveLength(1);
    expect((await bus.inspect("sms.failures"))[0]).toMatchObject({ parked: 1 });
  });

  it("fills the routing keys with the transport's name", async () => {
    await start({ failures_routing_key: "%(transport_name)s.failures", retry_routing_key: "again.%(transport_name)s" });
    const again: unknown[] = [];
    await bus.consume("again.sms", {}, ({ body }) => void again.push(body));
    await fail("temporary");
    await clock.advance(10_000);
    expect(again).toHaveLength(1);
  });
});
