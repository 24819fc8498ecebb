// Figures over longer windows: means and highest values per step, bounded, kept and taken back.

import { expect, it } from "vitest";
import { History, historyWindows } from "../../src/observe/history.ts";

const start = 1_700_000_000_000 - (1_700_000_000_000 % 7_200_000);
const values = (entries: Record<string, number | null>) => new Map(Object.entries(entries));

it("gives the mean of a rate and the highest of what waits, per step, oldest first", () => {
  const history = new History();
  history.add(start, values({ "figures.accepted": 10, "lines.sms.waiting": 3 }));
  history.add(start + 10_000, values({ "figures.accepted": 30, "lines.sms.waiting": 1 }));
  history.add(start + 60_000, values({ "figures.accepted": 5, "lines.sms.waiting": null }));
  const now = start + 60_000;
  expect(history.get("1h", "figures.accepted", now).slice(-3)).toEqual([null, 20, 5]);
  expect(history.get("1h", "lines.sms.waiting", now).slice(-2)).toEqual([3, null]);
  expect(history.get("15m", "figures.accepted", now).slice(-7)).toEqual([10, 30, null, null, null, null, 5]);
  for (const [window, { steps }] of Object.entries(historyWindows)) {
    expect(history.get(window as "1h", "figures.accepted", now)).toHaveLength(steps);
  }
  expect(history.get("1h", "unknown", now)).toEqual(Array.from({ length: 60 }, () => null));
});

it("keeps no more than its window, and lets time without values pass", () => {
  const history = new History();
  for (let minute = 0; minute < 500; minute++) history.add(start + minute * 60_000, values({ rate: minute }));
  expect(history.get("1h", "rate", start + 499 * 60_000)).toEqual(Array.from({ length: 60 }, (_, i) => 440 + i));
  expect(history.get("1h", "rate", start + 529 * 60_000).slice(29)).toEqual([
    499,
    ...Array.from({ length: 30 }, () => null),
  ]);
});

it("hands out the steps of a day and a week when they end, and takes them back after a restart", () => {
  const history = new History();
  const kept = [];
  for (let minute = 0; minute < 150; minute += 5)
    kept.push(...history.add(start + minute * 60_000, values({ rate: 6 })));
  kept.push(...history.unfinished());
  expect(kept.filter(({ window }) => window === "24h")).toHaveLength(10);
  expect(kept.filter(({ window }) => window === "7d")).toHaveLength(2);
  expect(kept.every(({ window }) => window === "24h" || window === "7d")).toBe(true);
  const again = new History();
  for (const step of kept) again.restore(step);
  expect(again.get("24h", "rate", start + 149 * 60_000).slice(-11)).toEqual([
    null,
    ...Array.from({ length: 10 }, () => 6),
  ]);
  expect(again.get("7d", "rate", start + 149 * 60_000).slice(-2)).toEqual([6, 6]);
});
