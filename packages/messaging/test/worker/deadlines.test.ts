import { TestClock } from "@switchboard/core/testing";
import { expect, it } from "vitest";
import { Deadlines } from "../../src/worker/deadlines.ts";

function controlled<Value>(): {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

const expired = (): Error => new Error("expired");
const unexpected = (): never => {
  throw new Error("not late");
};

it("settles as the task does when that is in time", async () => {
  const deadlines = new Deadlines(new TestClock(), 100);
  expect(await deadlines.limit(Promise.resolve(7), expired, unexpected)).toBe(7);
  await expect(deadlines.limit(Promise.reject(new RangeError("own")), expired, unexpected)).rejects.toThrow("own");
});

it("gives each task the full time, on one timer, and hears of those that end late", async () => {
  const clock = new TestClock();
  const deadlines = new Deadlines(clock, 100);
  const late: unknown[] = [];
  const first = controlled<void>();
  const second = controlled<void>();
  const one = deadlines
    .limit(first.promise, expired, (error) => late.push(error))
    .catch((error: Error) => error.message);
  await clock.advance(60);
  const two = deadlines
    .limit(second.promise, expired, (error) => late.push(error))
    .catch((error: Error) => error.message);
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(40);
  expect(await one).toBe("expired");
  await clock.advance(59);
  expect(await Promise.race([two, Promise.resolve("waits")])).toBe("waits");
  await clock.advance(1);
  expect(await two).toBe("expired");
  first.resolve();
  second.reject("too late");
  await clock.advance(0);
  expect(late).toEqual([undefined, "too late"]);
});

it("leaves no timer behind when closed", async () => {
  const clock = new TestClock();
  const deadlines = new Deadlines(clock, 100);
  await deadlines.limit(Promise.resolve(), expired, unexpected);
  deadlines.close();
  expect(clock.pendingTimers).toBe(0);
});
