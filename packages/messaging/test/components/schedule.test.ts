import * as fc from "fast-check";
import { silentLogger } from "@switchboard/core";
import { describe, expect, it } from "vitest";
import { Schedule, type ScheduleDefinition } from "../../src/components/index.ts";

const at = (text: string): number => Date.parse(`${text}Z`);
const next = (definition: ScheduleDefinition, after: string): string | undefined => {
  const found = new Schedule(definition).next(at(after));
  return found === undefined ? undefined : new Date(found).toISOString().slice(0, 19);
};

describe("the next occurrence", () => {
  const time = "12:00:00";
  // 2026-01-01 is a Thursday.
  it.each([
    [{ recurring: "daily", time }, "2026-01-01T11:00:00", "2026-01-01T12:00:00"],
    [{ recurring: "daily", time }, "2026-01-01T12:00:00", "2026-01-02T12:00:00"],
    [{ recurring: "daily", time }, "2026-01-01T13:00:00", "2026-01-02T12:00:00"],
    [{ recurring: "daily", time }, "2026-12-31T13:00:00", "2027-01-01T12:00:00"],
    [{ recurring: "daily", time: "0:0:0" }, "2026-01-01T00:00:00", "2026-01-02T00:00:00"],
    [{ recurring: "day_of_week", time, days: "4" }, "2026-01-01T11:00:00", "2026-01-01T12:00:00"],
    [{ recurring: "day_of_week", time, days: "4" }, "2026-01-01T12:00:00", "2026-01-08T12:00:00"],
    [{ recurring: "day_of_week", time, days: "1, 7" }, "2026-01-01T12:00:00", "2026-01-04T12:00:00"],
    [{ recurring: "day_of_week", time, days: "1 7" }, "2026-01-04T12:00:00", "2026-01-05T12:00:00"],
    [{ recurring: "day_of_week", time, days: 3 }, "2026-12-31T00:00:00", "2027-01-06T12:00:00"],
    [{ recurring: "day_of_month", time, days: "1" }, "2026-01-01T11:00:00", "2026-01-01T12:00:00"],
    [{ recurring: "day_of_month", time, days: "1,15" }, "2026-01-01T12:00:00", "2026-01-15T12:00:00"],
    [{ recurring: "day_of_month", time, days: "31" }, "2026-01-31T12:00:00", "2026-03-31T12:00:00"],
    [{ recurring: "day_of_month", time, days: "30" }, "2026-01-30T12:00:00", "2026-03-30T12:00:00"],
    [{ recurring: "day_of_month", time, days: "29" }, "2028-01-29T12:00:00", "2028-02-29T12:00:00"],
    [{ recurring: "day_of_month", time, days: "2" }, "2026-12-31T00:00:00", "2027-01-02T12:00:00"],
    [{ recurring: "never" }, "2026-01-01T00:00:00", undefined],
  ])("M72 of %j after %s is %s", (definition, after, expected) => {
    expect(next(definition, after)).toBe(expected);
  });

  it("M72 S41 is strictly later, at the time of day, and never skips a matching day", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.integer({ min: 0, max: 86_399 }),
        fc.integer({ min: 1, max: 31 }),
        (after, second, day) => {
          const time = new Date(second * 1_000).toISOString().slice(11, 19);
          const found = new Schedule({ recurring: "day_of_month", time, days: String(day) }).next(after) ?? 0;
          expect(found).toBeGreaterThan(after);
          expect(new Date(found).getUTCDate()).toBe(day);
          expect(new Date(found).toISOString().slice(11, 19)).toBe(time);
          expect(new Schedule({ recurring: "daily", time }).next(after)).toBeLessThanOrEqual(found);
        },
      ),
    );
  });
});

describe("a definition that makes no sense", () => {
  it.each([
    [{}, "recurring: expected daily, day_of_week, day_of_month or never, got nothing"],
    [{ recurring: "yearly", time: "12:00:00" }, "recurring: "],
    [{ recurring: "daily" }, "time: expected HH:MM:SS, got nothing"],
    [{ recurring: "daily", time: "25:00:00" }, 'time: expected HH:MM:SS, got "25:00:00"'],
    [{ recurring: "daily", time: "12:00" }, "time: "],
    [{ recurring: "daily", time: 45045 }, "time: expected HH:MM:SS, got the number 45045"],
    [{ recurring: "day_of_week", time: "noon", days: "9" }, "time: "],
    [{ recurring: "day_of_week", time: "12:00:00", days: "" }, "days: expected numbers from 1 to 7"],
    [{ recurring: "day_of_week", time: "12:00:00", days: "8" }, "days: expected numbers from 1 to 7"],
    [{ recurring: "day_of_week", time: "12:00:00", days: "mon" }, "days: "],
    [{ recurring: "day_of_month", time: "12:00:00" }, "days: expected numbers from 1 to 31"],
    [{ recurring: "day_of_month", time: "12:00:00", days: "0" }, "days: "],
    [{ recurring: "day_of_month", time: "12:00:00", days: "1.5" }, "days: "],
  ])("M72 is logged once and never due: %j", (definition, reason) => {
    const errors: string[] = [];
    const schedule = new Schedule(definition, { ...silentLogger, error: (_, message) => errors.push(message) });
    expect(schedule.next(0)).toBeUndefined();
    expect(schedule.isDue(0, Number.MAX_SAFE_INTEGER)).toBe(false);
    expect(errors).toEqual([expect.stringContaining(reason)]);
  });
});

it("something is due when an occurrence lies between then and now, now included", () => {
  const schedule = new Schedule({ recurring: "daily", time: "12:00:00" });
  expect(schedule.isDue(at("2026-01-01T11:00:00"), at("2026-01-01T11:59:59"))).toBe(false);
  expect(schedule.isDue(at("2026-01-01T11:00:00"), at("2026-01-01T12:00:00"))).toBe(true);
  expect(schedule.isDue(at("2026-01-01T12:00:00"), at("2026-01-02T11:00:00"))).toBe(false);
});
