// What a trail says in sentences and sums. Pure; trail.tsx draws it.

import { formatDuration } from "../format.ts";
import type { MessageRow, TrailData, TrailRow } from "../services/types.ts";

/** The sum of a trail's rows: hops and queues; events and tries come after or within them. */
export function sumOf(rows: readonly TrailRow[]): number {
  return rows.reduce(
    (sum, row) => sum + (row.kind === "hop" ? row.took_ms : row.kind === "queue" ? row.waited_ms : 0),
    0,
  );
}

/** The hop that took longest, when it took more than half of all. */
export function longestHop(rows: readonly TrailRow[]): Extract<TrailRow, { kind: "hop" }> | undefined {
  const hops = rows.filter((row) => row.kind === "hop");
  const longest = hops.toSorted((a, b) => b.took_ms - a.took_ms)[0];
  return longest !== undefined && longest.took_ms > sumOf(rows) / 2 ? longest : undefined;
}

/** `Answered in 236 ms`, and where most of it went. */
export function headlineOf(trail: TrailData): { readonly title: string; readonly note: string } {
  const longest = longestHop(trail.rows);
  const total = trail.total_ms;
  // The gateway may have said where most of it went.
  const [, said, where] = /^(.*), (\d+ % of it in .*)$/.exec(trail.headline) ?? [];
  if (said !== undefined && where !== undefined) return { title: said, note: where };
  const isTimed = total !== null && /^(answered|sent|delivered|handled)$/i.test(trail.headline);
  const share =
    longest === undefined || total === null || total === 0 ? undefined : Math.round((longest.took_ms / total) * 100);
  return {
    title: isTimed ? `${trail.headline} in ${formatDuration(total)}` : trail.headline,
    note:
      share === undefined || (!isTimed && /parked|waiting/i.test(trail.headline))
        ? ""
        : `${share} % of it in ${longest?.worker}`,
  };
}

/** One row as a sentence, for a screen reader. */
export function sentenceOf(row: TrailRow): string {
  switch (row.kind) {
    case "hop":
      return `plus ${spoken(row.offset_ms)}, ${row.worker}, ${row.rule === undefined ? "" : `rule ${row.rule}, `}${row.what}, took ${spoken(row.took_ms)}`;
    case "queue":
      return `${row.queue}, waited ${spoken(row.waited_ms)}`;
    case "try":
      return `try ${row.number}${row.worker === undefined ? "" : ` at ${row.worker}`}, ${tryWords(row)}${row.next_in_ms === null ? ", the last" : `, again in ${spoken(row.next_in_ms)}`}`;
    case "event":
      return `plus ${spoken(row.offset_ms)}, ${eventWords(row)}`;
    case "unknown":
      return row.text;
  }
}

/** Why a try failed: the code, and what it means where that says more. */
export function tryWords({ error }: Extract<TrailRow, { kind: "try" }>): string {
  return error.message === error.code || error.message === "" ? error.code : `${error.code}, ${error.message}`;
}

/** What an event says. */
export function eventWords(row: Extract<TrailRow, { kind: "event" }>): string {
  return [
    row.event_type,
    row.delivery_status,
    row.reason,
    row.network_id === undefined ? undefined : `network id ${row.network_id}`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}

/** Which of the cord's three places a row stands at: 0 channel, 1 router, 2 application. */
export function stepOf(row: TrailRow): number | undefined {
  if (row.kind !== "hop") return undefined;
  return row.worker_kind === "channel" ? 0 : row.worker_kind === "router" ? 1 : 2;
}

type TryError = Extract<TrailRow, { kind: "try" }>["error"];

/** What a parked or failed message's error means for a retry; `last` of its last try. */
export function retryWords(row: MessageRow, last?: TryError): string {
  if (row.error === null) return "";
  if (row.error === "ESME_RTHROTTLED")
    return `The SMSC said that we send too fast (${row.error}). It is temporary: a retry now would probably pass.`;
  if (row.error === "ESME_RINVDSTADR")
    return `The SMSC does not know the address (${row.error}). It is permanent: it will fail again unless edited.`;
  if (last === undefined) return `The last error was ${row.error}.`;
  const said = last.message === last.code || last.message === "" ? "The last try failed" : last.message;
  const words = said.charAt(0).toUpperCase() + said.slice(1).replace(/\.$/, "");
  return `${words} (${last.code}). ${last.permanent ? "A retry alone fails again." : "It is temporary: a retry may pass."}`;
}

function spoken(ms: number): string {
  return formatDuration(ms)
    .replace(/ ms$/, ms === 1 ? " millisecond" : " milliseconds")
    .replace(/ s$/, " seconds");
}
