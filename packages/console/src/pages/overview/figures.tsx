// The five figures of the first page: the last minute's rates, with curve and peak over the chosen range. Each leads to the list that explains it.

import type { JSX } from "preact";
import {
  formatAbout,
  formatCount,
  formatDuration,
  formatMoment,
  formatRate,
  formatShare,
  plural,
} from "../../format.ts";
import { Figure } from "../../parts/figure.tsx";
import { now } from "../../services/clock.ts";
import { isStale } from "../../services/connection.ts";
import { attention, frame } from "../../services/live.ts";
import type { MetricsFrame } from "../../services/types.ts";
import { type HistoryWindow, peakOf, useHistory } from "../../services/use-history.ts";

const seriesNames = ["figures.accepted", "figures.sent", "figures.failed", "figures.parked", "figures.latency_ms.p50"];

/** The figures. */
export function Figures({ range }: { readonly range: HistoryWindow }): JSX.Element {
  const history = useHistory(seriesNames, range);
  const values = (name: string): readonly (number | null)[] => history.data?.series[name] ?? [];
  const current = frame.value;
  const figures = current?.figures;
  const waiting = sumWaiting(current);
  const stale = isStale.value && current !== undefined ? `at ${formatMoment(current.at, now.value)}` : undefined;
  const peak = peakOf(history.data, "figures.accepted");
  return (
    <section class="figures" aria-label="Figures">
      <Figure
        label="Accepted"
        value={formatRate(figures?.accepted)}
        unit="/min"
        meaning="in"
        values={values("figures.accepted")}
        href="/messages"
        note={
          stale ??
          (peak === undefined ? "" : `peak ${formatRate(peak.value)} at ${formatMoment(peak.at, now.value, "min")}`)
        }
      />
      <Figure
        label="Sent"
        value={formatRate(figures?.sent)}
        unit="/min"
        meaning="out"
        values={values("figures.sent")}
        href="/messages?q=state%3Asent"
        note={stale ?? `${formatCount(waiting)} waiting to go out`}
      />
      <Figure
        label="Failed"
        value={formatRate(figures?.failed)}
        unit="/min"
        meaning="failed"
        values={values("figures.failed")}
        href="/messages?q=state%3Afailed"
        note={stale ?? `${formatShare(shareOf(figures?.failed, figures?.sent))} of sent`}
      />
      <Figure
        label="Parked"
        value={formatCount(figures?.parked)}
        unit="now"
        meaning="parked"
        values={values("figures.parked")}
        href="/queues"
        note={stale ?? parkedNote(current)}
      />
      <Latency figures={figures} values={values("figures.latency_ms.p50")} stale={stale} />
    </section>
  );
}

function Latency({
  figures,
  values,
  stale,
}: {
  readonly figures: MetricsFrame["figures"] | undefined;
  readonly values: readonly (number | null)[];
  readonly stale: string | undefined;
}): JSX.Element {
  const [value = "–", unit = ""] = formatDuration(figures?.latency_ms.p50).split(/ (.*)/s);
  const rest = `p95 ${formatDuration(figures?.latency_ms.p95)} · p99 ${formatDuration(figures?.latency_ms.p99)}`;
  return (
    <Figure
      label="Answer time"
      value={value}
      unit={`${unit} p50`}
      values={values}
      href="/messages?q=state%3Aanswered"
      note={stale ?? rest}
    />
  );
}

function sumWaiting(current: MetricsFrame | undefined): number | null {
  if (current === undefined) return null;
  return Object.values(current.workers).reduce((sum, { waiting }) => sum + (waiting ?? 0), 0);
}

function shareOf(part: number | null | undefined, whole: number | null | undefined): number | null {
  if (part === null || part === undefined || whole === null || whole === undefined || whole === 0) return null;
  return part / whole;
}

function parkedNote(current: MetricsFrame | undefined): string {
  const item = attention.value?.find(({ lamp }) => lamp === "parked");
  if ((current?.figures.parked ?? 0) === 0) return "nothing set aside";
  return item === undefined || item.since === null
    ? plural(current?.figures.parked ?? 0, "message")
    : `oldest ${formatAbout(now.value.getTime() - item.since.getTime())}`;
}
