// One pair of cords on the map: from people in petrol, to people in brass, with jacks, plugs and gaps where they cross. Pure.

import type { ComponentClass, JSX } from "preact";
import { formatCount, formatRate } from "../format.ts";
import { path } from "../router.ts";
import type { LampState } from "../services/types.ts";
import { type PlacedLine, cordPath, cordWidth } from "./board-layout.ts";
import { still } from "./still.ts";

/** Whether a line is drawn unplugged at an end with this lamp. */
export function isUnplugged(lamp: LampState | undefined): boolean {
  return lamp === "down" || lamp === "stopped" || lamp === "paused";
}

/** What a pair of cords is given. */
export interface BoardCordProps {
  readonly line: PlacedLine;
  /** Per minute; null where nothing is known. */
  readonly inRate: number | null;
  readonly outRate: number | null;
  readonly waiting: number | null;
  readonly parked: number | null;
  readonly from: LampState | undefined;
  readonly to: LampState | undefined;
  readonly isFaded: boolean;
  readonly isNamed: boolean;
  /** Called with the line while it is pointed at, then with nothing. */
  readonly onFocus: (id: string | undefined) => void;
}

/** The pair. */
export const BoardCord: ComponentClass<BoardCordProps> = still((props) => {
  const { line, inRate, outRate, waiting, parked, from, to, isFaded, isNamed, onFocus } = props;
  const { x1, x2, in1, in2, out1, out2 } = line;
  const name = `${line.from} to ${line.to}, ${formatRate(inRate)} in and ${formatRate(outRate)} out per minute, ${formatCount(waiting)} waiting, ${formatCount(parked)} parked`;
  const isOut = isUnplugged(from);
  const isIn = isUnplugged(to);
  return (
    <a
      class={`cord ${isFaded ? "faded" : ""}`}
      href={path("queues", line.outbound_queue)}
      aria-label={name}
      onMouseEnter={() => onFocus(line.id)}
      onMouseLeave={() => onFocus(undefined)}
      onFocus={() => onFocus(line.id)}
      onBlur={() => onFocus(undefined)}
    >
      <path class="cord-target" d={cordPath(x1, (in1 + out1) / 2, x2, (in2 + out2) / 2)} />
      <Cord side="in" d={cordPath(x1, in1, x2 - (isIn ? 18 : 0), in2)} width={widthOf(inRate)} />
      <Cord side="out" d={cordPath(x1 + (isOut ? 18 : 0), out1, x2, out2)} width={widthOf(outRate)} />
      <Ends
        line={line}
        from={from}
        to={to}
        isInIdle={(inRate ?? 0) === 0}
        isOutIdle={(outRate ?? 0) === 0}
        isNamed={isNamed}
      />
    </a>
  );
});

interface EndsProps extends Pick<BoardCordProps, "line" | "from" | "to" | "isNamed"> {
  readonly isInIdle: boolean;
  readonly isOutIdle: boolean;
}

/** What stays while only figures change: plugs, jacks, names. */
const Ends = still<EndsProps>(({ line, from, to, isNamed, isInIdle, isOutIdle }) => {
  const { x1, x2, in1, in2, out1, out2 } = line;
  const isOut = isUnplugged(from);
  const isIn = isUnplugged(to);
  const middle = (x1 + x2) / 2;
  return (
    <>
      <Plug side="in" x={x2 - 15 - (isIn ? 18 : 0)} y={in2} isIdle={isInIdle} />
      <Plug side="out" x={x1 + 5 + (isOut ? 18 : 0)} y={out1} isIdle={isOutIdle} />
      <Jack side="in" x={x1} y={in1} state={isOut ? "stopped" : undefined} />
      <Jack side="out" x={x1} y={out1} state={isOut ? from : undefined} />
      <Jack side="in" x={x2} y={in2} state={isIn ? to : undefined} />
      <Jack side="out" x={x2} y={out2} state={isIn ? "stopped" : undefined} />
      {isNamed ? (
        <>
          <text x={middle} y={(in1 + in2) / 2 - 10}>
            {line.inbound_queue}
          </text>
          <text x={middle} y={(out1 + out2) / 2 + 20}>
            {line.outbound_queue}
          </text>
        </>
      ) : null}
    </>
  );
});

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

function Plug({ side, x, y, isIdle }: PlugProps): JSX.Element {
  return <rect class={`plug-${side} ${isIdle ? "idle" : ""}`} x={x} y={y - 3.2} width="10" height="6.4" rx="1.6" />;
}

interface JackProps {
  readonly side: "in" | "out";
  readonly x: number;
  readonly y: number;
  readonly state: LampState | undefined;
}

function Jack({ side, x, y, state }: JackProps): JSX.Element {
  return (
    <g class={`jack jack-${state ?? side}`}>
      <circle cx={x} cy={y} r="4.5" />
      <circle class="jack-dot" cx={x} cy={y} r="1.4" />
    </g>
  );
}

/** A quarter of a pixel is more than anybody sees; each change of it is drawn anew. */
function widthOf(rate: number | null): number {
  return (rate ?? 0) === 0 ? 0 : Math.round(cordWidth(rate ?? 0) * 4) / 4;
}
