// An engine's thread, with a worker that does as it is told.

import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { EngineThread } from "../../src/thread/engine-thread.ts";
import { startWorker } from "../../src/thread/start-worker.ts";
import { codeOf } from "../code-of.ts";
import type { Order } from "./obedient-worker.ts";

let current: EngineThread<Order> | undefined;
afterEach(async () => {
  await current?.close();
  current = undefined;
});

function threadWith({ maxPending = 100, data = "" }: { maxPending?: number; data?: string } = {}): {
  thread: EngineThread<Order>;
  workers: Worker[];
} {
  const workers: Worker[] = [];
  const thread = new EngineThread<Order>({
    name: "test thread",
    maxPending,
    start: () => {
      const worker = startWorker(new URL("./obedient-worker.ts", import.meta.url), data);
      workers.push(worker);
      return worker;
    },
  });
  current = thread;
  return { thread, workers };
}

describe("an engine's thread", () => {
  it("answers in order, failures apart", async () => {
    const { thread } = threadWith();
    await thread.open();
    const answers = [thread.call({ say: 1 }), codeOf(thread.call({ fail: "no" })), thread.call({ say: 3 })];
    expect(await Promise.all(answers)).toEqual([1, "STORAGE_LOCKED", 3]);
  });

  it("gathers what is asked while it is busy into larger batches", async () => {
    const { thread } = threadWith({ maxPending: 10_000 });
    await thread.open();
    const sizes = await Promise.all(Array.from({ length: 2_500 }, () => thread.call("batch size")));
    expect(sizes.at(0)).toBe(1_000);
    expect(sizes.at(-1)).toBe(500);
    const spread: Promise<unknown>[] = [];
    for (let call = 0; call < 100; call++) {
      spread.push(thread.call("batch size"));
      await Promise.resolve();
    }
    // Two batches go out at once, all others wait for an answer and travel together.
    expect(new Set(await Promise.all(spread))).toEqual(new Set([1, 98]));
  });

  it("gives errors the caller's stack, and the thread's as their cause", async () => {
    const { thread } = threadWith();
    await thread.open();
    const error: unknown = await thread.call({ fail: "the reason" }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "STORAGE_LOCKED", message: "the reason", details: { place: "thread" } });
    expect(String((error as Error & { cause: Error }).cause.stack)).toContain("obedient-worker");
  });

  it("that cannot open its files says why", async () => {
    const { thread } = threadWith({ data: "refuse to open" });
    expect(await codeOf(thread.open())).toBe("STORAGE_CORRUPT");
  });

  it("that dies rejects what it had, and is started again by the next call", async () => {
    const { thread, workers } = threadWith();
    await thread.open();
    const calls = [codeOf(thread.call({ say: 1 })), codeOf(thread.call("die")), codeOf(thread.call({ say: 2 }))];
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 3 }, () => "STORAGE_CONNECTION_LOST"));
    expect(await thread.call({ say: 4 })).toBe(4);
    expect(workers).toHaveLength(2);
  });

  it("loads modules before it answers what was asked after them, and again when it takes the place of one that died", async () => {
    const { thread } = threadWith();
    await thread.open();
    const moduleOf = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    // The second one takes a while.
    const loads = ["export const name = 'one'", "await null; export const name = 'two'"].map((code) =>
      thread.load(moduleOf(code)),
    );
    expect(await thread.call("modules")).toBe("one two");
    await Promise.all(loads);
    expect(await codeOf(thread.load(moduleOf("throw new Error()")))).toBe("STORAGE_FAILED");
    expect(await codeOf(thread.call("die"))).toBe("STORAGE_CONNECTION_LOST");
    expect(await thread.call("modules")).toBe("one two");
  });

  it("rejects above maxPending", async () => {
    const { thread } = threadWith({ maxPending: 2 });
    await thread.open();
    const codes = await Promise.all([1, 2, 3].map((say) => codeOf(thread.call({ say }))));
    expect(codes).toEqual(["resolved", "resolved", "STORAGE_OVERLOADED"]);
  });

  it("answers what was asked before it was closed, nothing after", async () => {
    const { thread } = threadWith();
    await thread.open();
    const before = thread.call({ say: 1 });
    const closing = thread.close();
    expect(await codeOf(thread.call({ say: 2 }))).toBe("STORAGE_CLOSED");
    expect(await before).toBe(1);
    await closing;
    await thread.close();
  });

  it("does not keep a process alive that has nothing more to ask", async () => {
    const { spawnNode } = await import("@switchboard/testkit");
    const child = spawnNode(fileURLToPath(new URL("ask-and-leave.ts", import.meta.url)));
    const lines: string[] = [];
    for await (const line of child.lines) lines.push(line);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(lines).toEqual(["stored 1"]);
  });
});
