// A worker that shall run: what the supervisor does when it starts, fails, is changed and is left alone. The host is a fake, time stands still.

import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { ConfigSource } from "@switchboard/messaging/config";
import { expect, it } from "vitest";
import type { HostedWorker, WorkerHost } from "../src/workers/host.ts";
import type { GatewayWorkerPlan } from "../src/workers/plan.ts";
import { SupervisedWorker } from "../src/workers/supervised-worker.ts";

const plan: GatewayWorkerPlan = {
  name: "echo",
  className: "EchoWorker",
  source: new ConfigSource({}),
  group: undefined,
  label: undefined,
  enabled: true,
  origin: "file",
};

/** A host whose workers fail as often as it is told to, and can be lost. */
class FakeHost implements WorkerHost {
  readonly process = "gateway";
  readonly log: string[] = [];
  failures = 0;
  wrongClass = "";
  lose: ((error: unknown) => void) | undefined;

  async start({ className }: GatewayWorkerPlan, onLost: (error: unknown) => void): Promise<HostedWorker> {
    this.log.push(`start ${className}`);
    if (className === this.wrongClass) throw new Error(`${className} does not start`);
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error("the port is taken");
    }
    this.lose = onLost;
    const say = (what: string) => async () => void this.log.push(what);
    return { pid: 7, pause: say("pause"), resume: say("resume"), stop: say("stop") };
  }

  async check({ className }: GatewayWorkerPlan): Promise<void> {
    if (className === "Unknown") throw new Error("no such class");
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function supervised(host = new FakeHost()) {
  const clock = new TestClock();
  const states: string[] = [];
  const worker = new SupervisedWorker({
    plan,
    hostOf: () => host,
    rules: { minMs: 1_000, maxMs: 5_000, maxRestarts: 4, windowMs: 60_000, startTimeoutMs: 30_000 },
    clock,
    logger: silentLogger,
    onChange: ({ state }) => states.push(state),
  });
  return { host, clock, states, worker };
}

it("starts, pauses, resumes and stops, and says each state once", async () => {
  const { host, worker, states } = supervised();
  await worker.start();
  await worker.start();
  await worker.pause();
  await worker.start();
  await worker.stop();
  await worker.stop();
  expect(host.log).toEqual(["start EchoWorker", "pause", "resume", "stop"]);
  expect(states).toEqual(["starting", "running", "pausing", "paused", "running", "stopping", "stopped"]);
  expect(worker.pid).toBeUndefined();
});

it("tries again by itself after a failed start, with a pause that doubles", async () => {
  const { host, clock, worker, states } = supervised();
  host.failures = 2;
  await expect(worker.start()).rejects.toThrow("the port is taken");
  expect([worker.state, worker.desired]).toEqual(["failed", "running"]);
  await clock.advance(1_000);
  expect(worker.state).toBe("failed");
  await clock.advance(1_999);
  expect(worker.state).toBe("failed");
  await clock.advance(1);
  expect([worker.state, worker.restarts]).toEqual(["running", 2]);
  expect(states.filter((state) => state === "failed")).toHaveLength(2);
});

it("leaves a worker alone that fails too often, keeps its last error, and gives it a fresh chance when asked", async () => {
  const { host, clock, worker } = supervised();
  host.failures = 4;
  await expect(worker.start()).rejects.toThrow("the port is taken");
  for (let n = 0; n < 3; n++) await clock.advance(5_000);
  expect(worker.state).toBe("crash_looping");
  expect(worker.lastError).toMatchObject({ message: "the port is taken" });
  await clock.advance(3_600_000);
  expect(worker.state).toBe("crash_looping");
  await worker.start();
  expect([worker.state, worker.restarts, worker.lastError]).toEqual(["running", 0, undefined]);
});

it("does not count failures that lie further back than the window", async () => {
  const { host, clock, worker } = supervised();
  await worker.start();
  for (let n = 0; n < 10; n++) {
    host.lose?.(new Error("killed"));
    expect(worker.state).toBe("failed");
    await clock.advance(30_000);
    expect(worker.state).toBe("running");
  }
});

it("brings back a worker whose process was lost, and hears no more of the lost one", async () => {
  const { host, clock, worker } = supervised();
  await worker.start();
  const loseFirst = host.lose;
  loseFirst?.(new Error("killed"));
  await clock.advance(1_000);
  expect(worker.state).toBe("running");
  loseFirst?.(new Error("killed again"));
  expect(worker.state).toBe("running");
});

it("stops for good while it waits to be tried again", async () => {
  const { host, clock, worker } = supervised();
  host.failures = 1;
  await expect(worker.start()).rejects.toThrow("the port is taken");
  await worker.stop();
  await clock.advance(60_000);
  expect(worker.state).toBe("stopped");
  expect(host.log).toEqual(["start EchoWorker"]);
});

it("replaces a worker: what is wrong is told before anything stops", async () => {
  const { host, worker } = supervised();
  await worker.start();
  await expect(worker.replace({ ...plan, className: "Unknown" })).rejects.toThrow("no such class");
  expect([worker.state, worker.plan.className]).toEqual(["running", "EchoWorker"]);
  await worker.replace({ ...plan, className: "ReverseWorker" });
  expect(host.log).toEqual(["start EchoWorker", "stop", "start ReverseWorker"]);
  expect(worker.plan.className).toBe("ReverseWorker");
});

it("brings the former worker back when the new one does not start", async () => {
  const { host, worker } = supervised();
  await worker.start();
  host.wrongClass = "ReverseWorker";
  await expect(worker.replace({ ...plan, className: "ReverseWorker" })).rejects.toThrow("ReverseWorker does not start");
  expect(host.log).toEqual(["start EchoWorker", "stop", "start ReverseWorker", "start EchoWorker"]);
  expect([worker.state, worker.plan.className, worker.lastError]).toEqual(["running", "EchoWorker", undefined]);
});

it("leaves a stopped worker stopped when it is replaced", async () => {
  const { host, worker } = supervised();
  await worker.replace({ ...plan, className: "ReverseWorker" });
  expect(host.log).toEqual([]);
  expect([worker.state, worker.plan.className]).toEqual(["stopped", "ReverseWorker"]);
});

it("counts a start that hangs as failed, tries it again, and stops the one that comes late", async () => {
  const host = new FakeHost();
  const never = (): Promise<never> => new Promise(() => undefined);
  const late: HostedWorker = { pid: 8, pause: never, resume: never, stop: async () => void host.log.push("stop late") };
  let arrive = (): void => undefined;
  const start = host.start.bind(host);
  host.start = () => new Promise((resolve) => (arrive = () => resolve(late)));
  const { worker, clock } = supervised(host);
  const started = worker.start().catch((error: unknown) => error);
  await clock.advance(30_000);
  expect(await started).toMatchObject({
    code: "GATEWAY_STEP_TIMEOUT",
    message: "worker echo did not start within 30 s",
  });
  expect(worker.state).toBe("failed");
  host.start = start;
  await clock.advance(1_000);
  expect(worker.state).toBe("running");
  arrive();
  await clock.advance(0);
  expect(host.log).toEqual(["start EchoWorker", "stop late"]);
  expect(worker.pid).toBe(7);
});
