// Steps of a trail as they are kept: JSON arrays in place of objects, because there are a dozen per message and names of keys would be most of it.
// Places are never reused; what is added goes to the end.

import { asciiJson } from "./ascii-json.ts";
import type { TrailEntry } from "./trail.ts";

const kinds = ["inbound", "outbound", "event", "failure"] as const;
const deeds = ["handled", "published"] as const;
const workerKinds = ["channel", "router", "application", "worker"] as const;
const outcomes = ["handled", "ignored", "failed", "parked", "dropped"] as const;

type Cells = readonly [
  message: string,
  kind: number,
  did: number,
  worker: string,
  workerKind: number,
  connector: string,
  endpoint: string,
  at: number,
  took: number,
  publishedAt: number | null,
  attempt: number | null,
  outcome: number | null,
  error: TrailEntry["error"] | null,
  rule: number | null,
  inReplyTo: string | null,
  eventId: string | null,
  eventStatus: string | null,
];

/** Writes steps. */
export function encodeTrail(entries: readonly TrailEntry[]): string {
  return asciiJson(entries.map(cellsOf));
}

/** Reads what {@link encodeTrail} has written. */
export function decodeTrail(text: string): TrailEntry[] {
  return (JSON.parse(text) as Cells[]).map(entryOf);
}

function cellsOf(entry: TrailEntry): unknown[] {
  const cells: unknown[] = [
    entry.message_id,
    kinds.indexOf(entry.kind),
    deeds.indexOf(entry.did),
    entry.worker,
    workerKinds.indexOf(entry.worker_kind),
    entry.connector,
    entry.endpoint,
    entry.at,
    entry.took_ms,
    entry.published_at ?? null,
    entry.attempt ?? null,
    entry.outcome === undefined ? null : outcomes.indexOf(entry.outcome),
    entry.error ?? null,
    entry.rule ?? null,
    entry.in_reply_to ?? null,
    entry.event_id ?? null,
    entry.event_status ?? null,
  ];
  while (cells.at(-1) === null) cells.pop();
  return cells;
}

function entryOf(cells: Cells): TrailEntry {
  const [message_id, kind, did, worker, workerKind, connector, endpoint, at, took_ms, ...rest] = cells;
  const [publishedAt, attempt, outcome, error, rule, inReplyTo, eventId, eventStatus] = rest;
  return {
    message_id,
    kind: kinds[kind] ?? "inbound",
    did: deeds[did] ?? "handled",
    worker,
    worker_kind: workerKinds[workerKind] ?? "worker",
    connector,
    endpoint,
    at,
    took_ms,
    ...(isKnown(publishedAt) && { published_at: publishedAt }),
    ...(isKnown(attempt) && { attempt }),
    ...(isKnown(outcome) && { outcome: outcomes[outcome] ?? "handled" }),
    ...(isKnown(error) && { error }),
    ...(isKnown(rule) && { rule }),
    ...(isKnown(inReplyTo) && { in_reply_to: inReplyTo }),
    ...(isKnown(eventId) && { event_id: eventId }),
    ...(isKnown(eventStatus) && { event_status: eventStatus }),
  };
}

function isKnown<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
