import { silentLogger } from "@switchboard/core";
import { sequentialIds } from "@switchboard/core/testing";
import { until } from "@switchboard/testkit";
import { expect, it, onTestFinished } from "vitest";
import { bucketAfter, isoSecond, MessageScheduler } from "../../src/components/index.ts";
import type { JsonValue } from "../../src/index.ts";
import { type Engine, onEachEngine } from "./engines.ts";

it.each([
  [3_000, 11_000, 12_000, 24_000],
  [5_000, 0, 0, 5_000],
  [5_000, 4_000, 0, 5_000],
  [5_000, 5_000, 0, 10_000],
  [5_000, 9_000, 0, 10_000],
  [5_000, 109_000, 101_000, 215_000],
  [10_000, 1_000, 12_000, 20_000],
])("M59 with granularity %d at %d a delay of %d ends at %d", (granularity, now, delay, expected) => {
  expect(bucketAfter(now + delay, granularity)).toBe(expected);
});

it("a bucket is named by its second", () => {
  expect(isoSecond(Date.UTC(2026, 0, 1, 0, 0, 5, 999))).toBe("2026-01-01T00:00:05");
});

function scheduler({ keyValue, clock }: Engine, options: object = {}): MessageScheduler {
  const made = new MessageScheduler(keyValue, { clock, newId: sequentialIds("id"), ...options });
  onTestFinished(() => made.stop());
  return made;
}

onEachEngine("the message scheduler", (open) => {
  it("delivers when it is time, in order of time, and forgets what was delivered", async () => {
    const engine = await open();
    const delivered: JsonValue[] = [];
    const messages = scheduler(engine);
    await messages.schedule(12_000, "later");
    await messages.schedule(2_000, { content: "soon" });
    messages.start(async (payload) => void delivered.push(payload));
    await engine.clock.advance(4_999);
    expect(delivered).toEqual([]);
    await advanceUntil(engine, () => delivered.length === 1);
    expect(delivered).toEqual([{ content: "soon" }]);
    await advanceUntil(engine, () => delivered.length === 2);
    await messages.stop();
    expect(delivered).toEqual([{ content: "soon" }, "later"]);
    expect(await storedKeys(engine)).toEqual([]);
  });

  it("delivers everything that fell due while nobody ran", async () => {
    const engine = await open();
    await scheduler(engine, { newId: sequentialIds("a") }).schedule(1_000, "first");
    await engine.clock.advance(60_000);
    await scheduler(engine, { newId: sequentialIds("b") }).schedule(1_000, "second");
    await engine.clock.advance(3_600_000);
    const delivered: JsonValue[] = [];
    scheduler(engine).start(async (payload) => void delivered.push(payload));
    await advanceUntil(engine, () => delivered.length === 2);
    expect(delivered).toEqual(["first", "second"]);
  });

  it("M73 forgets a cleared entry: hash, set entry and bucket entry", async () => {
    const engine = await open();
    const messages = scheduler(engine);
    const first = await messages.schedule(1_000, "first");
    const second = await messages.schedule(1_000, "second");
    expect(await messages.clear(first)).toBe(true);
    expect(await messages.payload(first)).toBeUndefined();
    expect(await messages.payload(second)).toBe("second");
    expect(await engine.keyValue.smembers("scheduler#scheduled_keys")).toEqual([second]);
    expect(await messages.clear(second)).toBe(true);
    expect(await messages.clear(second)).toBe(false);
    expect(await engine.keyValue.keys()).toEqual([]);
  });

  it("tries again what could not be delivered, and delivers the rest meanwhile", async () => {
    const engine = await open();
    const errors: string[] = [];
    const attempts: JsonValue[] = [];
    const messages = scheduler(engine, {
      logger: { ...silentLogger, error: (_: object, message: string) => errors.push(message) },
    });
    await messages.schedule(1_000, "bad");
    await messages.schedule(1_000, "good");
    messages.start(async (payload) => {
      attempts.push(payload);
      if (payload === "bad" && attempts.length < 3) throw new Error("no");
    });
    await advanceUntil(engine, () => attempts.length === 3);
    await messages.stop();
    expect(attempts).toEqual(["bad", "good", "bad"]);
    expect(errors).toHaveLength(1);
    expect(await storedKeys(engine)).toEqual([]);
  });

  it("shares its work with another one on the same store without delivering twice", async () => {
    const engine = await open();
    const delivered: number[] = [];
    const both = [scheduler(engine, { newId: sequentialIds("a") }), scheduler(engine, { newId: sequentialIds("b") })];
    for (const messages of both) {
      for (let number = 0; number < 10; number++) await messages.schedule(1_000, number);
    }
    await engine.clock.advance(10_000);
    for (const messages of both) messages.start(async (payload) => void delivered.push(Number(payload)));
    await until(() => delivered.length >= 20);
    for (const messages of both) await messages.stop();
    expect(delivered.toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]);
  });

  it("has Vumi's keys", async () => {
    const { keyValue, clock } = await open();
    const key = await scheduler({ keyValue, clock }).schedule(12_000, { a: 1 });
    expect(key).toBe("scheduler#scheduled.2026-01-01T00:00:15.id1");
    expect(await keyValue.hgetall(key)).toEqual({
      payload: '{"a":1}',
      scheduled_at: "2026-01-01T00:00:00",
      bucket_key: "scheduler#scheduled_keys.2026-01-01T00:00:15",
    });
    expect(await keyValue.smembers("scheduler#scheduled_keys.2026-01-01T00:00:15")).toEqual([key]);
    expect(await keyValue.zrange("scheduler#scheduled_timestamps", 0, -1)).toEqual([
      { member: "2026-01-01T00:00:15", score: Date.UTC(2026, 0, 1, 0, 0, 15) / 1_000 },
    ]);
  });

  it("runs once", async () => {
    const messages = scheduler(await open());
    messages.start(() => Promise.resolve());
    expect(() => messages.start(() => Promise.resolve())).toThrow(
      expect.objectContaining({ code: "COMPONENT_ALREADY_RUNNING" }),
    );
  });
});

/** On Redis answers take real time, so the clock is moved step by step until the condition holds. */
async function advanceUntil({ clock }: Engine, isDone: () => boolean): Promise<void> {
  await until(async () => {
    if (!isDone()) await clock.advance(1_000);
    return isDone();
  });
}

/** What is left, claims aside, which end by themselves. */
async function storedKeys({ keyValue }: Engine): Promise<string[]> {
  return (await keyValue.keys()).filter((key) => !key.endsWith(".claim"));
}
