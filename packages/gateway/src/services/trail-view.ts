// The life of one message and its answer, as the page shows it: from what workers told, rows in order of time whose lengths add up to the total.
// Computing only; reading the store is somebody else's work.

import type { MiddlewarePass, TransportEvent } from "@switchboard/messaging";
import type { StoredMessage, TrailEntry, TrailError } from "@switchboard/messaging/store";
import { date } from "./common.ts";

/** A worker had the message. */
export interface HopRow {
  readonly kind: "hop";
  readonly worker: string;
  readonly worker_kind: TrailEntry["worker_kind"];
  readonly what: string;
  readonly rule?: number;
  readonly reply_id?: string;
  /** What it passed there, within the time of the hop: on its way in, then on its way out. */
  readonly middleware: readonly MiddlewarePass[];
  readonly at: Date | null;
  readonly offset_ms: number;
  readonly took_ms: number;
  readonly direction: "in" | "turn" | "out";
}

/** The message waited in a queue. */
export interface QueueRow {
  readonly kind: "queue";
  readonly queue: string;
  readonly at: Date | null;
  readonly offset_ms: number;
  readonly waited_ms: number;
}

/** A worker failed. */
export interface TryRow {
  readonly kind: "try";
  readonly worker: string;
  readonly number: number;
  readonly error: TrailError | null;
  /** Until the next try began; null when there was none. */
  readonly next_in_ms: number | null;
  readonly parked: boolean;
  readonly at: Date | null;
  readonly offset_ms: number;
  readonly took_ms: number;
}

/** The network reported. Takes no time of its own. */
export interface EventRow {
  readonly kind: "event";
  readonly event_type: string;
  readonly event_id: string;
  readonly network_id?: string;
  readonly reason?: string;
  readonly delivery_status?: string;
  readonly at: Date | null;
  readonly offset_ms: number;
}

/** Something that is not known. */
export interface UnknownRow {
  readonly kind: "unknown";
  readonly text: string;
}

/** A row of the trail. */
export type TrailRow = HopRow | QueueRow | TryRow | EventRow | UnknownRow;

/** What a trail is made of. */
export interface TrailInput {
  /** The message, and its answers if it is inbound, oldest first. */
  readonly message: StoredMessage;
  readonly answers: readonly StoredMessage[];
  /** Of the message and its answers, in any order. */
  readonly entries: readonly TrailEntry[];
  readonly events: readonly TransportEvent[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Where it waits now, if it does. */
  readonly waiting?: { readonly queue: string; readonly behind: number } | undefined;
}

/** The trail. The lengths (`took_ms`, `waited_ms`) of its rows add up to `total_ms`. */
export interface Trail {
  readonly headline: string;
  readonly total_ms: number;
  readonly rows: readonly TrailRow[];
}

/** Puts a trail together. */
export function trailOf(input: TrailInput): Trail {
  const steps = input.entries.filter(isStep).toSorted(byTime);
  const startMs = steps[0]?.at ?? input.message.tsUs / 1_000;
  const rows = stepRows(steps, input, startMs);
  const total_ms = rows.reduce((total, row) => total + lengthOf(row), 0);
  const complete = [...unknownBefore(steps, input), ...withEvents(rows, input.events, startMs)];
  return { headline: headlineOf(input, rows, total_ms), total_ms, rows: complete };
}

/** How long a row took. */
export function lengthOf(row: TrailRow): number {
  if (row.kind === "queue") return row.waited_ms;
  return row.kind === "hop" || row.kind === "try" ? row.took_ms : 0;
}

// What moves a message on: being handled, or coming into being at its channel or, when it answers nothing, at its application.
function isStep({ kind, did, worker_kind, in_reply_to }: TrailEntry): boolean {
  if (kind !== "inbound" && kind !== "outbound") return false;
  if (did === "handled") return true;
  return kind === "inbound" ? worker_kind === "channel" : worker_kind === "application" && in_reply_to === undefined;
}

// At one millisecond a message is published before it is handled, on its way in before on its way out.
function byTime(first: TrailEntry, second: TrailEntry): number {
  return first.at - second.at || rank(first) - rank(second);
}

function rank({ kind, did, worker_kind }: TrailEntry): number {
  if (kind === "inbound") return did === "published" ? 0 : worker_kind === "router" ? 1 : 2;
  return did === "published" ? 3 : worker_kind === "router" ? 4 : 5;
}

/** Each step ends at the latest where the next one begins, and what lies between is a queue: so nothing is counted twice or missing. */
function stepRows(steps: readonly TrailEntry[], input: TrailInput, startMs: number): TrailRow[] {
  const rows: TrailRow[] = [];
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    const end = Math.min(step.at + Math.max(0, step.took_ms), next?.at ?? Number.POSITIVE_INFINITY);
    const place = { at: date(step.at), offset_ms: step.at - startMs, took_ms: end - step.at };
    if (step.outcome === "failed" || step.outcome === "parked") rows.push(tryRow(step, steps.slice(index + 1), place));
    else rows.push(hopRow(step, input, place));
    if (next !== undefined && next.did === "handled") {
      const queue = `${next.connector}.${next.kind}`;
      rows.push({ kind: "queue", queue, at: date(end), offset_ms: end - startMs, waited_ms: next.at - end });
    } else if (next !== undefined && next.at > end) {
      rows.push({ kind: "queue", queue: "", at: date(end), offset_ms: end - startMs, waited_ms: next.at - end });
    }
  }
  return rows;
}

