// Tasks in processes of their own.

import { fileURLToPath } from "node:url";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errno } from "@switchboard/protocol";
import { spawnNode, tempFolder, until } from "@switchboard/testkit";
import { describe, expect, it } from "vitest";
import { defineTask, TaskFile } from "../../src/tasks/index.ts";
import { after, chatty, crash, digest, handOn, hang, produce, report } from "./fixtures/isolated.ts";
import { openWorld, type World } from "./kit.ts";

const filename = fileURLToPath(new URL("fixtures/isolated.ts", import.meta.url));

const tasks = { after, chatty, crash, digest, handOn, hang, produce, report };

async function isolatedWorld(): Promise<World> {
  const world = await openWorld({ limits: { maxProcesses: 2, maxOutputChars: 500 } });
  const { handlers, resources } = world.engine;
  for (const [exportName, taskClass] of Object.entries(tasks)) {
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

describe("files", () => {
  const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const upload = (): { file: TaskFile; sink: Writable } => {
    const file = new TaskFile("data.bin", "upload");
    const transfer = file.transfer();
    return { file, sink: transfer.direction === "upload" ? transfer.open() : expect.unreachable() };
  };
  const download = (): { file: TaskFile; source: Readable } => {
    const file = new TaskFile("data.bin", "download");
    const transfer = file.transfer();
    return { file, source: transfer.direction === "download" ? transfer.open() : expect.unreachable() };
  };

  it("that are uploaded are read in the other process, byte for byte, one task after the other", async () => {
    const { engine, status } = await isolatedWorld();
    for (const bytes of [randomBytes(1_000_000), Buffer.alloc(0)]) {
      const { file, sink } = upload();
      const id = await engine.submit("digest", [file]);
      await pipeline(Readable.from([bytes.subarray(0, 300_000), bytes.subarray(300_000)]), sink);
      await engine.wait(id);
      const { state, result, args } = await status(id);
      expect([state, args]).toEqual(["FINISHED", [{ fd: "data.bin" }]]);
      expect(result).toMatchObject({ name: "data.bin", bytes: bytes.length, digest: sha256(bytes) });
      expect(result).not.toMatchObject({ pid: process.pid });
    }
  });

  it("that are to be downloaded come as fast as they are read, and are complete when the task has ended", async () => {
    const { engine, status } = await isolatedWorld();
    const { file, source } = download();
    const id = await engine.submit("produce", [file, 64]);
    await until(async () => (await status(id))["state"] === "EXECUTING" && source.readableLength >= 65_536);
    // Nobody reads: the task waits, with a few pieces on their way.
    expect((await status(id))["state"]).toBe("EXECUTING");
    const pieces: Buffer[] = [];
    for await (const piece of source as AsyncIterable<Buffer>) {
      expect(source.readableLength + source.readableHighWaterMark).toBeLessThan(1_000_000);
      pieces.push(piece);
    }
    const expected = Buffer.concat(Array.from({ length: 64 }, (_, piece) => Buffer.alloc(65_536, piece)));
    expect(sha256(Buffer.concat(pieces))).toBe(sha256(expected));
    await engine.wait(id);
    expect(await status(id)).toMatchObject({ state: "FINISHED", result: "written" });
  });

  it("that nobody has read yet do not keep a task from ending", async () => {
    const { engine, status } = await isolatedWorld();
    const { file, source } = download();
    const id = await engine.submit("produce", [file, 1]);
    await engine.wait(id);
    expect(await status(id)).toMatchObject({ state: "FINISHED" });
    expect((await source.toArray()).reduce((sum: number, piece: Buffer) => sum + piece.length, 0)).toBe(65_536);
  });

  it("that break off are told to the task, and those of a task that fails to whoever transfers them", async () => {
    const { engine, status } = await isolatedWorld();
    const { file, sink } = upload();
    const broken = await engine.submit("digest", [file]);
    sink.write("beginning");
    sink.destroy(new Error("the upload was broken off"));
    await engine.wait(broken);
    expect(await status(broken)).toMatchObject({
      state: "FAILED",
      error: { message: expect.stringContaining("broken off") as unknown },
    });
    const unwanted = download();
    const left = await engine.submit("produce", [unwanted.file, 64]);
    unwanted.source.destroy();
    await engine.wait(left);
    expect(await status(left)).toMatchObject({ state: "FAILED", error: { message: expect.any(String) as unknown } });
    const half = download();
    const failing = await engine.submit("produce", [half.file, 1, true]);
    await expect(half.source.toArray()).rejects.toThrow("did not end well");
    await engine.wait(failing);
    expect(await status(failing)).toMatchObject({ state: "FAILED", error: { message: "half done" } });
  });

  it("cannot be handed on to a subtask, which is an error with a code", async () => {
    const { engine, status } = await isolatedWorld();
    const id = await engine.submit("handOn", [upload().file]);
    await engine.wait(id);
    expect(await status(id)).toMatchObject({ state: "FAILED", error: { code: errno.EOPNOTSUPP } });
  });
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
