// The life of one message and its answer: a cord down the left that moves right as the message goes in, and back as the answer comes out.

import { Fragment, type JSX } from "preact";
import { useState } from "preact/hooks";
import { formatDuration, formatMoment, shortId } from "../format.ts";
import { path } from "../router.ts";
import { now } from "../services/clock.ts";
import type { MessageRow, TrailData, TrailRow } from "../services/types.ts";
import { Lamp } from "./lamp.tsx";
import { type Fold, axisOf, foldsOf } from "./trail-folds.ts";
import { eventWords, longestHop, sentenceOf, stepOf, sumOf, tryWords } from "./trail-rows.ts";

/** What a trail is given. */
export interface TrailProps {
  readonly trail: TrailData;
  readonly message: MessageRow;
  readonly withBars?: boolean;
}

const left = 10;
const pitch = 18;
const heights: Readonly<Record<TrailRow["kind"], number>> = { hop: 38, queue: 24, try: 26, event: 34, unknown: 26 };

/** A trail's rows. */
export function Trail({ trail, message, withBars = false }: TrailProps): JSX.Element {
  const { rows } = trail;
  const total = Math.max(1, sumOf(rows));
  const longest = longestHop(rows);
  const [isUnfolded, setUnfolded] = useState(false);
  const folds = foldsOf(rows);
  const axis = axisOf(total, isUnfolded ? [] : folds);
  const parkedIn = message.state === "parked" ? rows.findLast((row) => row.kind === "queue")?.queue : undefined;
  // Between two hops the cord is on its way; each row knows where it comes from and where it goes.
  const steps = rows.map((row, index) => {
    const own = stepOf(row);
    if (own !== undefined) return own;
    const before = rows.slice(0, index).findLast((each) => each.kind === "hop");
    const after = rows.slice(index).find((each) => each.kind === "hop");
    const from = before === undefined ? 0 : (stepOf(before) ?? 0);
    // Where it was tried in vain it has not gone on.
    if (rows[index + 1]?.kind === "try") return from;
    return after === undefined || row.kind !== "queue" ? from : (from + (stepOf(after) ?? from)) / 2;
  });
  return (
    <ol class={`trail ${withBars ? "with-bars" : ""}`} aria-label="Trail">
      {withBars ? <Head total={total} isLinear={folds.length === 0 || isUnfolded} /> : null}
      {rows.map((row, index) => {
        const fold = folds.find(({ before }) => before === index);
        const above = rows.slice(0, index).findLast((each) => each.kind === "hop");
        const isLong = row.kind === "queue" && folds.some(({ before, isQueue }) => isQueue && before === index + 1);
        return (
          <Fragment key={index}>
            {/* A try says itself when the next one is. */}
            {fold === undefined || fold.isQueue || (!withBars && rows[index - 1]?.kind === "try") ? null : (
              <Gap
                fold={fold}
                at={steps[index - 1] ?? 0}
                withBars={withBars}
                isFolded={!isUnfolded}
                onFold={() => setUnfolded(!isUnfolded)}
              />
            )}
            <li class={`trail-row trail-${row.kind} ${row === longest ? "trail-longest" : ""}`}>
              <span class="trail-time" aria-hidden>
                {timeOf(row, index)}
              </span>
              {isLong && !isUnfolded ? (
                <Zigzag at={steps[index] ?? 0} height={heights.queue} />
              ) : (
                <Cord
                  row={row}
                  above={above}
                  at={steps[index] ?? 0}
                  before={steps[index - 1]}
                  after={steps[index + 1] ?? (parkedIn === undefined ? undefined : steps[index])}
                  next={rows[index + 1] ?? setAside}
                />
              )}
              <span class="unseen">{sentenceOf(row)}</span>
              <RowWords row={row} message={message} above={above} />
              {withBars ? <Bar row={row} axis={axis} /> : null}
              <span class="trail-took" aria-hidden>
                {tookOf(row)}
              </span>
            </li>
          </Fragment>
        );
      })}
      {parkedIn === undefined ? null : <SetAside queue={parkedIn} at={steps.at(-1) ?? 0} />}
    </ol>
  );
}

// What follows the last row of a parked message is no hop.
const setAside: TrailRow = { kind: "unknown", text: "" };

