// Pauses between attempts: they double, differ, end at the longest, and begin anew after a session that lasted.

import { TestClock } from "@switchboard/core/testing";
import { expect, it } from "vitest";
import { Backoff } from "../src/backoff.ts";

const options = { reconnectMinMs: 100, reconnectMaxMs: 1000 };

function pauses(count: number, random: () => number): number[] {
  const backoff = new Backoff(new TestClock(), { ...options, random });
  return Array.from({ length: count }, () => backoff.retry(() => undefined));
}

it("pauses double up to the longest", () => {
  expect(pauses(6, () => 0)).toEqual([100, 200, 400, 800, 1000, 1000]);
});

it("chance shortens a pause by up to half", () => {
  expect(pauses(3, () => 0.5)).toEqual([75, 150, 300]);
  expect(pauses(3, () => 0.999_999)).toEqual([50, 100, 200]);
});

it("attempts follow their pauses", async () => {
  const clock = new TestClock();
  const backoff = new Backoff(clock, { ...options, random: () => 0 });
  const attempts: number[] = [];
  const started = clock.now();
  const attempt = (): void => {
    attempts.push(clock.now() - started);
    backoff.retry(attempt);
  };
  backoff.retry(attempt);
  await clock.advance(1600);
  expect(attempts).toEqual([100, 300, 700, 1500]);
  backoff.cancel();
  expect(clock.pendingTimers).toBe(0);
});

it("a session that outlived the pause before it begins the count anew, a shorter one does not", async () => {
  const clock = new TestClock();
  const backoff = new Backoff(clock, { ...options, random: () => 0 });
  const ignore = (): void => undefined;
  const session = async (lengthMs: number): Promise<void> => {
    backoff.succeeded();
    await clock.advance(lengthMs);
  };
  expect([backoff.retry(ignore), backoff.retry(ignore)]).toEqual([100, 200]);
  await session(199);
  expect(backoff.retry(ignore)).toBe(400);
  await session(400);
  expect([backoff.retry(ignore), backoff.retry(ignore)]).toEqual([100, 200]);
});
