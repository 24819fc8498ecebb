// Times of middlewares: kept by worker and name, sampled on their way from other processes, and bounded.

import { expect, it } from "vitest";
import { MiddlewareSampler, MiddlewareTimes } from "../../src/observe/middleware-times.ts";

it("keeps how often and how long, finer than a millisecond, for a minute", () => {
  const times = new MiddlewareTimes();
  for (let index = 0; index < 100; index++) {
    times.addOne(1_000, { worker: "sms", middleware: "store" }, index < 90 ? 0.02 : 4);
  }
  const { store } = times.of("sms", 1_000);
  expect(store?.per_minute).toBe(100);
  expect(store?.p50_ms).toBeCloseTo(0.02, 2);
  expect(store?.p99_ms).toBeGreaterThan(3.7);
  expect(store?.p99_ms).toBeLessThan(4.3);
  expect(times.of("sms", 90_000)).toEqual({ store: { per_minute: 0, p50_ms: null, p95_ms: null, p99_ms: null } });
  expect(times.of("nobody", 1_000)).toEqual({});
});

it("counts all that were sampled in another process, of which few travel", () => {
  const sampler = new MiddlewareSampler();
  expect(sampler.hasAny).toBe(false);
  for (let index = 0; index < 5_003; index++) sampler.add("sms", "store", 1);
  sampler.add("sms", "tag", 2);
  expect(sampler.hasAny).toBe(true);
  const samples = sampler.take();
  expect(samples.map(({ middleware, count }) => [middleware, count])).toEqual([
    ["store", 5_003],
    ["tag", 1],
  ]);
  expect(samples[0]?.tookMs.length).toBeLessThanOrEqual(20);
  expect(sampler.take()).toEqual([]);
  const times = new MiddlewareTimes();
  for (const sample of samples) times.add(1_000, sample);
  expect(times.of("sms", 1_000)).toMatchObject({ store: { per_minute: 5_003 }, tag: { per_minute: 1 } });
});
