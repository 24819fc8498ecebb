// Figures over time, as the gateway keeps them: read again as its steps go by. Which range is looked at stands in the address.

import { useEffect } from "preact/hooks";
import { place } from "../router.ts";
import { type CallState, useCall } from "./use-call.ts";

/** How far back: 15 minutes, an hour, a day, a week. */
export type HistoryWindow = "15m" | "1h" | "24h" | "7d";

/** The ranges with their names, the shortest first. */
export const historyWindows: readonly { readonly value: HistoryWindow; readonly name: string }[] = [
  { value: "15m", name: "15 min" },
  { value: "1h", name: "1 h" },
  { value: "24h", name: "24 h" },
  { value: "7d", name: "7 d" },
];

/** What is shown unless the address says otherwise. */
export const usualWindow: HistoryWindow = "15m";

/** Values over time. */
export interface HistoryData {
  readonly window: HistoryWindow;
  readonly step_s: number;
  /** End of the last step. */
  readonly at: Date;
  /** One value per step by name, oldest first; null where nothing is known. */
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

/** The range of the address. */
export function usePlaceWindow(): HistoryWindow {
  const given = place.value.query.get("range");
  return historyWindows.find(({ value }) => value === given)?.value ?? usualWindow;
}

/** Figures over a range, read again every ten seconds, or once a minute where steps are longer. */
export function useHistory(names: readonly string[], range: HistoryWindow): CallState<HistoryData> {
  const history = useCall<HistoryData>(names.length === 0 ? undefined : "metrics.history", [names, range]);
  const { again } = history;
  useEffect(() => {
    const timer = setInterval(
      () => {
        if (!document.hidden) again();
      },
      range === "15m" ? 10_000 : 60_000,
    );
    return () => clearInterval(timer);
  }, [range, again]);
  return history;
}

/** The highest value of a series and the moment of its step; undefined where nothing is known or all is 0. */
export function peakOf(
  data: HistoryData | undefined,
  name: string,
): { readonly value: number; readonly at: Date } | undefined {
  const values = data?.series[name] ?? [];
  const value = Math.max(0, ...values.filter((each) => each !== null));
  if (data === undefined || value === 0) return undefined;
  const stepsAgo = values.length - 1 - values.lastIndexOf(value);
  return { value, at: new Date(data.at.getTime() - (stepsAgo + 1) * data.step_s * 1000) };
}
