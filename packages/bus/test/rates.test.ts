// Rates over the last ten seconds.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QueueMeter, RateMeter } from "../src/rates.ts";

const start = Date.UTC(2026, 0, 1);

describe("a rate", () => {
  it("counts what happened in the last ten seconds, to a tenth of a second", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3_000), fc.nat(100)), { maxLength: 50 }), (steps) => {
        const meter = new RateMeter();
        const events: { at: number; count: number }[] = [];
        let now = start;
        for (const [pauseMs, count] of steps) {
          now += pauseMs;
          meter.add(count, now);
          events.push({ at: now, count });
        }
        const slot = (time: number): number => Math.floor(time / 100);
        const recent = events.filter(({ at }) => slot(at) > slot(now) - 100);
        expect(meter.perSecond(now)).toBeCloseTo(recent.reduce((sum, { count }) => sum + count, 0) / 10);
      }),
    );
  });

  it("is zero after ten quiet seconds", () => {
    const meter = new RateMeter();
    meter.add(50, start);
    expect([meter.perSecond(start), meter.perSecond(start + 9_899), meter.perSecond(start + 10_000)]).toEqual([
      5, 5, 0,
    ]);
  });

  it("survives a clock that is set back", () => {
    const meter = new RateMeter();
    meter.add(10, start);
    meter.add(10, start - 300);
    expect(meter.perSecond(start)).toBe(2);
    meter.add(30, start - 3_600_000);
    expect(meter.perSecond(start - 3_600_000)).toBe(3);
    expect(meter.perSecond(start - 3_590_000)).toBe(0);
  });
});

it("a queue's counters add up from the opening of the bus", () => {
  const meter = new QueueMeter();
  meter.published(3, start);
  meter.delivered(2, 1, start);
  meter.acknowledged(1, start);
  meter.parked(1);
  meter.expired(1);
  meter.published(1, start + 60_000);
  expect(meter.totals()).toEqual({
    published: 4,
    delivered: 2,
    acknowledged: 1,
    redelivered: 1,
    parked: 1,
    expired: 1,
  });
  expect(meter.rates(start + 60_000)).toEqual({ published: 0.1, delivered: 0, acknowledged: 0 });
});
