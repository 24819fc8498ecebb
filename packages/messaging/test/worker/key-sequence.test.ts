import * as fc from "fast-check";
import { expect, it } from "vitest";
import { KeySequence } from "../../src/worker/key-sequence.ts";

it("starts tasks of one key in order, each after the one before has settled, and lets other keys pass", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), fails: fc.boolean() }), { maxLength: 30 }),
      fc.scheduler(),
      async (jobs, scheduler) => {
        const sequence = new KeySequence();
        const running = new Map<string, number>();
        const started: { key: string; index: number }[] = [];
        const results = jobs.map(async ({ key, fails }, index) =>
          sequence.run(key, async () => {
            expect(running.get(key) ?? 0).toBe(0);
            running.set(key, 1);
            started.push({ key, index });
            await scheduler.schedule(Promise.resolve());
            running.set(key, 0);
            if (fails) throw new Error(String(index));
            return index;
          }),
        );
        const settled = Promise.allSettled(results);
        await scheduler.waitFor(settled);
        for (const [index, result] of (await settled).entries()) {
          expect(result.status).toBe(jobs[index]?.fails ? "rejected" : "fulfilled");
        }
        for (const key of ["a", "b", "c"]) {
          const order = started.filter((entry) => entry.key === key).map(({ index }) => index);
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        }
      },
    ),
  );
});

it("does not let one key wait for another", async () => {
  const sequence = new KeySequence();
  const never = sequence.run("stuck", () => new Promise<never>(() => undefined));
  expect(await sequence.run("free", () => Promise.resolve("done"))).toBe("done");
  expect(await Promise.race([never, Promise.resolve("still stuck")])).toBe("still stuck");
});

it("runs at once what waits for nothing, and returns or throws what it does", async () => {
  const sequence = new KeySequence();
  expect(sequence.run("a", () => 7)).toBe(7);
  expect(() =>
    sequence.run("a", () => {
      throw new RangeError("own");
    }),
  ).toThrow("own");
  const order: number[] = [];
  const first = sequence.run("a", async () => {
    await Promise.resolve();
    order.push(1);
  });
  const second = sequence.run("a", () => order.push(2));
  expect(order).toEqual([]);
  await Promise.all([first, second]);
  expect(order).toEqual([1, 2]);
});
