// What tasks can do besides running: hooks with conditions, second names, progress made of parts, and being asked for.

import { expect, it } from "vitest";
import { defineTask, ProgressTask, type TaskProgress, taskService } from "../../src/tasks/index.ts";
import { openWorld, type World } from "./kit.ts";

async function worldWithWork(): Promise<World & { readonly told: unknown[] }> {
  const world = await openWorld();
  const told: unknown[] = [];
  const { handlers } = world.engine;
  handlers.register("work", defineTask({ name: "work", run: (_, n: number) => n }));
  handlers.register("hook", defineTask({ name: "hook", run: (_, n: number) => void told.push(n) }));
  return { ...world, told };
}

/** Calls a method of the service as the server itself does. */
async function call({ engine }: World, method: string, ...args: readonly unknown[]): Promise<unknown> {
  const handler = taskService(engine, { offer: () => "" }).methods[method]?.handler as (...args: unknown[]) => unknown;
  const answer = await handler(...args);
  if (typeof answer !== "object" || answer === null || !(Symbol.asyncIterator in answer)) return answer;
  const items: unknown[] = [];
  for await (const item of answer as AsyncIterable<unknown>) items.push(item);
  return items;
}

async function run({ engine }: World, name: string, ...args: readonly unknown[]): Promise<number> {
  const id = await engine.submit(name, args);
  await engine.wait(id);
  return id;
}

it("runs a hook task only where its condition holds; one that throws does not hold", async () => {
  const world = await worldWithWork();
  const { hooks } = world.engine;
  hooks.register("work:before", "hook", (n) => {
    if (n === 3) throw new Error("cannot say");
    return n === 2;
  });
  for (const n of [1, 2, 3]) await run(world, "work", n);
  expect(world.told).toEqual([2]);
});

it("takes conditions from clients as filters, the last one counts, and forgets them with the hook", async () => {
  const world = await worldWithWork();
  await call(world, "register_task_hook", "work:after", "hook", [["args.0", "=", 1]]);
  await call(world, "register_task_hook", "work:after", "hook", [["args.0", ">", 1]]);
  for (const n of [1, 2]) await run(world, "work", n);
  expect(world.told).toEqual([2]);
  await call(world, "unregister_task_hook", "work:after", "hook");
  await run(world, "work", 3);
  expect(world.told).toEqual([2]);
});

it("refuses what should be a function and is none", () => {
  const run = (): null => null;
  expect(() => defineTask({ name: "odd", run, verify: "later" as never })).toThrow(
    expect.objectContaining({
      code: "TASK_DEFINITION_INVALID",
      message: 'task odd: expected a function as verify, got "later"',
    }),
  );
  expect(() => defineTask({ name: "odd" } as never)).toThrow("task odd: expected a function as run, got nothing");
});

it("refuses hooks at other points", async () => {
  const { engine } = await worldWithWork();
  expect(() => engine.hooks.register("work:meanwhile", "hook")).toThrow(
    expect.objectContaining({ code: "TASK_DEFINITION_INVALID" }),
  );
});

it("runs a task under its second name, records that name, and forgets it", async () => {
  const world = await worldWithWork();
  const { handlers } = world.engine;
  const remove = handlers.registerAlias("labour", "work");
  const id = await run(world, "labour", 7);
  expect(await world.status(id)).toMatchObject({ name: "labour", state: "FINISHED", result: 7 });
  expect(Object.keys(handlers.list())).toEqual(["work", "hook", "labour"]);
  remove();
  await expect(world.engine.submit("labour")).rejects.toMatchObject({ code: "TASK_UNKNOWN" });
  expect(() => handlers.registerAlias("labour", "no.such")).toThrow(expect.objectContaining({ code: "TASK_UNKNOWN" }));
});

it("makes a child's progress a part of its parent's", async () => {
  const world = await worldWithWork();
  class Parent extends ProgressTask {
    run(): void {
      const child = (percentage: number, message = ""): TaskProgress => ({ percentage, message, extra: null });
      this.chunkProgress([20, 60], "copying", child(0));
      this.chunkProgress([20, 60], "copying", child(50, "half"));
      this.chunkProgress([20, 60], "", child(400, "too much"));
      this.chunkProgress([20, 60], "copying", child(Number.NaN));
    }
  }
  world.engine.handlers.register("parent", Parent);
  const id = await run(world, "parent");
  const steps = world.events.filter(({ name, args }) => name === "task.progress" && args["id"] === id);
  expect(steps.map(({ args }) => [args["percentage"], args["message"]])).toEqual([
    [20, "copying"],
    [40, "copying: half"],
    [60, "too much"],
    [20, "copying"],
  ]);
});

it("answers queries by filters and parameters, with the progress of each task", async () => {
  const world = await worldWithWork();
  const ids: number[] = [];
  for (const n of [1, 2, 3]) ids.push(await run(world, "work", n));
  const hook = await run(world, "hook", 4);
  const query = (filter: unknown, params: unknown = null): Promise<unknown> => call(world, "query", filter, params);
  expect(
    await query(
      [
        ["name", "=", "work"],
        ["result", ">", 1],
      ],
      { select: "id" },
    ),
  ).toEqual(ids.slice(1));
  const either = [
    [
      "or",
      [
        ["id", "=", ids[0]],
        ["name", "=", "hook"],
      ],
    ],
  ];
  expect(await query(either, { sort: "-id", select: "id" })).toEqual([hook, ids[0]]);
  expect(await query([["state", "=", "FINISHED"]], { count: true })).toBe(4);
  expect(await query([["id", "=", hook]], { single: true })).toMatchObject({
    name: "hook",
    progress: { percentage: 100, message: "Finished" },
  });
  expect(await query([["name", "=", "none"]], { single: true })).toBeNull();
  expect(await query(null, { limit: 2, offset: 1, sort: "id", select: "id" })).toEqual(ids.slice(1));
});
