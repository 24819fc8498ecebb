// Numbers, durations, moments, addresses as they are shown everywhere. Pure: value in, text out. Parts (Num, Time, …) add hover texts.

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** What stands where a value is not known; never 0. */
export const unknownText = "–";

/** A value that may be unknown. */
export type Maybe<Value> = Value | null | undefined;

/** A count: grouped, from 100,000 on three digits and k or M. */
export function formatCount(value: Maybe<number>): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknownText;
  if (Math.abs(value) < 100_000) return grouped.format(value);
  const isMillions = Math.abs(value) >= 999_500;
  return `${threeDigits(value / (isMillions ? 1e6 : 1e3))}${isMillions ? "M" : "k"}`;
}

/** A rate without its unit: one decimal below 10. */
export function formatRate(value: Maybe<number>): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknownText;
  return value !== 0 && value < 9.95 ? trimZero(value.toFixed(1)) : formatCount(Math.round(value));
}

/** A share of one as percent: one decimal below 10 %. */
export function formatShare(value: Maybe<number>): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return unknownText;
  const percent = value * 100;
  return `${percent !== 0 && percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** A duration in milliseconds: two parts at most. */
export function formatDuration(ms: Maybe<number>): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return unknownText;
  if (ms < 0) return formatDuration(0);
  if (ms < 1) return ms === 0 ? "0 ms" : "< 1 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${trimZero((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const parts = twoParts(seconds);
  return parts;
}

/** What is left of a time, as clocks count down: `1:45`. */
export function formatCountdown(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A coarse duration for sentences: its largest part only, from a minute on. */
export function formatAbout(ms: Maybe<number>): string {
  if (ms === null || ms === undefined) return unknownText;
  const minutes = Math.round(ms / 60_000);
  if (ms < 60_000) return formatDuration(ms);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(ms / 3_600_000);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** How exact a moment is shown. */
export type Exactness = "ms" | "s" | "min";

/** A moment in the viewer's zone; the date only when it is not `today`. */
export function formatMoment(at: Maybe<Date>, today: Date, exact: Exactness = "s"): string {
  if (at === null || at === undefined || Number.isNaN(at.getTime())) return unknownText;
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const seconds = exact === "min" ? "" : `:${two(at.getSeconds())}`;
  const ms = exact === "ms" ? `.${String(at.getMilliseconds()).padStart(3, "0")}` : "";
  const time = `${clock}${seconds}${ms}`;
  if (at.toDateString() === today.toDateString()) return time;
  const month = at.toLocaleString("en-GB", { month: "short" });
  const year = at.getFullYear() === today.getFullYear() ? "" : ` ${at.getFullYear()}`;
  return `${at.getDate()} ${month}${year} ${time}`;
}

/** What hovering a moment says: UTC in ISO form and how long ago. */
export function momentTitle(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  return `${at.toISOString()} UTC, ${ms >= 0 ? `${formatAbout(ms)} ago` : `in ${formatAbout(-ms)}`}`;
}

/** An address grouped for reading: international numbers in blocks, others as they are. */
export function formatAddress(address: Maybe<string>): string {
  if (address === null || address === undefined || address === "") return unknownText;
  const match = /^\+(\d{2})(\d{2})(\d{3})(\d{3,4})$/.exec(address);
  return match === null ? address : `+${match.slice(1).join(" ")}`;
}

/** The first 8 digits of an id. */
export function shortId(id: string): string {
  return id.replaceAll("-", "").slice(0, 8);
}

/** A whole id in groups of 8. */
export function groupedId(id: string): string {
  return id.replaceAll("-", "").replaceAll(/(.{8})(?=.)/g, "$1 ");
}

/** A size in bytes, 1024-based. */
export function formatBytes(bytes: Maybe<number>): string {
  if (bytes === null || bytes === undefined) return unknownText;
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value < 10 ? trimZero(value.toFixed(1)) : Math.round(value)} ${units[power - 1]}`;
}

/** `1 message`, `3 messages`: a count with its noun. */
export function plural(count: number, noun: string, many: string = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : many}`;
}

/** Any value as text: texts as they are, objects as JSON, nothing as nothing. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Text on one line, line breaks shown. */
export function oneLine(text: Maybe<string>): string {
  return (text ?? "").replaceAll(/\r?\n/g, "⏎");
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

function trimZero(text: string): string {
  return text.endsWith(".0") ? text.slice(0, -2) : text;
}

function twoParts(seconds: number): string {
  if (seconds < 3600) {
    const rest = seconds % 60;
    return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) {
    const rest = minutes % 60;
    return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${String(rest).padStart(2, "0")} min`}`;
  }
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d${hours % 24 === 0 ? "" : ` ${hours % 24} h`}`;
}

/** A place in a row: 1st, 2nd, 3rd, 4th. */
export function ordinal(number: number): string {
  const tens = number % 100;
  const ending = tens > 10 && tens < 20 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${number}${ending}`;
}
