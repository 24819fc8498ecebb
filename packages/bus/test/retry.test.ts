// What follows from a failed delivery: when the message is tried again, when it is parked, and what is remembered of the failure.

import { describe, expect, it } from "vitest";
import { resolveConsume } from "../src/options.ts";
import { describeFailure, judgeFailure } from "../src/retry.ts";

const failed = new Error("failed");

describe("the verdict", () => {
  it("lets the delay grow by the factor up to its limit, and parks after the last delivery", () => {
    const options = resolveConsume({ maxDeliveries: 5, retryDelayMs: 100, retryFactor: 3, maxRetryDelayMs: 2_000 });
    expect([1, 2, 3, 4, 5].map((attempt) => judgeFailure(failed, attempt, options))).toEqual([
      { park: false, delayMs: 100 },
      { park: false, delayMs: 300 },
      { park: false, delayMs: 900 },
      { park: false, delayMs: 2_000 },
      { park: true },
    ]);
  });

  it("never delays beyond the limit, however many deliveries there were", () => {
    const options = resolveConsume({ maxDeliveries: 1_000, retryFactor: 10 });
    expect(judgeFailure(failed, 999, options)).toEqual({ park: false, delayMs: 300_000 });
  });

  it("parks at once what is said to be not retryable, and only that", () => {
    const options = resolveConsume({});
    const verdict = (error: unknown): boolean => judgeFailure(error, 1, options).park;
    expect(verdict(Object.assign(new Error("final"), { retryable: false }))).toBe(true);
    expect(verdict({ retryable: false })).toBe(true);
    for (const error of [failed, Object.assign(new Error("again"), { retryable: true }), "text", undefined, null]) {
      expect(verdict(error)).toBe(false);
    }
  });
});

describe("the record of a failure", () => {
  it("has the error's class, code and message", () => {
    const error = Object.assign(new TypeError("no such field"), { code: "FIELD_UNKNOWN" });
    expect(describeFailure(error, 2, 1_700_000_000_000)).toEqual({
      at: 1_700_000_000_000,
      attempt: 2,
      name: "TypeError",
      code: "FIELD_UNKNOWN",
      message: "no such field",
    });
  });

  it("is made of anything that can be thrown", () => {
    const unprintable = {
      toString() {
        throw new Error("no text");
      },
    };
    const described = [undefined, "text", 7, Symbol("s"), unprintable, Object.create(null)].map((thrown) =>
      describeFailure(thrown, 1, 0),
    );
    expect(described.map(({ name, code, message }) => [name, code, message])).toEqual([
      ["undefined", undefined, "undefined"],
      ["string", undefined, "text"],
      ["number", undefined, "7"],
      ["symbol", undefined, "Symbol(s)"],
      ["object", undefined, "a value that has no text form"],
      ["object", undefined, "a value that has no text form"],
    ]);
  });

  it("is short even when the message is not", () => {
    expect(describeFailure(new Error("x".repeat(100_000)), 1, 0).message).toHaveLength(1_000);
  });
});
