// What is remembered of tasks, also when the server is killed.

import { TestClock } from "@switchboard/core/testing";
import { errno } from "@switchboard/protocol";
import { spawnNode, tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { defineTask } from "../../src/tasks/index.ts";
import { openWorld } from "./kit.ts";

it("S83 says after a kill what had ended, and that all else has failed with EINTR", async () => {
  const path = `${tempFolder()}/killed.db`;
  const server = spawnNode(new URL("fixtures/killed-server.ts", import.meta.url), [path]);
  const said: Record<string, number> = {};
  let runs: number | undefined;
  for await (const message of server.messages) {
    const told = message as Record<string, number>;
    if (Object.keys(told).length === 1) runs = told["running"];
    else Object.assign(said, told);
    if (runs !== undefined && said["waiting"] !== undefined) break;
  }
  await server.kill();
  const { status, engine } = await openWorld({ path });
  expect(runs).toBe(said["running"]);
  expect(await status(said["finished"] ?? 0)).toMatchObject({ state: "FINISHED", result: "done" });
  for (const name of ["running", "waiting", "rollingBack"]) {
    const record = await status(said[name] ?? 0);
    expect(record).toMatchObject({ state: "FAILED", error: { type: "TaskException", code: errno.EINTR } });
    expect(record["finished_at"]).toBeInstanceOf(Date);
    if (name !== "waiting") expect(record["started_at"]).toBeInstanceOf(Date);
  }
  engine.handlers.register("quick", defineTask({ name: "quick", run: () => "next" }));
  expect(await engine.submit("quick")).toBe((said["waiting"] ?? 0) + 1);
});

it("forgets ended tasks by count and by age when it is opened", async () => {
  const path = `${tempFolder()}/retention.db`;
  const first = await openWorld({ path });
  first.engine.handlers.register("quick", defineTask({ name: "quick", run: () => 1 }));
  const ids: number[] = [];
  for (let count = 0; count < 5; count++) ids.push(await first.engine.submit("quick"));
  for (const id of ids) await first.engine.wait(id);
  const second = await openWorld({ path, limits: { maxRecords: 2 } });
  expect(await second.log.query("tasks", null, { select: "id" })).toEqual(ids.slice(-2));
  const clock = new TestClock(Date.now() + 10_000);
  const third = await openWorld({ path, clock, limits: { maxAgeMs: 1_000 } });
  expect(await third.log.query("tasks", null, { count: true })).toBe(0);
});

it("refuses tasks with EAGAIN before the log store is open and after the end, and marks what waits as interrupted", async () => {
  const { engine, log } = await openWorld();
  engine.handlers.register(
    "wants",
    defineTask({ name: "wants", verify: () => ["system"], run: () => new Promise(() => undefined) }),
  );
  const ids = [await engine.submit("wants"), await engine.submit("wants")];
  await engine.close();
  await expect(engine.submit("wants")).rejects.toMatchObject({ code: "TASK_NOT_READY", errno: errno.EAGAIN });
  const records = await log.query("tasks", [["id", "in", ids]]);
  expect(records.map(({ state, error }) => [state, (error as { code: number }).code])).toEqual([
    ["FAILED", errno.EINTR],
    ["FAILED", errno.EINTR],
  ]);
});