interface Place {
  readonly at: Date | null;
  readonly offset_ms: number;
  readonly took_ms: number;
}

function tryRow(step: TrailEntry, later: readonly TrailEntry[], place: Place): TryRow {
  const again = later.find(
    ({ did, worker, message_id }) => did === "handled" && worker === step.worker && message_id === step.message_id,
  );
  return {
    kind: "try",
    worker: step.worker,
    number: step.attempt ?? 1,
    error: step.error ?? null,
    next_in_ms: again === undefined ? null : again.at - step.at - step.took_ms,
    parked: step.outcome === "parked",
    ...place,
  };
}

function hopRow(step: TrailEntry, { entries }: TrailInput, place: Place): HopRow {
  const made = entries.filter((entry) => isMadeBy(entry, step));
  const rule = made.find((entry) => entry.rule !== undefined)?.rule;
  const reply = made.find((entry) => entry.kind === "outbound" && entry.in_reply_to === step.message_id);
  return {
    kind: "hop",
    worker: step.worker,
    worker_kind: step.worker_kind,
    what: whatOf(step, made),
    ...(rule !== undefined && { rule }),
    ...(reply !== undefined && { reply_id: reply.message_id }),
    middleware: [step, ...made].flatMap(({ middleware = [] }) => middleware),
    ...place,
    direction: directionOf(step),
  };
}

/** True for what a worker published while it handled a step. */
function isMadeBy(entry: TrailEntry, step: TrailEntry): boolean {
  if (entry.did !== "published" || entry.worker !== step.worker || entry === step) return false;
  if (entry.at < step.at || entry.at > step.at + step.took_ms) return false;
  // A router forwards the message itself, an application answers it; at one moment a router may handle both.
  if (entry.message_id === step.message_id) return entry.kind === step.kind || entry.kind === "event";
  return step.worker_kind !== "router" && entry.in_reply_to === step.message_id;
}

function directionOf({ kind, worker_kind }: TrailEntry): HopRow["direction"] {
  if (kind === "outbound") return worker_kind === "application" ? "turn" : "out";
  return worker_kind === "application" ? "turn" : "in";
}

