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
import { Figure, type Meaning } from "../../parts/figure.tsx";
import { now } from "../../services/clock.ts";
import { isStale } from "../../services/connection.ts";
import { attention, frame } from "../../services/live.ts";
import type { MetricsFrame } from "../../services/types.ts";
import { type HistoryData, type HistoryWindow, peakOf, useHistory } from "../../services/use-history.ts";

type Figures = MetricsFrame["figures"] | undefined;

interface Row {
  readonly label: string;
  /** Of its curve. */
  readonly series: string;
  readonly meaning: Meaning;
  readonly href: string;
  /** The number with its unit. */
  readonly value: (figures: Figures) => readonly [number: string, unit: string];
  readonly note: (current: MetricsFrame | undefined, history: HistoryData | undefined) => string;
}

const rows: readonly Row[] = [
  {
    label: "Accepted",
    series: "figures.accepted",
    meaning: "in",
    href: "/messages",
    value: (figures) => [formatRate(figures?.accepted), "/min"],
    note: (_current, history) => {
      const peak = peakOf(history, "figures.accepted");
      return peak === undefined ? "" : `peak ${formatRate(peak.value)} at ${formatMoment(peak.at, now.peek(), "min")}`;
    },
  },
  {
    label: "Sent",
    series: "figures.sent",
    meaning: "out",
    href: "/messages?q=state%3Asent",
    value: (figures) => [formatRate(figures?.sent), "/min"],
    note: (current) => `${formatCount(sumWaiting(current))} waiting to go out`,
  },
  {
    label: "Failed",
    series: "figures.failed",
    meaning: "failed",
    href: "/messages?q=state%3Afailed",
    value: (figures) => [formatRate(figures?.failed), "/min"],
    note: (current) => {
      const share = shareOf(current?.figures.failed, current?.figures.sent);
      return share === null ? "" : `${formatShare(share)} of sent`;
    },
  },
  {
    label: "Parked",
    series: "figures.parked",
    meaning: "parked",
    href: "/queues",
    value: (figures) => [formatCount(figures?.parked), "now"],
    note: parkedNote,
  },
  {
    label: "Answer time",
    series: "figures.latency_ms.p50",
    meaning: "plain",
    href: "/messages?q=state%3Aanswered",
    value: (figures) => {
      const [number = "–", unit = ""] = formatDuration(figures?.latency_ms.p50).split(/ (.*)/s);
      return [number, `${unit} p50`];
    },
    note: (current) => {
      const { p95, p99 } = current?.figures.latency_ms ?? {};
      if (current !== undefined && (p95 ?? null) === null) return "nothing answered yet";
      return `p95 ${formatDuration(p95)} · p99 ${formatDuration(p99)}`;
    },
  },
];

const seriesNames = rows.map(({ series }) => series);
const noValues: readonly number[] = [];

/** The figures. */
export function Figures({ range }: { readonly range: HistoryWindow }): JSX.Element {
  const { data } = useHistory(seriesNames, range);
  const current = frame.value;
  const stale = isStale.value && current !== undefined ? `at ${formatMoment(current.at, now.value)}` : undefined;
  return (
    <section class="figures" aria-label="Figures">
      {rows.map(({ label, series, meaning, href, value, note }) => {
        const [number, unit] = value(current?.figures);
        const values = data?.series[series] ?? noValues;
        const common = { label, unit, meaning, href, values };
        return <Figure key={label} {...common} value={number} note={stale ?? note(current, data)} />;
      })}
    </section>
  );
}

/** What waits to go out; null where nothing is known. */
function sumWaiting(current: MetricsFrame | undefined): number | null {
  if (current === undefined) return null;
  return Object.values(current.workers).reduce((sum, { waiting }) => sum + (waiting ?? 0), 0);
}

function shareOf(part: number | null | undefined, whole: number | null | undefined): number | null {
  if (part === null || part === undefined || whole === null || whole === undefined || whole === 0) return null;
  return part / whole;
}

function parkedNote(current: MetricsFrame | undefined): string {
  const parked = current?.figures.parked ?? 0;
  if (parked === 0) return "nothing set aside";
  const since = attention.value?.find(({ lamp }) => lamp === "parked")?.since ?? null;
  return since === null ? plural(parked, "message") : `oldest ${formatAbout(now.peek().getTime() - since.getTime())}`;
}
