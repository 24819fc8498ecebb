// A chart of figures over a range, with axes and values under the pointer. uPlot draws it and is fetched when the first one is shown; until then, and
// where it cannot be fetched, the words below it say the same.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { formatMoment } from "../format.ts";
import { now } from "../services/clock.ts";
import { scheme } from "../services/settings.ts";
import { type HistoryData, peakOf } from "../services/use-history.ts";
import type { Meaning } from "./figure.tsx";

/** One line of a chart. */
export interface ChartLine {
  /** As in the history. */
  readonly name: string;
  readonly label: string;
  readonly meaning: Meaning;
  /** The second of its meaning. */
  readonly isDashed?: boolean;
}

/** What a chart is given. */
export interface ChartProps {
  readonly title: string;
  readonly data: HistoryData;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number | null) => string;
}

const height = 220;
const colours: Readonly<Record<Meaning, string>> = {
  in: "--accent",
  out: "--brass-cord",
  failed: "--down",
  parked: "--parked",
  plain: "--ink2",
};

/** The chart. */
export function Chart({ title, data, lines, format }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;
  const colours = scheme.value;
  // Which point is under the pointer.
  const [pointed, setPointed] = useState<number | undefined>();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    let isOver = false;
    void load().then((Plot) => {
      if (isOver) return;
      const options = optionsOf(element, { lines, format, onPoint: setPointed });
      plot.current = new Plot(options, pointsOf(latest.current, lines), element);
      watch.observe(element);
    });
    return () => {
      isOver = true;
      watch.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [colours, lines]);
  useEffect(() => plot.current?.setData(pointsOf(data, lines)), [data]);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={box} class="chart-box" aria-hidden />
      <ul class="chart-words quiet-text">
        {lines.map(({ name, label, meaning, isDashed = false }) => {
          const peak = peakOf(data, name);
          const values = data.series[name] ?? [];
          const shown = pointed === undefined ? values.findLast((value) => value !== null) : values[pointed];
          return (
            <li key={name}>
              <i class={`chart-sample spark-${meaning} ${isDashed ? "dashed" : ""}`} aria-hidden /> {label}{" "}
              <b>{format(shown ?? null)}</b>
              {pointed !== undefined
                ? ` at ${clockOf(timesOf(data, values.length)[pointed] ?? 0)}`
                : peak === undefined
                  ? ""
                  : `, at most ${format(peak.value)} at ${formatMoment(peak.at, now.peek(), "min")}`}
            </li>
          );
        })}
      </ul>
    </figure>
  );
}

async function load(): Promise<typeof uPlot> {
  const [{ default: Plot }] = await Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]);
  return Plot;
}

function pointsOf({ at, step_s, series }: HistoryData, lines: readonly ChartLine[]): uPlot.AlignedData {
  const values = lines.map(({ name }) => [...(series[name] ?? [])]);
  const count = Math.max(0, ...values.map((list) => list.length));
  return [timesOf({ at, step_s }, count), ...values];
}

function timesOf({ at, step_s }: Pick<HistoryData, "at" | "step_s">, count: number): number[] {
  const end = at.getTime() / 1000;
  return Array.from({ length: count }, (_, index) => end - (count - index) * step_s);
}

interface PlotProps extends Pick<ChartProps, "lines" | "format"> {
  readonly onPoint: (index: number | undefined) => void;
}

function optionsOf(element: HTMLElement, { lines, format, onPoint }: PlotProps): uPlot.Options {
  const style = getComputedStyle(element);
  const axis: uPlot.Axis = {
    stroke: style.getPropertyValue("--ink3"),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: style.getPropertyValue("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    // The words below the chart say what is what, and what is under the pointer.
    legend: { show: false },
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
    cursor: { points: { size: 6 } },
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, size: 30, values: (_, ticks) => ticks.map((seconds) => clockOf(seconds)) },
      { ...axis, size: 64, values: (_, ticks) => ticks.map((value) => format(value)) },
    ],
    series: [
      {},
      ...lines.map(({ meaning, isDashed = false }) => ({
        stroke: style.getPropertyValue(colours[meaning]),
        width: 1.6,
        ...(isDashed ? { dash: [5, 4] } : {}),
        points: { show: false },
      })),
    ],
  };
}

function clockOf(seconds: number): string {
  return formatMoment(new Date(seconds * 1000), now.peek(), "min");
}