/** Where a parked message is. */
function SetAside({ queue, at }: { readonly queue: string; readonly at: number }): JSX.Element {
  const x = left + at * pitch;
  return (
    <li class="trail-row trail-event">
      <span class="trail-time" aria-hidden />
      <svg class="trail-cord" viewBox={`0 0 56 ${heights.event}`} preserveAspectRatio="xMinYMid" aria-hidden>
        <path class="dotted" d={`M${x} 0V${heights.event / 2}`} />
        <svg x={x - 5} y={heights.event / 2 - 5} width="10" height="10">
          <Lamp state="parked" size={10} name="" />
        </svg>
      </svg>
      <span class="trail-words">
        <b>parked</b> in <a href={path("queues", queue)}>{queue}</a>
      </span>
    </li>
  );
}

/** What the columns are; of a folded axis only its ends can be told. */
function Head({ total, isLinear }: { readonly total: number; readonly isLinear: boolean }): JSX.Element {
  return (
    <li class="trail-row trail-columns" aria-hidden>
      <span class="trail-time">Time</span>
      <span />
      <span>Hop</span>
      <span />
      <span class="trail-axis num">
        <span>0</span>
        {isLinear ? <span>{formatDuration(total / 2)}</span> : null}
        <span>{formatDuration(total)}</span>
      </span>
      <span class="trail-took">Took</span>
    </li>
  );
}

function timeOf(row: TrailRow, index: number): string {
  if (row.kind === "unknown" || row.kind === "queue") return "";
  return index === 0 ? formatMoment(row.at, now.peek(), "ms") : `+${formatDuration(row.offset_ms)}`;
}

function tookOf(row: TrailRow): string {
  if (row.kind === "hop") return formatDuration(row.took_ms);
  if (row.kind === "try") return row.took_ms === 0 ? "" : formatDuration(row.took_ms);
  return row.kind === "queue" ? formatDuration(row.waited_ms) : "";
}

interface RowWordsProps {
  readonly row: TrailRow;
  readonly message: MessageRow;
  /** The hop that the message was at last. */
  readonly above: TrailRow | undefined;
}

function RowWords({ row, message, above }: RowWordsProps): JSX.Element {
  if (row.kind === "hop") {
    const href = path(`${row.worker_kind}s`, row.worker);
    return (
      <>
        <a class="trail-name" href={href}>
          <b>{row.worker}</b>
        </a>
        <span
          class="trail-what"
          title={(row.middleware ?? []).map(({ name, took_ms }) => `${name} ${formatDuration(took_ms)}`).join(", ")}
        >
          {row.rule === undefined ? null : (
            <>
              <a href={`${path("routers", row.worker, "explain")}?message=${message.in_reply_to ?? message.id}`}>
                rule {row.rule}
              </a>
              :{" "}
            </>
          )}
          {row.what}
          {row.reply_id === undefined ? null : (
            <>
              {" "}
              <a class="mono" href={path("messages", row.reply_id)}>
                {shortId(row.reply_id)}
              </a>
            </>
          )}
        </span>
      </>
    );
  }
  if (row.kind === "queue") {
    return (
      <span class="trail-words">
        <a class="quiet-text" href={path("queues", row.queue)}>
          {row.queue}
        </a>{" "}
        waited
      </span>
    );
  }
  if (row.kind === "try") {
    return (
      <span class="trail-words" title={row.error.message}>
        try {row.number}
        {row.worker === undefined || (above?.kind === "hop" && above.worker === row.worker) ? null : (
          <>
            {" "}
            at <b>{row.worker}</b>
          </>
        )}
        : {tryWords(row)}
        {row.next_in_ms === null
          ? row.number > 1
            ? ", the last"
            : ""
          : `, again in ${formatDuration(row.next_in_ms)}`}
      </span>
    );
  }
  if (row.kind === "event") {
    return (
      <span class="trail-words">
        <b>{row.event_type === "delivery_report" ? "report" : row.event_type}</b>{" "}
        {eventWords(row).split(", ").slice(1).join(", ")}
      </span>
    );
  }
  return <span class="trail-words">not recorded: {row.text}</span>;
}

interface CordProps {
  readonly row: TrailRow;
  readonly above: TrailRow | undefined;
  readonly at: number;
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly next: TrailRow | undefined;
}

