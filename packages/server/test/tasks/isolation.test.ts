// Tasks in processes of their own.

import { fileURLToPath } from "node:url";
import { existsSync, readFileSync } from "node:fs";
import { spawnNode, tempFolder, until } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { defineTask } from "../../src/tasks/index.ts";
import { after, chatty, crash, hang, report } from "./fixtures/isolated.ts";
import { openWorld, type World } from "./kit.ts";

const filename = fileURLToPath(new URL("fixtures/isolated.ts", import.meta.url));

async function isolatedWorld(): Promise<World> {
  const world = await openWorld({ limits: { maxProcesses: 2, maxOutputChars: 500 } });
  const { handlers, resources } = world.engine;
  for (const [exportName, taskClass] of Object.entries({ after, chatty, crash, hang, report })) {
    handlers.register(exportName, taskClass, { filename, exportName });
  }
  handlers.register("local.double", defineTask({ name: "double", run: (_, n: number) => n * 2 }));
  handlers.register("local.forever", defineTask({ name: "forever", run: () => new Promise(() => undefined) }));
  resources.register("shared");
  return world;
}

it("runs a task in another process, with progress, warnings, calls, events, subtasks and output; uses the process again", async () => {
  const { engine, status, events } = await isolatedWorld();
  const when = new Date(1_000);
  const id = await engine.submit("report", [when]);
  await engine.wait(id);
  const record = await status(id);
  expect(record).toMatchObject({
    state: "FINISHED",
    result: { when, answer: { method: "some.method", args: [1] }, result: 42 },
    warnings: [{ message: "careful", type: "TaskWarning" }],
    output: "to the output\n",
    rusage: { ru_maxrss: expect.any(Number) },
  });
  const { pid } = record["result"] as { pid: number };
  expect(pid).not.toBe(process.pid);
  expect(events).toContainEqual({ name: "some.event", args: { from: "child" } });
  expect(events.find(({ name }) => name === "task.progress")?.args).toMatchObject({
    id,
    percentage: 50,
    message: "half",
  });
  const again = await engine.submit("after");
  await engine.wait(again);
  expect((await status(again))["result"]).toBe(pid);
});

it("S77 fails a task whose process dies, frees its resource and replaces the process", async () => {
  const { engine, status } = await isolatedWorld();
  const first = await engine.submit("crash");
  const second = await engine.submit("after");
  await engine.wait(first);
  expect(await status(first)).toMatchObject({ state: "FAILED", error: { code: 14 } });
  await engine.wait(second);
  expect(await status(second)).toMatchObject({ state: "FINISHED", result: expect.any(Number) });
});

it("S78 kills the process of a task that cannot be asked to end, and aborts its subtasks", async () => {
  const { engine, status, events, log } = await isolatedWorld();
  const id = await engine.submit("hang");
  await until(() => events.some(({ name, args }) => name === "task.progress" && args["id"] === id));
  await engine.abort(id);
  await engine.wait(id);
  expect(await status(id)).toMatchObject({ state: "ABORTED" });
  expect(await log.query("tasks", [["parent", "=", id]], { select: "state" })).toEqual(["ABORTED"]);
  await until(() => engine.executors().length === 1);
});

it("keeps what a task writes up to a limit, and says that the rest is cut", async () => {
  const { engine, status } = await isolatedWorld();
  const id = await engine.submit("chatty");
  await engine.wait(id);
  const { state, output } = await status(id);
  expect(state).toBe("FINISHED");
  expect(output).toBe(`${`${"x".repeat(99)}\n`.repeat(5)}\n[output cut]\n`);
});

it.each(["busy", "waiting"])("ends a %s process, with what it has started, when the server is killed", async (how) => {
  const folder = tempFolder();
  const server = spawnNode(new URL("fixtures/endless-server.ts", import.meta.url), [folder, how]);
  const pids = await until(() => JSON.parse(readFileSync(`${folder}/pids`, "utf8")) as number[]);
  expect(pids.map(isAlive)).toEqual([true, true]);
  await server.kill("SIGKILL");
  await until(() => !pids.some(isAlive));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where nobody waits for orphans, they stay as zombies.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/^\d+ \(.*\) [ZX]/.test(readFileSync(stat, "utf8"));
}
