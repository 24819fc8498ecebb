import * as fc from "fast-check";
import { expect, it } from "vitest";
import { KeySequence } from "../../src/worker/key-sequence.ts";

it("lets tasks of one key begin in order, each after the one before has ended, and other keys pass", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 30 }),
      fc.scheduler(),
      async (keys, scheduler) => {
        const sequence = new KeySequence();
        const running = new Map<string, number>();
        const started: { key: string; index: number }[] = [];
        const tasks = keys.map(async (key, index) => {
          await sequence.enter(key);
          expect(running.get(key) ?? 0).toBe(0);
          running.set(key, 1);
          started.push({ key, index });
          await scheduler.schedule(Promise.resolve());
          running.set(key, 0);
          sequence.leave(key);
        });
        await scheduler.waitFor(Promise.all(tasks));
        expect(started).toHaveLength(keys.length);
        for (const key of ["a", "b", "c"]) {
          const order = started.filter((entry) => entry.key === key).map(({ index }) => index);
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        }
      },
    ),
  );
});

it("lets a task begin at once that waits for nothing", () => {
  const sequence = new KeySequence();
  expect(sequence.enter("stuck")).toBeUndefined();
  expect(sequence.enter("free")).toBeUndefined();
  sequence.leave("free");
  expect(sequence.enter("free")).toBeUndefined();
});

it("lets the next one begin when the one before has ended, and forgets a key that nobody waits for", async () => {
  const sequence = new KeySequence();
  void sequence.enter("a");
  const order: number[] = [];
  const second = sequence.enter("a")?.then(() => order.push(2));
  const third = sequence.enter("a")?.then(() => order.push(3));
  sequence.leave("a");
  await second;
  expect(order).toEqual([2]);
  sequence.leave("a");
  await third;
  sequence.leave("a");
  expect(order).toEqual([2, 3]);
  expect(sequence.enter("a")).toBeUndefined();
});
