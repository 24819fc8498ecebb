// Figures with their sparklines: one number that matters, where it came from, a way to the list that explains it. Pure.

import type { ComponentChildren, ComponentClass, JSX } from "preact";
import { still } from "./still.ts";

/** What a series means; decides its colour. */
export type Meaning = "in" | "out" | "failed" | "parked" | "plain";

/** What a sparkline is given. */
export interface SparkProps {
  /** Null where nothing is known. */
  readonly values: readonly (number | null)[];
  readonly meaning: Meaning;
  readonly width?: number;
  readonly height?: number;
}

/** A line with a dot at its end; what is not known is left out of it. */
export const Spark: ComponentClass<SparkProps> = still(({ values, meaning, width = 88, height = 30 }) => {
  const known = values.filter((value) => value !== null);
  // Two or three points are a dot, not a course.
  if (known.length < 4) return <svg class="spark" width={width} height={height} aria-hidden />;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  // A quiet series stays quiet: the line uses the whole height only when it moves by more than half of its value.
  const span = Math.max(high - low, high * 0.5, 1e-9);
  const floor = Math.max(0, high - span);
  const points = values.flatMap((value, index) => {
    if (value === null) return [];
    const x = 2 + (index / (values.length - 1)) * (width - 6);
    return `${x.toFixed(1)} ${(height - 3 - ((value - floor) / span) * (height - 8)).toFixed(1)}`;
  });
  const [firstX = "2"] = (points[0] ?? "").split(" ");
  const [x = "0", y = "0"] = (points.at(-1) ?? "").split(" ");
  return (
    <svg class={`spark spark-${meaning}`} width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden>
      <path class="area" d={`M${firstX} ${height - 1}L${points.join("L")}V${height - 1}Z`} />
      <path class="curve" d={`M${points.join("L")}`} />
      <circle cx={x} cy={y} r="2" />
    </svg>
  );
});

/** What a figure is given. */
export interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly unit?: string;
  readonly note?: ComponentChildren;
  readonly values?: readonly (number | null)[] | undefined;
  readonly meaning?: Meaning;
  readonly href?: string;
}

/** A figure; with `href` it is a link to what explains it. */
export function Figure({ label, value, unit, note, values, meaning = "plain", href }: FigureProps): JSX.Element {
  const inside = (
    <>
      <span class="figure-words">
        <span class="figure-label">{label}</span>
        <span class="figure-value">
          <b class="value">{value}</b>
          {unit === undefined ? "" : ` ${unit}`}
        </span>
        <span class="figure-note">{note}</span>
      </span>
      {values === undefined ? null : <Spark values={values} meaning={meaning} />}
    </>
  );
  return href === undefined ? (
    <div class="figure">{inside}</div>
  ) : (
    <a class="figure" href={href}>
      {inside}
    </a>
  );
}
