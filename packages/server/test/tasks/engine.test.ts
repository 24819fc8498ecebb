// The task engine's numbered checks, in this process.

import { errno, Password } from "@switchboard/protocol";
import { until } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { defineTask, TaskError, taskService, testTasks } from "../../src/tasks/index.ts";
import { caller, gate, openWorld } from "./kit.ts";

const code = (name: string): unknown => expect.objectContaining({ code: name });

it("S69 refuses an unknown task with EINVAL, and records nothing", async () => {
  const { engine, log } = await openWorld();
  await expect(engine.submit("no.such")).rejects.toMatchObject({ code: "TASK_UNKNOWN", errno: errno.EINVAL });
  expect(await log.query("tasks", null, { count: true })).toBe(0);
});

it("S70 answers a number for bad arguments, then fails the task with EBADMSG and what is wrong where", async () => {
  const { engine, status, states } = await openWorld();
  engine.handlers.register(
    "typed",
    defineTask({ name: "typed", accepts: [{ title: "n", type: "integer" }], run: () => 1 }),
  );
  const id = await engine.submit("typed", ["x"]);
  await engine.wait(id);
  const { state, error } = await status(id);
  expect(state).toBe("FAILED");
  expect(error).toMatchObject({ type: "ValidationException", code: 89, extra: [{ path: [0], code: 22 }] });
  expect(states(id)).toEqual(["CREATED", "FAILED"]);
});

it("S71 and S72 wait for a task that has ended, and refuse one that never was", async () => {
  const { engine } = await openWorld();
  engine.handlers.register("quick", defineTask({ name: "quick", run: () => "done" }));
  const id = await engine.submit("quick");
  await engine.wait(id);
  await expect(engine.wait(id)).resolves.toBeUndefined();
  await expect(engine.wait(id + 1)).rejects.toEqual(code("TASK_NOT_FOUND"));
});

it("S73 lets the second of two tasks with one resource wait until the first is final", async () => {
  const { engine, states } = await openWorld();
  const { taskClass, open, running } = gate(["system"]);
  engine.handlers.register("gate", taskClass);
  const [first, second] = [await engine.submit("gate"), await engine.submit("gate")];
  await until(() => states(second).at(-1) === "WAITING" && running.length === 1);
  expect(running).toEqual([first]);
  open(first);
  await until(() => running.length === 2);
  expect(states(first).at(-1)).toBe("FINISHED");
  open();
  await engine.wait(second);
});

it.each([
  ["the parent", ["parent"], ["child"]],
  ["the child", ["child"], ["parent"]],
])("S74 lets a task wait while another one holds %s", async (_, held, wanted) => {
  const { engine, states } = await openWorld();
  const { taskClass, open, running } = gate();
  engine.handlers.register("gate", taskClass);
  engine.resources.register("parent");
  engine.resources.register("child", { parents: ["parent"] });
  const first = await engine.submit("gate", held);
  const second = await engine.submit("gate", wanted);
  await until(() => states(second).at(-1) === "WAITING" && running.length === 1);
  expect(running).toEqual([first]);
  open(first);
  await until(() => running.length === 2);
  open();
  await engine.wait(second);
});

it("S75 lets a later task overtake one that is blocked", async () => {
  const { engine, states } = await openWorld();
  const { taskClass, open, running } = gate();
  engine.handlers.register("gate", taskClass);
  for (const name of ["x", "y"]) engine.resources.register(name);
  const [one, two, three] = [
    await engine.submit("gate", ["x"]),
    await engine.submit("gate", ["x"]),
    await engine.submit("gate", ["y"]),
  ];
  await until(() => running.length === 2);
  expect(running).toEqual([one, three]);
  expect(states(two).at(-1)).toBe("WAITING");
  open(one);
  await until(() => running.length === 3);
  open();
});

it("S76 fails a task with EBUSY that wants a resource which does not exist, when nothing runs", async () => {
  const { engine, status } = await openWorld();
  engine.handlers.register("gate", gate().taskClass);
  const id = await engine.submit("gate", ["nowhere"]);
  await engine.wait(id);
  expect(await status(id)).toMatchObject({ state: "FAILED", error: { code: 16 } });
});

