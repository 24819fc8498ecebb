// The volume above the list: up in, down out, failures and parked at the far end. Two arrow-moved edges or a drag choose a range.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { formatMoment } from "../../format.ts";
import { now } from "../../services/clock.ts";
import type { HistogramBar } from "../../services/types.ts";

/** The bars. */
export function Volume({
  bars,
  onRange,
}: {
  readonly bars: readonly HistogramBar[];
  readonly onRange: (from: Date, to: Date) => void;
}): JSX.Element {
  const box = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<readonly [number, number] | undefined>();
  const most = Math.max(1, ...bars.map((bar) => Math.max(bar.in, bar.out)));
  const width = 1000 / Math.max(1, bars.length);
  const at = (event: PointerEvent): number => {
    const rect = box.current?.getBoundingClientRect();
    return rect === undefined
      ? 0
      : Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - rect.left) / rect.width) * bars.length)));
  };
  const finish = (): void => {
    if (drag === undefined) return;
    const [low, high] = [Math.min(...drag), Math.max(...drag)];
    const [from, to] = [bars[low]?.at, bars[high + 1]?.at ?? now.peek()];
    setDrag(undefined);
    if (from !== undefined && high > low) onRange(from, to);
  };
  const first = bars[0]?.at;
  const spanMs = ((bars[1]?.at.getTime() ?? 0) - (first?.getTime() ?? 0)) * bars.length;
  return (
    <>
      <svg
        ref={box}
        class="volume"
        viewBox="0 0 1000 60"
        preserveAspectRatio="none"
        role="img"
        aria-label={first === undefined ? "Volume" : `Volume from ${formatMoment(first, now.peek())}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([at(event), at(event)]);
        }}
        onPointerMove={(event) => (drag === undefined ? undefined : setDrag([drag[0], at(event)]))}
        onPointerUp={finish}
      >
        {drag === undefined ? null : (
          <rect
            x={Math.min(...drag) * width}
            width={(Math.abs(drag[1] - drag[0]) + 1) * width}
            height="60"
            class="volume-drag"
          />
        )}
        {bars.map((bar, index) => {
          const [up, down] = [(bar.in / most) * 24, (bar.out / most) * 24];
          return (
            <g key={index} transform={`translate(${index * width} 0)`}>
              <rect class="in" y={27 - up} width={width - 1.6} height={up} />
              <rect class="out" y="28.500" width={width - 1.6} height={down} />
              {bar.failed > 0 ? <rect class="failed" y={28.5 + down} width={width - 1.6} height="4" /> : null}
              {bar.parked > 0 ? (
                <rect class="parked" y={28.5 + down + (bar.failed > 0 ? 4 : 0)} width={width - 1.6} height="4" />
              ) : null}
            </g>
          );
        })}
      </svg>
      <p class="volume-times quiet-text num" aria-hidden>
        {[0, 1 / 3, 2 / 3, 1].map((share) => (
          <span key={share}>
            {first === undefined ? "" : formatMoment(new Date(first.getTime() + share * spanMs), now.peek(), "min")}
          </span>
        ))}
      </p>
    </>
  );
}
