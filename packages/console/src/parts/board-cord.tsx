// One pair of cords on the map: from people in petrol, to people in brass, with jacks, plugs and gaps where they cross. Pure.

import type { JSX } from "preact";
import { formatCount, formatRate } from "../format.ts";
import { path } from "../router.ts";
import type { LampState, Measures } from "../services/types.ts";
import { type PlacedLine, cordPath, cordWidth } from "./board-layout.ts";
import { still } from "./still.ts";

/** Whether a line is drawn unplugged at an end with this lamp. */
export function isUnplugged(lamp: LampState | undefined): boolean {
  return lamp === "down" || lamp === "stopped" || lamp === "paused";
}

/** What a pair of cords is given. */
export interface BoardCordProps {
  readonly line: PlacedLine;
  readonly measures: Measures;
  readonly from: LampState | undefined;
  readonly to: LampState | undefined;
  readonly isFaded: boolean;
  readonly isNamed: boolean;
  readonly onFocus: (isOn: boolean) => void;
}

/** The pair. */
export function BoardCord({ line, measures, from, to, isFaded, isNamed, onFocus }: BoardCordProps): JSX.Element {
  const { x1, x2, in1, in2, out1, out2 } = line;
  const name = `${line.from} to ${line.to}, ${formatRate(measures.in)} in and ${formatRate(measures.out)} out per minute, ${formatCount(measures.waiting)} waiting, ${formatCount(measures.parked)} parked`;
  const isOut = isUnplugged(from);
  const isIn = isUnplugged(to);
  const middle = (x1 + x2) / 2;
  // On a steep cord its name would lie across it, or across its neighbour's.
  const hasNames = isNamed && Math.abs(in1 - in2) < 24;
  return (
    <a
      class={`cord ${isFaded ? "faded" : ""}`}
      href={path("queues", line.outbound_queue)}
      aria-label={name}
      onMouseEnter={() => onFocus(true)}
      onMouseLeave={() => onFocus(false)}
      onFocus={() => onFocus(true)}
      onBlur={() => onFocus(false)}
    >
      <path class="cord-target" d={cordPath(x1, (in1 + out1) / 2, x2, (in2 + out2) / 2)} />
      <Cord side="in" d={cordPath(x1, in1, x2 - (isIn ? 18 : 0), in2)} width={widthOf(measures.in)} />
      <Cord side="out" d={cordPath(x1 + (isOut ? 18 : 0), out1, x2, out2)} width={widthOf(measures.out)} />
      <Plug side="in" x={x2 - 15 - (isIn ? 18 : 0)} y={in2} isIdle={(measures.in ?? 0) === 0} />
      <Plug side="out" x={x1 + 5 + (isOut ? 18 : 0)} y={out1} isIdle={(measures.out ?? 0) === 0} />
      <Jack side="in" x={x1} y={in1} state={isOut ? "stopped" : undefined} />
      <Jack side="out" x={x1} y={out1} state={isOut ? from : undefined} />
      <Jack side="in" x={x2} y={in2} state={isIn ? to : undefined} />
      <Jack side="out" x={x2} y={out2} state={isIn ? "stopped" : undefined} />
      {hasNames ? (
        <>
          <text x={middle} y={(in1 + in2) / 2 - 10}>
            {line.inbound_queue}
          </text>
          <text x={middle} y={(out1 + out2) / 2 + 20}>
            {line.outbound_queue}
          </text>
        </>
      ) : null}
    </a>
  );
}

interface CordProps {
  readonly side: "in" | "out";
  readonly d: string;
  /** 0: nothing passes. */
  readonly width: number;
}

const Cord = still<CordProps>(({ side, d, width }) => (
  <>
    {width === 0 ? null : <path class="cord-gap" d={d} stroke-width={width + 3.4} />}
    <path class={`cord-${side} ${width === 0 ? "idle" : ""}`} d={d} stroke-width={width === 0 ? 1.2 : width} />
  </>
));

interface PlugProps {
  readonly side: "in" | "out";
  readonly x: number;
  readonly y: number;
  readonly isIdle: boolean;
}

const Plug = still<PlugProps>(({ side, x, y, isIdle }) => (
  <rect class={`plug-${side} ${isIdle ? "idle" : ""}`} x={x} y={y - 3.2} width="10" height="6.4" rx="1.6" />
));

interface JackProps {
  readonly side: "in" | "out";
  readonly x: number;
  readonly y: number;
  readonly state: LampState | undefined;
}

const Jack = still<JackProps>(({ side, x, y, state }) => (
  <g class={`jack jack-${state ?? side}`}>
    <circle cx={x} cy={y} r="4.5" />
    <circle class="jack-dot" cx={x} cy={y} r="1.4" />
  </g>
));

/** A tenth of a pixel is more than anybody sees. */
function widthOf(rate: number | null): number {
  return (rate ?? 0) === 0 ? 0 : Math.round(cordWidth(rate ?? 0) * 10) / 10;
}