it("S78 aborts a waiting task at once, and abandons a running one that cannot be asked, with its subtasks", async () => {
  const { engine, status, log } = await openWorld();
  const { taskClass, running } = gate(["system"]);
  engine.handlers.register("gate", taskClass);
  const parent = defineTask({
    name: "parent",
    verify: () => ["system"],
    run: async (context) => {
      await context.runSubtask("gate");
      await new Promise(() => undefined);
    },
  });
  engine.handlers.register("parent", parent);
  const id = await engine.submit("parent");
  const waiting = await engine.submit("gate");
  await until(() => running.length === 1);
  await engine.abort(waiting);
  expect(await status(waiting)).toMatchObject({ state: "ABORTED", started_at: null, error: { code: errno.EINTR } });
  await engine.abort(id);
  await engine.wait(id);
  expect(await status(id)).toMatchObject({ state: "ABORTED", finished_at: expect.any(Date) });
  expect(await log.query("tasks", [["parent", "=", id]], { select: "state" })).toEqual(["ABORTED"]);
  expect(engine.resources.list().filter(({ busy }) => busy)).toEqual([]);
});

it("asks an abortable task to end, which ends ABORTED", async () => {
  const { engine, status, events } = await openWorld();
  for (const [name, taskClass] of Object.entries(testTasks)) engine.handlers.register(name, taskClass);
  const id = await engine.submit("test.abort");
  await until(() => events.some(({ name }) => name === "task.progress"));
  await engine.abort(id);
  await engine.wait(id);
  expect(await status(id)).toMatchObject({ state: "ABORTED", abortable: true });
});

it("S79 rolls a failed task back, and keeps the error of its run", async () => {
  const { engine, status, states } = await openWorld();
  const rolledBack: unknown[] = [];
  const failing = defineTask({
    name: "failing",
    run: () => {
      throw new TaskError(errno.ENXIO, "gone");
    },
    rollback: (_, ...args: string[]) => {
      rolledBack.push(args);
      throw new Error("cannot undo");
    },
  });
  engine.handlers.register("failing", failing);
  const id = await engine.submit("failing", ["a"]);
  await engine.wait(id);
  expect(states(id)).toEqual(["CREATED", "WAITING", "EXECUTING", "ROLLBACK", "FAILED"]);
  expect(rolledBack).toEqual([["a"]]);
  expect((await status(id)).error).toMatchObject({ code: errno.ENXIO, message: "gone", type: "TaskException" });
});

it("S80 announces a task's life in order, with percentages from 0 to 100 and the result at the end", async () => {
  const { engine, events } = await openWorld();
  const steps = defineTask({
    name: "steps",
    run: (context) => {
      for (const percentage of [-5, 40, 250]) context.setProgress(percentage, "working");
      return { answer: 42 };
    },
  });
  engine.handlers.register("steps", steps);
  const id = await engine.submit("steps");
  await engine.wait(id);
  const told = events.filter(({ name, args }) => name !== "task.changed" && args["id"] === id);
  expect(told.map(({ name, args }) => [name, args["state"], args["percentage"]])).toEqual([
    ["task.created", "CREATED", undefined],
    ["task.updated", "WAITING", undefined],
    ["task.updated", "EXECUTING", undefined],
    ["task.updated", "EXECUTING", undefined],
    ["task.progress", "EXECUTING", 0],
    ["task.updated", "EXECUTING", undefined],
    ["task.progress", "EXECUTING", 40],
    ["task.updated", "EXECUTING", undefined],
    ["task.updated", "FINISHED", undefined],
  ]);
  expect(told.at(-1)?.args).toMatchObject({ result: { answer: 42 }, finished_at: expect.any(Date) });
});

it("S81 runs a subtask that wants what its parent holds", async () => {
  const { engine, status } = await openWorld();
  const inner = defineTask<[number]>({ name: "inner", verify: () => ["system"], run: (_, n) => n * 2 });
  const outer = defineTask({
    name: "outer",
    verify: () => ["system"],
    run: (context) => context.runSubtaskSync("inner", [21]),
  });
  engine.handlers.register("inner", inner);
  engine.handlers.register("outer", outer);
  const id = await engine.submit("outer");
  await engine.wait(id);
  expect(await status(id)).toMatchObject({ state: "FINISHED", result: 42 });
});

