// The state machine of a task, and what may not happen to it.

import * as fc from "fast-check";
import { errno } from "@switchboard/protocol";
import { TestClock } from "@switchboard/core/testing";
import { until } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { SchemaRegistry } from "../../src/schema/index.ts";
import { defineTask } from "../../src/tasks/index.ts";
import { LiveTask } from "../../src/tasks/live-task.ts";
import { finalStates, isFinal, liveStates, mayFollow, type TaskState } from "../../src/tasks/states.ts";
import { openWorld } from "./kit.ts";

it("enters only states that may follow, and none after a final one", () => {
  const all = [...liveStates, ...finalStates];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...all), { maxLength: 20 }), (wanted) => {
      const taskClass = defineTask({ name: "t", run: () => null });
      const handler = { name: "t", taskClass, source: undefined };
      const origin = { user: null, session: null, parent: undefined, environment: {} };
      const task = new LiveTask({ id: 1, handler, args: [], ...origin, now: 0, schemas: new SchemaRegistry() });
      let state: TaskState = "CREATED";
      for (const next of wanted) {
        const isAllowed = mayFollow(state, next);
        const outcome = { state: next, result: null, error: null };
        expect(isFinal(next) ? task.finish(outcome, 1) : task.enter(next, 1)).toBe(isAllowed);
        if (isAllowed) state = next;
        expect(task.state).toBe(state);
        expect(task.finishedAt === null).toBe(!isFinal(state));
      }
    }),
  );
});

it("fails a task with ETIMEDOUT that takes longer than its class allows", async () => {
  const clock = new TestClock();
  const { engine, status, states } = await openWorld({ clock });
  engine.handlers.register(
    "slow",
    defineTask({ name: "slow", timeoutMs: 5_000, run: () => new Promise(() => undefined) }),
  );
  const id = await engine.submit("slow");
  await until(() => states(id).at(-1) === "EXECUTING");
  await until(async () => {
    await clock.advance(5_000);
    return states(id).at(-1) === "FAILED";
  });
  expect((await status(id)).error).toMatchObject({ code: errno.ETIMEDOUT });
});
