// Points in time as the wire writes and reads them: written as naive UTC with a blank, read in any ISO 8601 form.
// values.ts puts them into `$date`; the server's datastore stores and compares times in this form.

const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const dayMs = 86_400_000;

/**
 * Writes `2017-05-09 00:35:49.123000`, the fraction left out when it is zero. Such texts sort as the times they stand for.
 * Undefined for an invalid date and for years outside 0 to 9999, which the form cannot express.
 */
export function formatDate(date: Date): string | undefined {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return undefined;
  const iso = date.toISOString(); // 2017-05-09T00:35:49.123Z
  const seconds = `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
  return date.getUTCMilliseconds() === 0 ? seconds : `${seconds}.${iso.slice(20, 23)}000`;
}

/** Reads any ISO 8601 date or date and time; without a zone it is UTC. Digits below the millisecond are dropped. Undefined if it is none. */
export function parseDate(text: string): Date | undefined {
  const own = parseOwnForm(text);
  if (own !== undefined) return own;
  if (text.length > 64) return undefined;
  const [, datePart = "", timePart, zone] =
    /^([^Tt ]+)(?:[Tt ]([\d:.,]+)(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/.exec(text) ?? [];
  const days = parseDays(datePart);
  if (days === undefined) return undefined;
  const time = timePart === undefined ? 0 : parseTime(timePart);
  const offset = zone === undefined ? 0 : parseOffset(zone);
  if (time === undefined || offset === undefined) return undefined;
  const date = new Date(days * dayMs + time - offset);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

// Nearly all dates on the wire, and all in the datastore, are in the form the server writes, so these get a short way without expressions.
function parseOwnForm(text: string): Date | undefined {
  if ((text.length !== 19 && text.length !== 26) || text.charCodeAt(10) !== 0x20) return undefined;
  if (text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":") return undefined;
  const days = dayOf(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10));
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const hasFraction = text.length === 26;
  const ms = hasFraction ? digits(text, 20, 23) : 0;
  if (hasFraction && (text[19] !== "." || Number.isNaN(digits(text, 23, 26)))) return undefined;
  // Comparisons with NaN, which stands for what is no digit, are false.
  if (days === undefined || !(hour <= 23 && minute <= 59 && second <= 59 && ms >= 0)) return undefined;
  return new Date(days * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms);
}

/** The number written at these places, NaN unless all are digits. */
function digits(text: string, start: number, end: number): number {
  let number = 0;
  for (let index = start; index < end; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

/** Days since 1970-01-01 of a calendar date, a week date or an ordinal date, in extended or basic form. */
function parseDays(text: string): number | undefined {
  const calendar = /^(\d{4}|[+-]\d{6})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text) ?? /^(\d{4})(\d\d)(\d\d)$/.exec(text);
  if (calendar !== null) return dayOf(Number(calendar[1]), Number(calendar[2] ?? 1), Number(calendar[3] ?? 1));
  const week = /^(\d{4})-W(\d\d)(?:-([1-7]))?$/.exec(text) ?? /^(\d{4})W(\d\d)([1-7])?$/.exec(text);
  if (week !== null) return dayOfWeek(Number(week[1]), Number(week[2]), Number(week[3] ?? 1));
  const ordinal = /^(\d{4})-?(\d{3})$/.exec(text);
  if (ordinal === null) return undefined;
  const year = Number(ordinal[1]);
  const day = Number(ordinal[2]);
  return day >= 1 && day <= (isLeap(year) ? 366 : 365) ? firstDay(year) + day - 1 : undefined;
}

function dayOf(year: number, month: number, day: number): number | undefined {
  const before = daysBeforeMonth[month - 1];
  if (before === undefined || Number.isNaN(year) || !(day >= 1)) return undefined;
  const last = month === 2 ? (isLeap(year) ? 29 : 28) : (daysBeforeMonth[month] ?? 365) - before;
  if (day > last) return undefined;
  return firstDay(year) + before + (month > 2 && isLeap(year) ? 1 : 0) + day - 1;
}

function dayOfWeek(year: number, week: number, weekday: number): number | undefined {
  const first = mondayOfWeekOne(year);
  const weeks = (mondayOfWeekOne(year + 1) - first) / 7;
  return week >= 1 && week <= weeks ? first + (week - 1) * 7 + weekday - 1 : undefined;
}

// ISO 8601 §2.2.10: week 1 is the one with 4 January in it, and begins on Monday. (1970-01-01 was a Thursday.)
function mondayOfWeekOne(year: number): number {
  const fourth = firstDay(year) + 3;
  return fourth - ((((fourth + 3) % 7) + 7) % 7);
}

// Days from 1970-01-01 to the first of January, by counting leap days since year 1. `Date.UTC` takes years 0 to 99 for 1900 to 1999.
function firstDay(year: number): number {
  const before = year - 1;
  return before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 719_162;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Milliseconds since midnight; the lowest of hours, minutes and seconds may have a fraction. 24:00 and leap seconds are allowed. */
function parseTime(text: string): number | undefined {
  const match =
    /^(\d\d)(?::(\d\d)(?::(\d\d))?)?(?:[.,](\d+))?$/.exec(text) ?? /^(\d\d)(\d\d)(\d\d)?(?:[.,](\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, hour, minute, second, fraction] = match;
  const unit = second === undefined ? (minute === undefined ? 3_600_000 : 60_000) : 1000;
  const whole = Number(hour) * 3_600_000 + Number(minute ?? 0) * 60_000 + Number(second ?? 0) * 1000;
  const part =
    fraction === undefined
      ? 0
      : unit === 1000
        ? Number(fraction.slice(0, 3).padEnd(3, "0"))
        : Math.round(Number(`0.${fraction}`) * unit);
  const inRange = Number(minute ?? 0) <= 59 && Number(second ?? 0) <= 60;
  return inRange && (Number(hour) <= 23 || whole + part === 24 * 3_600_000) ? whole + part : undefined;
}

function parseOffset(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", ""));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
