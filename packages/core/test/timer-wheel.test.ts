// The timer wheel against the simplest model there is: a list of due times.

import { TestClock } from "@switchboard/core/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimerEntry, TimerWheel } from "../src/timer-wheel.ts";

class Alarm extends TimerEntry {
  readonly #ring: () => void;

  constructor(ring: () => void) {
    super();
    this.#ring = ring;
  }

  expire(): void {
    this.#ring();
  }
}

// Of every order of magnitude, so that all levels take part.
const delay = fc.nat(31).chain((bits) => fc.integer({ min: 1, max: Math.min(2 ** bits, 2_147_483_647) }));

const step = fc.oneof(
  fc.record({ what: fc.constant("add" as const), ms: delay }),
  // Due where slots of two levels begin.
  fc.record({ what: fc.constant("add where levels meet" as const), ms: fc.constantFrom(64, 128, 4096, 8192) }),
  fc.record({ what: fc.constant("remove" as const), ms: fc.nat(50) }),
  fc.record({ what: fc.constant("advance" as const), ms: delay }),
);

describe("the timer wheel", () => {
  it("expires each entry at its exact millisecond, and never one that was removed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
        const clock = new TestClock(4096);
        const wheel = new TimerWheel(clock);
        const alarms: { alarm: Alarm; dueAt: number; rangAt: number | undefined; removed: boolean }[] = [];
        for (const { what, ms } of steps) {
          if (what === "add" || what === "add where levels meet") {
            const delayMs = what === "add" ? ms : ms - (clock.now() % ms);
            const one = { dueAt: clock.now() + delayMs, rangAt: undefined as number | undefined, removed: false };
            const alarm = new Alarm(() => (one.rangAt = clock.now()));
            alarms.push(Object.assign(one, { alarm }));
            wheel.add(alarm, delayMs);
            await clock.advance(0);
          } else if (what === "remove") {
            const one = alarms[ms % Math.max(alarms.length, 1)];
            if (one === undefined) continue;
            wheel.remove(one.alarm);
            if (one.rangAt === undefined) one.removed = true;
          } else {
            await clock.advance(ms);
          }
          for (const { dueAt, rangAt, removed } of alarms) {
            expect(rangAt).toBe(!removed && dueAt <= clock.now() ? dueAt : undefined);
          }
        }
        await clock.advance(0);
        const waiting = alarms.some(({ rangAt, removed }) => rangAt === undefined && !removed);
        expect(clock.pendingTimers).toBe(waiting ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });

  it("does not touch the clock for what is removed in the same turn", async () => {
    const clock = new TestClock();
    const wheel = new TimerWheel(clock);
    const alarm = new Alarm(() => expect.unreachable());
    wheel.add(alarm, 10);
    wheel.remove(alarm);
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
    wheel.add(alarm, 10);
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(1);
    wheel.remove(alarm);
  });

  it("goes on waiting when the host's clock is set back", async () => {
    let shift = 0;
    const inner = new TestClock(1_000_000);
    const clock = { now: () => inner.now() + shift, setTimer: inner.setTimer.bind(inner) };
    const wheel = new TimerWheel(clock);
    const rang: string[] = [];
    wheel.add(new Alarm(() => rang.push("first")), 1000);
    await inner.advance(500);
    shift = -3_600_000;
    wheel.add(new Alarm(() => rang.push("second")), 1000);
    await inner.advance(1600);
    expect(rang).toEqual(["first", "second"]);
    expect(inner.pendingTimers).toBe(0);
  });

  it("lets entries add and remove others as they expire", async () => {
    const clock = new TestClock();
    const wheel = new TimerWheel(clock);
    const rang: string[] = [];
    const victim = new Alarm(() => rang.push("victim"));
    wheel.add(
      new Alarm(() => {
        rang.push("first");
        wheel.remove(victim);
        wheel.add(new Alarm(() => rang.push("again")), 64);
      }),
      5,
    );
    wheel.add(victim, 5);
    await clock.advance(68);
    expect(rang).toEqual(["first"]);
    await clock.advance(1);
    expect(rang).toEqual(["first", "again"]);
  });
});
