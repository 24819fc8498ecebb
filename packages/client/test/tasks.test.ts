// Tasks as a client sees them, among them those that end before anybody could look.

import { RpcError } from "@switchboard/protocol";
import { afterEach, expect, it } from "vitest";
import type { MemoryPeer, PeerServices } from "../src/testing/index.ts";
import { all, closeAll, names, rejection, settled, setup } from "./kit.ts";

afterEach(closeAll);

/** A task service with one task, that a test moves on. */
class FakeTask {
  record: Record<string, unknown> = { id: 7, name: "test.progress", state: "EXECUTING", result: null, error: null };
  waits = 0;
  #wake: (() => void)[] = [];

  readonly services: PeerServices = {
    task: {
      submit: (name: string) => {
        if (name !== "test.progress") throw new RpcError(22, `unknown task ${name}`);
        return 7;
      },
      status: (id: number) => {
        if (id !== 7) throw new RpcError(2, `unknown task ${id}`);
        return this.record;
      },
      wait: async (id: number) => {
        if (id !== 7) throw new RpcError(2, `unknown task ${id}`);
        this.waits++;
        if (this.record.state === "EXECUTING") await new Promise<void>((resolve) => this.#wake.push(resolve));
        return null;
      },
      abort: () => {
        this.end({ state: "ABORTED" });
        return null;
      },
    },
  };

  progress(peer: MemoryPeer, percentage: number): void {
    const { id, name, state } = this.record;
    peer.emit("task.progress", { id, name, state, percentage, message: `at ${percentage}`, extra: null });
  }

  end(members: Record<string, unknown>): void {
    this.record = { ...this.record, ...members };
    for (const wake of this.#wake.splice(0)) wake();
  }
}

it("gives progress while it runs, then its result", async () => {
  const fake = new FakeTask();
  const { client, peer } = await setup({ services: fake.services });
  const task = await client.submitTask("test.progress", [3]);
  expect(task.id).toBe(7);
  const reading = all(task.progress());
  await settled();
  for (const percentage of [10, 50]) {
    fake.progress(peer, percentage);
    await settled();
  }
  peer.emit("task.progress", { id: 8, state: "EXECUTING", percentage: 99, message: "of another task" });
  peer.emit("task.updated", { id: 7, name: "test.progress", state: "FINISHED", result: "done" });
  expect(await reading).toEqual([
    { percentage: 10, message: "at 10", extra: null },
    { percentage: 50, message: "at 50", extra: null },
  ]);
  fake.end({ state: "FINISHED", result: "done" });
  expect(await task.result()).toBe("done");
  await settled();
  expect(names(peer).at(-1)).not.toBe("subscribe");
  expect(peer.received.filter(({ name }) => name === "unsubscribe").map(({ args }) => args)).toEqual([
    ["task.progress", "task.updated"],
  ]);
});

it("that ended at once gives its result and no progress, though no event came", async () => {
  const fake = new FakeTask();
  fake.end({ state: "FINISHED", result: 5 });
  const { client } = await setup({ services: fake.services });
  const task = await client.submitTask("test.progress");
  expect(await all(task.progress())).toEqual([]);
  expect(await task.result()).toBe(5);
});

it("that others submitted is shown from where it is; of unread reports the last one counts", async () => {
  const fake = new FakeTask();
  fake.record = { ...fake.record, progress: { percentage: 40, message: "forty", extra: { step: 2 } } };
  const { client, peer } = await setup({ services: fake.services });
  const progress = client.task(7).progress();
  expect((await progress.next()).value).toEqual({ percentage: 40, message: "forty", extra: { step: 2 } });
  for (const percentage of [50, 60, 70]) fake.progress(peer, percentage);
  await settled();
  expect((await progress.next()).value).toMatchObject({ percentage: 70 });
  await progress.return?.();
  expect(await progress.next()).toEqual({ done: true, value: undefined });
});

it("is never told to be where it was before: an event that comes before the record is newer", async () => {
  let answer: (record: unknown) => void = () => undefined;
  const status = (): Promise<unknown> => new Promise((resolve) => (answer = resolve));
  const fake = new FakeTask();
  const { client, peer } = await setup({ services: { task: { ...fake.services.task, status } } });
  const progress = client.task(7).progress();
  await settled();
  fake.progress(peer, 60);
  expect((await progress.next()).value).toMatchObject({ percentage: 60 });
  answer({ ...fake.record, progress: { percentage: 10, message: "old" } });
  await settled();
  fake.progress(peer, 70);
  expect((await progress.next()).value).toMatchObject({ percentage: 70 });
  await progress.return?.();
});

it("that failed or was aborted rejects with its number and extra", async () => {
  const fake = new FakeTask();
  const { client } = await setup({ services: fake.services });
  const task = await client.submitTask("test.progress");
  const failed = rejection(task.result());
  fake.end({ state: "FAILED", error: { type: "VerifyException", code: 16, message: "the pool is busy", extra: [1] } });
  expect(await failed).toMatchObject({
    errno: 16,
    message: "task 7 (test.progress) failed: the pool is busy",
    extra: [1],
    details: { id: 7, state: "FAILED" },
  });
  fake.record = { ...fake.record, state: "EXECUTING", error: null };
  const second = client.task(7);
  await second.abort();
  expect(await rejection(second.result())).toMatchObject({ errno: 85, details: { state: "ABORTED" } });
  expect((await second.end()).state).toBe("ABORTED");
});

it("is waited for over a lost connection", async () => {
  const fake = new FakeTask();
  const { client, peer, clock } = await setup({ services: fake.services });
  const task = await client.submitTask("test.progress");
  const result = task.result();
  const reading = all(task.progress());
  await settled();
  peer.cut();
  await settled();
  fake.end({ state: "FINISHED", result: "meanwhile" });
  await clock.advance(500);
  expect(await result).toBe("meanwhile");
  expect(await reading).toEqual([]);
});

it("is waited for on a server whose `wait` does not know tasks that have ended, or answers too early", async () => {
  const fake = new FakeTask();
  const wait = (): never => {
    fake.waits++;
    throw new RpcError(2, "no such task");
  };
  const { client, clock } = await setup({ services: { task: { ...fake.services.task, wait } } });
  const result = client.task(7).result();
  await settled();
  expect(fake.waits).toBe(1);
  fake.end({ state: "FINISHED", result: 1 });
  await clock.advance(250);
  expect(await result).toBe(1);
});

it("that is unknown rejects, and so does its submission", async () => {
  const fake = new FakeTask();
  const { client } = await setup({ services: fake.services });
  expect(await rejection(client.submitTask("test.unknown"))).toMatchObject({ errno: 22 });
  expect(await rejection(client.task(8).result())).toMatchObject({ errno: 2 });
  expect(await rejection(all(client.task(8).progress()))).toMatchObject({ errno: 2 });
  const reference = await setup({ services: { task: { wait: () => null, status: () => null } } });
  expect(await rejection(reference.client.task(1).result())).toMatchObject({ errno: 2 });
});
