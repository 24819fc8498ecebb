// Recurring times as Vumi's configurations define them: daily, on days of the week, on days of the month. All times are UTC.

import { type Logger, silentLogger } from "@switchboard/core";
import { describeValue } from "../describe-value.ts";

/** A recurring time as it is configured; see {@link Schedule}. */
export interface ScheduleDefinition {
  /** `daily`, `day_of_week`, `day_of_month` or `never`. */
  readonly recurring?: unknown;
  /** `HH:MM:SS`. */
  readonly time?: unknown;
  /** Numbers separated by blanks and commas: 1 (Monday) to 7 for the week, 1 to 31 for the month. */
  readonly days?: unknown;
}

const dayMs = 86_400_000;
// From the 31st of December over a short month to the next 31st it is 62 days at most.
const horizonDays = 63;

interface Rule {
  readonly timeMs: number;
  readonly matches: (day: Date) => boolean;
}

/** Tells when something recurs. A definition that makes no sense is logged and means never. */
export class Schedule {
  readonly #rule: Rule | undefined;

  constructor(definition: ScheduleDefinition, logger: Logger = silentLogger) {
    const rule = readRule(definition);
    if (typeof rule === "string")
      logger.error({ definition }, `a schedule cannot be understood and is never due: ${rule}`);
    else this.#rule = rule;
  }

  /** Returns the first occurrence after `afterMs`, never equal to it; undefined when there is none. Milliseconds since 1970. */
  next(afterMs: number): number | undefined {
    if (this.#rule === undefined) return undefined;
    const { timeMs, matches } = this.#rule;
    const firstDay = Math.floor(afterMs / dayMs) * dayMs;
    for (let offset = 0; offset <= horizonDays; offset++) {
      const day = firstDay + offset * dayMs;
      if (day + timeMs > afterMs && matches(new Date(day))) return day + timeMs;
    }
    return undefined;
  }

  /** True when an occurrence lies after `lastMs` and not after `nowMs`. */
  isDue(lastMs: number, nowMs: number): boolean {
    const next = this.next(lastMs);
    return next !== undefined && next <= nowMs;
  }
}

/** The rule, undefined for never, or what is wrong with the definition. */
function readRule({ recurring, time, days }: ScheduleDefinition): Rule | undefined | string {
  if (recurring === "never") return undefined;
  const isWeekly = recurring === "day_of_week";
  if (recurring !== "daily" && !isWeekly && recurring !== "day_of_month") {
    return `recurring: expected daily, day_of_week, day_of_month or never, got ${describeValue(recurring)}`;
  }
  const timeMs = readTime(time);
  if (timeMs === undefined) return `time: expected HH:MM:SS, got ${describeValue(time)}`;
  if (recurring === "daily") return { timeMs, matches: () => true };
  const last = isWeekly ? 7 : 31;
  const chosen = readDays(days, last);
  if (chosen === undefined) return `days: expected numbers from 1 to ${last}, got ${describeValue(days)}`;
  // Sunday is 0 to JavaScript and 7 here.
  const dayNumber = (day: Date): number => (isWeekly ? day.getUTCDay() || 7 : day.getUTCDate());
  return { timeMs, matches: (day) => chosen.has(dayNumber(day)) };
}

function readTime(time: unknown): number | undefined {
  const parts = typeof time === "string" ? /^(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(time) : null;
  if (parts === null) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(Number);
  return hours < 24 && minutes < 60 && seconds < 60 ? ((hours * 60 + minutes) * 60 + seconds) * 1_000 : undefined;
}

function readDays(days: unknown, last: number): ReadonlySet<number> | undefined {
  if (typeof days !== "string" && typeof days !== "number") return undefined;
  const numbers = String(days)
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map(Number);
  const areDays = numbers.length > 0 && numbers.every((day) => Number.isInteger(day) && day >= 1 && day <= last);
  return areDays ? new Set(numbers) : undefined;
}
