// A state as shape, colour and name. Pure; the outline of a lost line is drawn by the style sheet.

import type { JSX } from "preact";
import type { LampState } from "../services/types.ts";

/** What each lamp is called. */
export const lampWords: Readonly<Record<LampState, string>> = {
  ok: "ok",
  degraded: "degraded",
  down: "down",
  parked: "parked",
  paused: "paused",
  starting: "starting",
  stopped: "stopped",
  unknown: "unknown",
};

const order: readonly LampState[] = ["down", "parked", "degraded", "paused", "starting", "unknown", "stopped", "ok"];

/** How bad a lamp is: 0 is the worst. */
export function lampRank(state: LampState): number {
  return order.indexOf(state);
}

/** The worst of some lamps; `ok` of none. */
export function worstLamp(states: Iterable<LampState>): LampState {
  return [...states].toSorted((a, b) => lampRank(a) - lampRank(b))[0] ?? "ok";
}

const shapes: Readonly<Record<LampState, JSX.Element>> = {
  ok: <circle cx="6" cy="6" r="4.6" />,
  degraded: <path d="M6 1.2 11.2 10.6H.8Z" />,
  down: <path class="stroke" d="M2.2 2.2 9.8 9.8M9.8 2.2 2.2 9.8" stroke-width="2.4" />,
  parked: <rect x="1.4" y="1.4" width="9.2" height="9.2" rx=".6" />,
  paused: <path d="M2.2 1.4h2.6v9.2H2.2zM7.2 1.4h2.6v9.2H7.2z" />,
  starting: <circle class="stroke" cx="6" cy="6" r="4.4" stroke-width="2" stroke-dasharray="3.7 1.83" />,
  stopped: <circle class="stroke" cx="6" cy="6" r="4.2" stroke-width="1.8" />,
  unknown: (
    <circle class="stroke" cx="6" cy="6" r="4.4" stroke-width="1.6" stroke-dasharray=".1 2.66" stroke-linecap="round" />
  ),
};

/** What a lamp is given. */
export interface LampProps {
  readonly state: LampState;
  /** Pixels; 12 in lists, 10 in the rail. */
  readonly size?: number;
  /** What a screen reader says; empty when the word stands beside it. */
  readonly name?: string;
}

/** A lamp. */
export function Lamp({ state, size = 12, name = lampWords[state] }: LampProps): JSX.Element {
  const label = name === "" ? { "aria-hidden": true as const } : { role: "img" as const, "aria-label": name };
  return (
    <svg class={`lamp lamp-${state}`} width={size} height={size} viewBox="0 0 12 12" {...label}>
      {shapes[state]}
    </svg>
  );
}
