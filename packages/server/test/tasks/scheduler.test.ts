// Who is next: order, overtaking, right of way, cost.

import { TestClock } from "@switchboard/core/testing";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Scheduler } from "../../src/tasks/scheduler.ts";

interface Bench {
  readonly scheduler: Scheduler;
  readonly started: number[];
  readonly clock: TestClock;
  readonly add: (id: number, ...resources: string[]) => void;
}

function bench(names: readonly string[], places = 1_000_000): Bench {
  const started: number[] = [];
  const clock = new TestClock();
  const options = {
    clock,
    places: { local: places, isolated: 1 },
    patienceMs: 1_000,
    start: (id: number) => void started.push(id),
  };
  const scheduler = new Scheduler(options);
  for (const name of names) scheduler.resources.register(name);
  return { scheduler, started, clock, add: (id, ...resources) => scheduler.add({ id, resources, kind: "local" }) };
}

it("starts tasks in order, as many as there are places", () => {
  const { scheduler, started, add } = bench([], 2);
  for (const id of [1, 2, 3, 4]) add(id);
  expect(started).toEqual([1, 2]);
  scheduler.ended(1);
  scheduler.ended(2);
  expect(started).toEqual([1, 2, 3, 4]);
});

it("lets others overtake a task with many resources, until it has waited for long enough", async () => {
  const { scheduler, started, clock, add } = bench(["a", "b"]);
  add(1, "a");
  add(2, "a", "b");
  add(3, "b");
  add(4, "a");
  add(5, "b");
  expect(started).toEqual([1, 3]);
  scheduler.ended(1);
  expect(started).toEqual([1, 3, 4]);
  await clock.advance(1_000);
  add(6, "a");
  scheduler.ended(3);
  // 5 could run, but it would stand in the way of 2.
  expect(started).toEqual([1, 3, 4]);
  scheduler.ended(4);
  expect(started).toEqual([1, 3, 4, 2]);
  scheduler.ended(2);
  expect(started.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
});

it("starts a task once the resource that it lacked is there", () => {
  const { scheduler, started, add } = bench([]);
  add(1, "late");
  expect(scheduler.missing()).toEqual([1]);
  scheduler.resources.register("late");
  expect(started).toEqual([1]);
});

it("starts every task in the end, never two that are in each other's way", () => {
  const names = ["a", "b", "c"];
  const sets = fc.uniqueArray(fc.constantFrom("root", "system", ...names), { maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ wants: sets, aborted: fc.boolean(), end: fc.nat() }), { maxLength: 40 }),
      (tasks) => {
        const { scheduler, started, add } = bench(names, 3);
        const running = (): number[] => started.filter((id) => !over.has(id));
        const over = new Set<number>();
        const end = (index: number): void => {
          const id = running()[index % Math.max(1, running().length)];
          if (id === undefined) return;
          over.add(id);
          scheduler.ended(id);
        };
        const removed = new Set<number>();
        for (const [index, { wants, aborted, end: which }] of tasks.entries()) {
          add(index, ...wants);
          if (aborted && scheduler.remove(index)) removed.add(index);
          if (which % 2 === 0) end(which);
          const now = running();
          for (const one of now) {
            for (const other of now) {
              if (one < other)
                expect(scheduler.resources.conflict(tasks[one]?.wants ?? [], tasks[other]?.wants ?? [])).toBe(false);
            }
          }
        }
        while (running().length > 0) end(0);
        expect(started.toSorted((a, b) => a - b)).toEqual([...tasks.keys()].filter((id) => !removed.has(id)));
        expect(scheduler.waiting).toBe(0);
      },
    ),
  );
});
