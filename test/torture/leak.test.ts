// What the leak check calls a leak. `npm run torture -- --leak` is the check itself.

import { expect, it } from "vitest";
import { growthOf } from "./leak/run.ts";

const samples = (heap: (index: number) => number, handles: (index: number) => number = () => 60) =>
  Array.from({ length: 20 }, (_, index) => ({ heap: heap(index), handles: handles(index) }));

it("the leak check calls nothing a leak that grows in the first tenth, wavers, or is high once", () => {
  expect(growthOf(samples((index) => (index === 0 ? 20 : 30)))).toEqual([]);
  expect(growthOf(samples((index) => 30 + (index % 2)))).toEqual([]);
  expect(growthOf(samples((index) => (index === 19 ? 90 : 30)))).toEqual([]);
  expect(
    growthOf(
      samples(
        () => 30,
        (index) => (index < 10 ? 60 : 69),
      ),
    ),
  ).toEqual([]);
});

it("the leak check finds a heap and handles that grow with the messages", () => {
  expect(growthOf(samples((index) => 30 + index / 4))).toEqual([{ what: "heap", from: 30.5, to: 34.5 }]);
  expect(
    growthOf(
      samples(
        () => 30,
        (index) => 60 + 3 * index,
      ),
    ),
  ).toEqual([{ what: "handles", from: 66, to: 114 }]);
});
