// Row 9: what the map costs, to lay it out and to show a second's new figures on all its lines.

import { setTimeout as sleep } from "node:timers/promises";
import { groupBoard, layoutBoard, orderBoard } from "../../packages/console/src/parts/board-layout.ts";
import { largeMap } from "../../packages/console/src/testing/data/large-map.ts";
import type { Stage } from "../../packages/console/test/kit/browser.ts";
import { fact, median } from "../harness.ts";
import { ms, processorTime, section } from "./page.ts";

/** Measures where everything is put. */
export function measureLayout(): void {
  section("9 map: layout, median of 50");
  for (const [size, limit] of [
    [3, 5],
    [30, 10],
    [300, 30],
  ] as const) {
    const { map } = largeMap(size);
    const times = Array.from({ length: 50 }, () => {
      const startedAt = performance.now();
      layoutBoard(groupBoard(map), 1_120);
      return performance.now() - startedAt;
    });
    fact(`${size} nodes`, ms(median(times)), median(times) <= limit);
  }
  const order = JSON.stringify(orderBoard(groupBoard(largeMap(30).map)));
  fact(
    "order without regard to traffic",
    order === JSON.stringify(orderBoard(groupBoard(largeMap(30).map))) ? "the same" : "differs",
  );
}

// Some seconds each, so that a second more or less in one of them is little.
const rounds = 7;
const roundMs = 4_000;

/** Measures what a second of new figures costs: a page with the map against one without, both open, so that what disturbs one disturbs the other. */
export async function measureUpdates(one: Stage): Promise<void> {
  section(`9 map: processor time in the page per second of new figures, on all lines, median of ${rounds}`);
  for (const size of [3, 30, 300]) {
    const pages = await Promise.all(["/", "/settings/look"].map((path) => one.open(`${path}?nodes=${size}&rate=0`)));
    await sleep(3_000);
    const more: number[] = [];
    const without: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const spent = await Promise.all(pages.map(processorTime));
      await sleep(roundMs);
      const [map = Number.NaN, plain = Number.NaN] = await Promise.all(spent.map((read) => read()));
      more.push(((map - plain) / roundMs) * 1_000);
      without.push((plain / roundMs) * 1_000);
    }
    await Promise.all(pages.map((page) => page.context().close()));
    const cost = median(more);
    fact(`${size} nodes`, `${ms(cost)} more than on a page without a map (${ms(median(without))})`, cost <= 4);
  }
}
