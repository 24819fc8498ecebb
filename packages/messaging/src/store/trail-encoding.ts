// Steps of a trail as they are kept: `[time, texts, steps]`. There are a dozen steps per message and they share nearly all of their texts, so each
// text is there once and a step is a few small numbers: places in the list of texts, and milliseconds since that time. Codes are never reused.

import { asciiJson } from "./ascii-json.ts";
import type { TrailEntry } from "./trail.ts";

const kinds = ["inbound", "outbound", "event", "failure"] as const;
const deeds = ["handled", "published"] as const;
const workerKinds = ["channel", "router", "application", "worker"] as const;
const outcomes = ["handled", "ignored", "failed", "parked", "dropped"] as const;

const kindCodes = { inbound: 0, outbound: 1, event: 2, failure: 3 } as const;
const workerKindCodes = { channel: 0, router: 1, application: 2, worker: 3 } as const;
const outcomeCodes = { handled: 0, ignored: 1, failed: 2, parked: 3, dropped: 4 } as const;

type Cells = readonly [
  /** Kind, deed, kind of worker, and outcome + 1: 2, 1, 2 and 3 bits, the lowest first. */
  code: number,
  message: number,
  worker: number,
  connector: number,
  endpoint: number,
  at: number,
  took: number,
  publishedAt: number | null,
  attempt: number | null,
  rule: number | null,
  inReplyTo: number | null,
  eventId: number | null,
  eventStatus: number | null,
  error: TrailEntry["error"] | null,
  /** Names and microseconds in turn. */
  middleware: readonly number[] | null,
];

/** Writes steps. */
export function encodeTrail(entries: readonly TrailEntry[]): string {
  const start = entries[0]?.at ?? 0;
  const texts: string[] = [];
  let steps = "";
  for (const entry of entries) steps += `${steps === "" ? "" : ","}[${cellsOf(entry, start, texts)}]`;
  return `[${start},${asciiJson(texts)},[${steps}]]`;
}

/** Reads what {@link encodeTrail} has written. */
export function decodeTrail(text: string): TrailEntry[] {
  const [start, texts, steps] = JSON.parse(text) as [number, string[], Cells[]];
  return steps.map((cells) => entryOf(cells, start, texts));
}

/** Kind, deed, kind of worker and outcome of a step as one number; see {@link Cells}. */
export function codeOf({ kind, did, worker_kind, outcome }: TrailEntry): number {
  return (
    kindCodes[kind] |
    (did === "published" ? 4 : 0) |
    (workerKindCodes[worker_kind] << 3) |
    (outcome === undefined ? 0 : (outcomeCodes[outcome] + 1) << 5)
  );
}

/** What {@link codeOf} was given. */
export function kindsOf(code: number): Pick<TrailEntry, "kind" | "did" | "worker_kind" | "outcome"> {
  const outcome = outcomes[(code >> 5) - 1];
  return {
    kind: kinds[code & 3] ?? "inbound",
    did: deeds[(code >> 2) & 1] ?? "handled",
    worker_kind: workerKinds[(code >> 3) & 3] ?? "worker",
    ...(outcome !== undefined && { outcome }),
  };
}

// Put together by hand: as arrays, with the writer of JSON, they cost twice as much.
function cellsOf(entry: TrailEntry, start: number, texts: string[]): string {
  const { published_at, attempt, rule, in_reply_to, event_id, event_status, error } = entry;
  const message = placeOf(entry.message_id, texts);
  const worker = placeOf(entry.worker, texts);
  const connector = placeOf(entry.connector, texts);
  const endpoint = placeOf(entry.endpoint, texts);
  let cells = `${codeOf(entry)},${message},${worker},${connector},${endpoint},${entry.at - start},${entry.took_ms}`;
  const rest = [
    published_at === undefined ? undefined : published_at - start,
    attempt,
    rule,
    in_reply_to === undefined ? undefined : placeOf(in_reply_to, texts),
    event_id === undefined ? undefined : placeOf(event_id, texts),
    event_status === undefined ? undefined : placeOf(event_status, texts),
    error === undefined ? undefined : asciiJson(error),
    entry.middleware === undefined ? undefined : passesOf(entry.middleware, texts),
  ];
  let length = rest.length;
  while (length > 0 && rest[length - 1] === undefined) length -= 1;
  for (let index = 0; index < length; index++) cells += `,${rest[index] ?? "null"}`;
  return cells;
}

function entryOf(cells: Cells, start: number, texts: readonly string[]): TrailEntry {
  const [code, message, worker, connector, endpoint, at, took_ms, ...rest] = cells;
  const [publishedAt, attempt, rule, inReplyTo, eventId, eventStatus, error, middleware] = rest;
  const textAt = (place: number): string => texts[place] ?? "";
  return {
    message_id: textAt(message),
    ...kindsOf(code),
    worker: textAt(worker),
    connector: textAt(connector),
    endpoint: textAt(endpoint),
    at: start + at,
    took_ms,
    ...(isKnown(publishedAt) && { published_at: start + publishedAt }),
    ...(isKnown(attempt) && { attempt }),
    ...(isKnown(error) && { error }),
    ...(isKnown(rule) && { rule }),
    ...(isKnown(inReplyTo) && { in_reply_to: textAt(inReplyTo) }),
    ...(isKnown(eventId) && { event_id: textAt(eventId) }),
    ...(isKnown(eventStatus) && { event_status: textAt(eventStatus) }),
    ...(isKnown(middleware) && { middleware: readPasses(middleware, textAt) }),
  };
}

function passesOf(passes: NonNullable<TrailEntry["middleware"]>, texts: string[]): string {
  const cells = passes.map(({ name, took_ms }) => `${placeOf(name, texts)},${Math.round(took_ms * 1_000)}`);
  return `[${cells.join(",")}]`;
}

function readPasses(cells: readonly number[], textAt: (place: number) => string): TrailEntry["middleware"] & object {
  return Array.from({ length: cells.length / 2 }, (_, index) => ({
    name: textAt(cells[2 * index] ?? 0),
    took_ms: (cells[2 * index + 1] ?? 0) / 1_000,
  }));
}

function placeOf(text: string, texts: string[]): number {
  const known = texts.indexOf(text);
  return known === -1 ? texts.push(text) - 1 : known;
}

function isKnown<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