it("S82 fails a task whose after-hook fails, and lets an error hook change nothing", async () => {
  const { engine, status, log } = await openWorld();
  engine.handlers.register("work", defineTask({ name: "work", run: () => "done" }));
  const hook = defineTask({
    name: "hook",
    run: () => {
      throw new TaskError(errno.EIO, "hook failed");
    },
  });
  engine.handlers.register("hook", hook);
  engine.hooks.register("work:after", "hook");
  engine.hooks.register("work:error", "hook");
  const id = await engine.submit("work");
  await engine.wait(id);
  expect(await status(id)).toMatchObject({ state: "FAILED", error: { code: errno.EIO, message: "hook failed" } });
  const environments = await log.query("tasks", [["parent", "=", id]], { select: "environment" });
  expect(environments).toMatchObject([{ result: "done" }, { error: { code: errno.EIO } }]);
});

it("S84 refuses what belongs to processes that run tasks", async () => {
  const { engine } = await openWorld();
  const { methods } = taskService(engine, { offer: () => "" });
  for (const name of ["put_status", "checkin"]) {
    const call = methods[name]?.handler as () => unknown;
    expect(call).toThrow(code("TASK_WORKERS_ONLY"));
    expect(methods[name]?.private).toBeUndefined();
  }
});

it("S85 refuses RUN_AS_USER to ordinary users, and does it for administrators", async () => {
  const { engine, status } = await openWorld();
  engine.handlers.register("quick", defineTask({ name: "quick", run: ({ user }) => user }));
  const environment = { RUN_AS_USER: "root" };
  await expect(engine.submit("quick", [], { caller: caller("bob"), environment })).rejects.toEqual(
    code("TASK_REFUSED"),
  );
  const id = await engine.submit("quick", [], { caller: caller("alice", ["admin"]), environment });
  await engine.wait(id);
  expect(await status(id)).toMatchObject({ user: "root", result: "root", session: 7 });
});

it("S86 shows no secret in records and events", async () => {
  const { engine, status, events, log } = await openWorld();
  const accepts = [{ type: "object", properties: { key: { type: "string", "x-secret": true } } }, { type: "password" }];
  const revealing = defineTask({
    name: "secretive",
    accepts,
    describe: (_, { config }: { key: string; config: { url: string } }, _word: Password) => `Connect ${config.url}`,
    run: (_, { key }: { key: string; config: { url: string } }, word: Password) => [word, key.length],
  });
  engine.handlers.register("secretive", revealing);
  // Of options of a class no schema tells; those that are called like secrets are taken for such.
  const url = "amqp://user:s3cret@host/";
  const config = { web_password: "s3cret", url, tree: [{ api_key: "s3cret", text: "menu" }] };
  const id = await engine.submit("secretive", [{ key: "s3cret", config }, new Password("s3cret")]);
  await engine.wait(id);
  expect(await status(id)).toMatchObject({
    state: "FINISHED",
    result: ["********", 6],
    args: [
      {
        key: "********",
        config: {
          web_password: "********",
          url: "amqp://user:********@host/",
          tree: [{ api_key: "********", text: "menu" }],
        },
      },
      "********",
    ],
    description: { message: "Connect amqp://user:********@host/" },
  });
  const everything = JSON.stringify([await status(id), events, await log.query("tasks")]);
  expect(everything).not.toContain("s3cret");
});

it("reports errors that were not made for callers, as EFAULT", async () => {
  const { engine, status, reported } = await openWorld();
  engine.handlers.register("unreasonable", testTasks["test.unreasonable_error"] ?? gate().taskClass);
  const id = await engine.submit("unreasonable");
  await engine.wait(id);
  expect(await status(id)).toMatchObject({
    state: "FAILED",
    error: { type: "TypeError", code: 14, message: "Unreasonable failure" },
  });
  expect(reported).toEqual([expect.any(TypeError)]);
});
