// Numbers, rates, durations, moments: the text of format.ts with the hover that says it exactly. Pure but for the clock.

import type { JSX } from "preact";
import {
  type Exactness,
  type Maybe,
  formatCount,
  formatDuration,
  formatMoment,
  formatRate,
  momentTitle,
  unknownText,
} from "../format.ts";
import { now } from "../services/clock.ts";

/** A count. */
export function Num({ value, why }: { readonly value: Maybe<number>; readonly why?: string }): JSX.Element {
  const isUnknown = value === null || value === undefined;
  return (
    <span class="num measured" title={isUnknown ? (why ?? "not measured") : value.toLocaleString("en-US")}>
      {formatCount(value)}
    </span>
  );
}

/** A rate per minute; the unit is written unless `bare`. */
export function Rate({ value, bare = false }: { readonly value: Maybe<number>; readonly bare?: boolean }): JSX.Element {
  const isUnknown = value === null || value === undefined;
  const title = isUnknown ? "not measured" : `${(value / 60).toFixed(2)} a second, over the last 60 s`;
  return (
    <span class="num measured" title={title}>
      {formatRate(value)}
      {bare || isUnknown ? "" : "/min"}
    </span>
  );
}

/** A duration in milliseconds. */
export function Dur({ ms }: { readonly ms: Maybe<number> }): JSX.Element {
  const title = ms === null || ms === undefined ? "not known" : `${ms.toLocaleString("en-US")} ms`;
  return (
    <span class="num measured" title={title}>
      {formatDuration(ms)}
    </span>
  );
}

/** A moment in the viewer's zone, UTC on hover. */
export function Time({ at, exact = "s" }: { readonly at: Maybe<Date>; readonly exact?: Exactness }): JSX.Element {
  if (at === null || at === undefined) return <span class="num">{unknownText}</span>;
  return (
    <time class="num" datetime={at.toISOString()} title={momentTitle(at, now.peek())}>
      {formatMoment(at, now.peek(), exact)}
    </time>
  );
}
