import { TestClock } from "@switchboard/core/testing";
import { expect, it } from "vitest";
import { Deadlines, LimitedTask } from "../../src/worker/deadlines.ts";

class Task extends LimitedTask {
  readonly #name: string;
  readonly #expired: string[];

  constructor(name: string, expired: string[]) {
    super();
    this.#name = name;
    this.#expired = expired;
  }

  override expire(): void {
    this.#expired.push(this.#name);
  }
}

it("lets no task expire that ends in time, whichever ends first", async () => {
  const clock = new TestClock();
  const deadlines = new Deadlines(clock, 100);
  const expired: string[] = [];
  const tasks = ["first", "second", "third"].map((name) => new Task(name, expired));
  for (const task of tasks) deadlines.begin(task);
  for (const index of [1, 0, 2]) deadlines.end(tasks[index] as Task);
  await clock.advance(200);
  expect(expired).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

it("gives each task the full time, on one timer", async () => {
  const clock = new TestClock();
  const deadlines = new Deadlines(clock, 100);
  const expired: string[] = [];
  const [first, second] = [new Task("first", expired), new Task("second", expired)];
  deadlines.begin(first);
  await clock.advance(60);
  deadlines.begin(second);
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(39);
  expect(expired).toEqual([]);
  await clock.advance(1);
  expect(expired).toEqual(["first"]);
  await clock.advance(59);
  expect(expired).toEqual(["first"]);
  await clock.advance(1);
  expect(expired).toEqual(["first", "second"]);
  // They may end after all.
  deadlines.end(first);
  deadlines.end(second);
  expect(clock.pendingTimers).toBe(0);
});

it("leaves no timer behind when closed, and lets nothing expire any more", async () => {
  const clock = new TestClock();
  const deadlines = new Deadlines(clock, 100);
  const expired: string[] = [];
  const task = new Task("task", expired);
  deadlines.begin(task);
  deadlines.close();
  expect(clock.pendingTimers).toBe(0);
  await clock.advance(200);
  deadlines.end(task);
  expect(expired).toEqual([]);
});
