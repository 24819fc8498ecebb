import { expect, it } from "vitest";
import { checkExpected } from "../../src/services/expected-count.ts";

it("lets a number pass that is within five percent of the expected one, or that nobody expected", () => {
  for (const [expected, count] of [
    [undefined, 7],
    [100, 95],
    [100, 105],
    [0, 0],
    [10, 10],
  ] as const) {
    expect(() => checkExpected(expected, count)).not.toThrow();
  }
  for (const [expected, count] of [
    [100, 94],
    [100, 106],
    [0, 1],
    [10, 9],
  ] as const) {
    expect(() => checkExpected(expected, count)).toThrow(`it is ${count} now, not ${expected}`);
  }
});