function whatOf(step: TrailEntry, made: readonly TrailEntry[]): string {
  if (step.outcome === "ignored") return "did nothing with it";
  if (step.kind === "inbound" && step.worker_kind === "channel") return "accepted from the person";
  if (step.kind === "outbound" && step.worker_kind === "channel") {
    const event = made.find(({ event_status }) => event_status !== undefined)?.event_status;
    return event === "nack" ? "could not send it" : "sent to the person";
  }
  const messages = made.filter(({ kind }) => kind === "inbound" || kind === "outbound");
  if (step.worker_kind === "application") return messages.length === 0 ? "handled it without an answer" : "answered";
  const targets = [...new Set(messages.map(({ connector }) => connector))];
  return targets.length === 0 ? "sent it nowhere" : `to ${targets.join(", ")}`;
}

function withEvents(rows: readonly TrailRow[], events: readonly TransportEvent[], startMs: number): TrailRow[] {
  const eventRows = events.map((event): EventRow => {
    const at = Date.parse(`${event.timestamp.replace(" ", "T").slice(0, 23)}Z`);
    return {
      kind: "event",
      event_type: event.event_type,
      event_id: event.event_id,
      ...(event.event_type === "ack" && { network_id: event.sent_message_id }),
      ...(event.event_type === "nack" && { reason: event.nack_reason }),
      ...(event.event_type === "delivery_report" && { delivery_status: event.delivery_status }),
      at: date(at),
      offset_ms: Math.max(0, at - startMs),
    };
  });
  // Stable: what begins at one time stays in the order of steps before reports.
  return [...rows, ...eventRows].toSorted((first, second) => offsetOf(first) - offsetOf(second));
}

function offsetOf(row: TrailRow): number {
  return row.kind === "unknown" ? -1 : row.offset_ms;
}

function unknownBefore(steps: readonly TrailEntry[], { message }: TrailInput): UnknownRow[] {
  if (steps.length === 0) return [{ kind: "unknown", text: "What became of it is not recorded." }];
  const [first] = steps;
  if (message.direction === "inbound" && first?.did === "handled") {
    const text = message.isTest ? "It was put in behind the channel, as a test." : "How it came in is not recorded.";
    return [{ kind: "unknown", text }];
  }
  return [];
}

function headlineOf(input: TrailInput, rows: readonly TrailRow[], totalMs: number): string {
  const { message, waiting, now } = input;
  const tries = rows.filter((row) => row.kind === "try");
  const took = duration(totalMs);
  switch (message.state) {
    case "parked": {
      const last = tries.at(-1);
      const why = last?.error === undefined || last.error === null ? "" : `: ${last.error.code ?? last.error.message}`;
      return `Parked after ${count(tries.length, "try", "tries")}${why}`;
    }
    case "answered":
      return `Answered in ${took}${longest(rows, totalMs)}`;
    case "handled":
      return `Handled in ${took}, without an answer`;
    case "sent":
      return `Sent in ${took}`;
    case "delivered":
      return `Delivered; sent in ${took}`;
    case "failed":
      return "Could not be sent";
    case "waiting":
      return `Waiting for ${duration(Math.max(0, now - message.tsUs / 1_000))}${behind(waiting)}`;
    default:
      return message.state;
  }
}

function behind(waiting: TrailInput["waiting"]): string {
  return waiting === undefined || waiting.behind === 0 ? "" : ` behind ${waiting.behind}`;
}

/** Where most of the time went, if it is worth telling. */
function longest(rows: readonly TrailRow[], totalMs: number): string {
  const slowest = rows.toSorted((first, second) => lengthOf(second) - lengthOf(first))[0];
  if (slowest === undefined || totalMs < 10) return "";
  const share = Math.round((100 * lengthOf(slowest)) / totalMs);
  const name =
    slowest.kind === "hop" || slowest.kind === "try" ? slowest.worker : slowest.kind === "queue" ? slowest.queue : "";
  return share < 50 || name === "" ? "" : `, ${share} % of it in ${name}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** A duration for reading: `236 ms`, `1.4 s`, `1 min 34 s`, `2 h 05 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}
