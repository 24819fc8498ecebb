// Steps of trails on their way to the thread that writes them: numbers in one array, and each text once. There are a dozen steps for every message,
// and as objects, or as their JSON, they cost the thread that handles messages more than all else that storing wants of it.

import type { TrailEntry } from "./trail.ts";
import { codeOf, kindsOf } from "./trail-encoding.ts";

/** Steps, packed. */
export interface PackedTrail {
  /** Ids and names; errors as JSON. */
  readonly texts: readonly string[];
  /** Step after step. Texts are places in `texts`; what is not there is NaN. */
  readonly cells: Float64Array;
}

/** Packs steps. */
export function packTrail(entries: readonly TrailEntry[]): PackedTrail {
  const places = new Map<string, number>();
  const placeOf = (text: string): number => {
    let place = places.get(text);
    if (place === undefined) {
      place = places.size;
      places.set(text, place);
    }
    return place;
  };
  const cells: number[] = [];
  for (const entry of entries) {
    const { published_at, attempt, rule, in_reply_to, event_id, event_status, error, middleware = [] } = entry;
    cells.push(
      codeOf(entry),
      placeOf(entry.message_id),
      placeOf(entry.worker),
      placeOf(entry.connector),
      placeOf(entry.endpoint),
      entry.at,
      entry.took_ms,
      published_at ?? Number.NaN,
      attempt ?? Number.NaN,
      rule ?? Number.NaN,
      in_reply_to === undefined ? Number.NaN : placeOf(in_reply_to),
      event_id === undefined ? Number.NaN : placeOf(event_id),
      event_status === undefined ? Number.NaN : placeOf(event_status),
      error === undefined ? Number.NaN : placeOf(JSON.stringify(error)),
      entry.middleware === undefined ? Number.NaN : middleware.length,
    );
    for (const { name, took_ms } of middleware) cells.push(placeOf(name), took_ms);
  }
  return { texts: [...places.keys()], cells: new Float64Array(cells) };
}

/** Returns what {@link packTrail} was given. */
export function unpackTrail({ texts, cells }: PackedTrail): TrailEntry[] {
  const entries: TrailEntry[] = [];
  let next = 0;
  const number = (): number => cells[next++] ?? Number.NaN;
  const text = (): string => texts[number()] ?? "";
  const numberOrNone = (): number | undefined => {
    const value = number();
    return Number.isNaN(value) ? undefined : value;
  };
  const textOrNone = (): string | undefined => texts[number()];
  while (next < cells.length) {
    const { outcome, ...kinds } = kindsOf(number());
    const entry: { -readonly [Key in keyof TrailEntry]: TrailEntry[Key] } = {
      message_id: text(),
      ...kinds,
      worker: text(),
      connector: text(),
      endpoint: text(),
      at: number(),
      took_ms: number(),
    };
    const publishedAt = numberOrNone();
    const attempt = numberOrNone();
    const rule = numberOrNone();
    const inReplyTo = textOrNone();
    const eventId = textOrNone();
    const eventStatus = textOrNone();
    const error = textOrNone();
    const passes = numberOrNone();
    if (publishedAt !== undefined) entry.published_at = publishedAt;
    if (attempt !== undefined) entry.attempt = attempt;
    if (outcome !== undefined) entry.outcome = outcome;
    if (error !== undefined) entry.error = JSON.parse(error) as NonNullable<TrailEntry["error"]>;
    if (rule !== undefined) entry.rule = rule;
    if (inReplyTo !== undefined) entry.in_reply_to = inReplyTo;
    if (eventId !== undefined) entry.event_id = eventId;
    if (eventStatus !== undefined) entry.event_status = eventStatus;
    if (passes !== undefined) {
      entry.middleware = Array.from({ length: passes }, () => ({ name: text(), took_ms: number() }));
    }
    entries.push(entry);
  }
  return entries;
}