function Cord({ row, above, at, before, after, next }: CordProps): JSX.Element {
  const height = heights[row.kind];
  const x = left + at * pitch;
  const middle = height / 2;
  const side = sideOf(row, above, [at, after]);
  const isLoose = row.kind === "event" || row.kind === "unknown";
  const isNextLoose = next?.kind === "event" || next?.kind === "unknown";
  const half = (from: number | undefined): number => (from === undefined ? x : left + ((from + at) / 2) * pitch);
  return (
    <svg class="trail-cord" viewBox={`0 0 56 ${height}`} preserveAspectRatio="xMinYMid" aria-hidden>
      {before === undefined ? null : (
        <path
          class={isLoose ? "dotted" : `trail-${sideOf(row, above, [before, at])}`}
          d={`M${half(before)} 0Q${half(before) + (x - half(before)) * 0.2} ${middle * 0.6} ${x} ${middle}`}
        />
      )}
      {after === undefined ? null : (
        <path
          class={isLoose || isNextLoose ? "dotted" : `trail-${side}`}
          d={`M${x} ${middle}Q${x + (half(after) - x) * 0.8} ${middle * 1.4} ${half(after)} ${height}`}
        />
      )}
      {row.kind === "hop" ? (
        <g class={`trail-${row.direction}`}>
          <circle cx={x} cy={middle} r="5.500" />
          <circle cx={x} cy={middle} r="1" />
        </g>
      ) : null}
      {row.kind === "try" || row.kind === "event" ? (
        <svg x={x - 5} y={middle - 5} width="10" height="10">
          <Lamp state={row.kind === "try" ? "degraded" : row.event_type === "nack" ? "down" : "ok"} size={10} name="" />
        </svg>
      ) : null}
    </svg>
  );
}

/** Which cord a row is on: its own direction, that in which it goes, or that of the hop above it where it goes nowhere. */
function sideOf(
  row: TrailRow,
  above: TrailRow | undefined,
  [from, to]: readonly [number, number | undefined],
): "in" | "out" {
  if (row.kind === "hop" && row.direction !== "turn") return row.direction;
  if (to !== undefined && to !== from) return to > from ? "in" : "out";
  return above?.kind === "hop" && above.direction === "in" ? "in" : "out";
}

/** A stretch in which nothing happened, with its length written on it. */
function Gap({
  fold,
  at,
  withBars,
  isFolded,
  onFold,
}: {
  readonly fold: Fold;
  readonly at: number;
  readonly withBars: boolean;
  readonly isFolded: boolean;
  readonly onFold: () => void;
}): JSX.Element {
  return (
    <li class="trail-row trail-queue trail-gap">
      <span class="trail-time" aria-hidden />
      <Zigzag at={at} height={heights.queue} />
      <span class="trail-gap-words">
        {formatDuration(fold.ms)} without events{" "}
        {withBars ? (
          <button type="button" class="link" onClick={onFold}>
            {isFolded ? "to scale" : "fold"}
          </button>
        ) : null}
      </span>
    </li>
  );
}

function Zigzag({ at, height }: { readonly at: number; readonly height: number }): JSX.Element {
  const x = left + at * pitch;
  const step = height / 6;
  const points = [0, 1, 2, 3, 4, 5, 6].map((each) => {
    const side = each === 0 || each === 6 ? 0 : each % 2 === 0 ? -4 : 4;
    return `${x + side} ${each * step}`;
  });
  return (
    <svg class="trail-cord" viewBox={`0 0 56 ${height}`} preserveAspectRatio="xMinYMid" aria-hidden>
      <path class="zigzag" d={`M${points.join("L")}`} />
    </svg>
  );
}

function Bar({ row, axis }: { readonly row: TrailRow; readonly axis: (ms: number) => number }): JSX.Element | null {
  if (row.kind !== "hop" && row.kind !== "queue") return null;
  const took = row.kind === "hop" ? row.took_ms : row.waited_ms;
  const start = Math.min(97, axis(row.offset_ms) * 100);
  const end = axis(row.offset_ms + took) * 100;
  const kind = row.kind === "queue" ? "queue" : row.direction === "out" ? "out" : "in";
  return (
    <svg class="trail-bar" width="100%" height="8" aria-hidden>
      <rect
        class={`trail-bar-${kind}`}
        x={`${start}%`}
        width={`${Math.max(1.2, Math.min(100 - start, end - start))}%`}
        height="8"
        rx="1.5"
      />
    </svg>
  );
}
