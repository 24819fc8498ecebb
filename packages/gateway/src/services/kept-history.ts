// The longer windows of the figures in the datastore, so that a week can be looked at after a restart.

import type { Datastore } from "@switchboard/server/datastore";
import { type History, type HistoryStep, type HistoryWindow, historyWindows } from "../observe/history.ts";

const collection = "metrics_history";

/** Takes back what was kept; returns what keeps further steps. */
export async function keepHistory(
  history: History,
  datastore: Datastore,
): Promise<(steps: readonly HistoryStep[]) => Promise<void>> {
  await datastore.requireCollection(collection, "text", { type: "log", ttl_index: "until", indexes: ["at"] });
  const kept = (await datastore.query(collection, [], { sort: ["at"] })) as unknown as readonly {
    readonly window: HistoryWindow;
    readonly at: Date;
    readonly values: string;
  }[];
  for (const { window, at, values } of kept) {
    history.restore({ window, at: at.getTime(), values: new Map(JSON.parse(values) as [string, number][]) });
  }
  return async (steps) => {
    for (const { window, at, values } of steps) {
      const { stepMs, steps: count } = historyWindows[window];
      await datastore.upsert(collection, `${window} ${at}`, {
        window,
        at: new Date(at),
        until: new Date(at + stepMs * count),
        // As text: names of workers may be keys that mean something to the datastore.
        values: JSON.stringify([...values]),
      });
    }
  };
}
