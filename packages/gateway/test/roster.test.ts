// All workers of a gateway: the file's and those of the datastore. Hosts are fakes; what is stored is kept in a map.

import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { ConfigSource } from "@switchboard/messaging/config";
import { expect, it } from "vitest";
import type { HostedWorker, WorkerHost } from "../src/workers/host.ts";
import type { GatewayWorkerPlan } from "../src/workers/plan.ts";
import { Roster, type RosterChange } from "../src/workers/roster.ts";
import type { PlanStore, StoredPlan } from "../src/workers/stored-plans.ts";

class Fakes implements PlanStore, WorkerHost {
  readonly process = "gateway";
  readonly log: string[] = [];
  readonly kept: Map<string, StoredPlan> = new Map();
  unstartable = "";

  load(): Promise<readonly StoredPlan[]> {
    return Promise.resolve([...this.kept.values()]);
  }
  async save(stored: StoredPlan): Promise<void> {
    this.kept.set(stored.name, stored);
  }
  async forget(name: string): Promise<void> {
    this.kept.delete(name);
  }
  async start({ name, className }: GatewayWorkerPlan): Promise<HostedWorker> {
    if (className === this.unstartable) throw new Error("does not start");
    this.log.push(`start ${name} ${className}`);
    const say = (what: string) => async () => void this.log.push(`${what} ${name}`);
    return { pid: 7, pause: say("pause"), resume: say("resume"), stop: say("stop") };
  }
  async check({ className }: GatewayWorkerPlan): Promise<void> {
    if (className === "Unknown") throw new Error("no such class");
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

const plan = (name: string, className: string, enabled = true): GatewayWorkerPlan => ({
  name,
  className,
  source: new ConfigSource({}),
  group: undefined,
  label: undefined,
  enabled,
  origin: "file",
});

const filePlans = [
  plan("phones", "Telnet"),
  plan("router", "Router"),
  plan("spare", "Echo", false),
  plan("echo", "Echo"),
];

async function open(fakes = new Fakes(), plans = filePlans) {
  const roster = await Roster.open({
    plans,
    store: fakes,
    hostOf: () => fakes,
    rules: { minMs: 1_000, maxMs: 5_000, maxRestarts: 4, windowMs: 60_000, startTimeoutMs: 30_000 },
    clock: new TestClock(),
    logger: silentLogger,
  });
  return { fakes, roster };
}

const states = (roster: Roster): string[] =>
  roster.workers.map(({ plan: { name, className, origin }, state }) => `${name} ${className} ${state} (${origin})`);

it("starts consumers before what feeds them, and stops in the other order", async () => {
  const { fakes, roster } = await open();
  await roster.startAll();
  await roster.stopAll(() => undefined);
  const starts = ["start echo Echo", "start router Router", "start phones Telnet"];
  expect(fakes.log).toEqual([...starts, "stop phones", "stop router", "stop echo"]);
});

it("keeps what is created, changed, paused and removed over a restart, and leaves the file as it is", async () => {
  const { fakes, roster } = await open();
  await roster.startAll();
  await roster.create({ name: "menu", className: "Menu", config: { a: 1 } });
  await roster.update({ name: "echo", className: "Reverse", config: {} });
  await roster.bring("router", "paused");
  await roster.bring("spare", "running");
  await roster.remove("phones");
  const before = states(roster);
  expect(before).toEqual([
    "router Router paused (file)",
    "spare Echo running (file)",
    "echo Reverse running (file, changed)",
    "menu Menu running (runtime)",
  ]);
  await roster.stopAll(() => undefined);
  const { roster: again } = await open(fakes);
  await again.startAll();
  expect(states(again)).toEqual(before);
  expect(again.get("menu").plan.source.values).toEqual({ a: 1 });
});

it("refuses a name that is taken, a name nobody has, and what does not check, before anything stops or is stored", async () => {
  const { fakes, roster } = await open();
  await roster.startAll();
  fakes.log.length = 0;
  const request = (name: string, className: string) => ({ name, className, config: {} });
  await expect(roster.create(request("echo", "Echo"))).rejects.toMatchObject({ code: "WORKER_EXISTS" });
  await expect(roster.update(request("nobody", "Echo"))).rejects.toMatchObject({ code: "WORKER_UNKNOWN" });
  await expect(roster.bring("nobody", "running")).rejects.toThrow("there are phones, router, spare, echo");
  await expect(roster.create(request("new", "Unknown"))).rejects.toThrow("no such class");
  await expect(roster.update(request("echo", "Unknown"))).rejects.toThrow("no such class");
  expect(fakes.log).toEqual([]);
  expect([...fakes.kept]).toEqual([]);
});

it("keeps the former worker, running and stored, when the changed one does not start", async () => {
  const { fakes, roster } = await open();
  await roster.startAll();
  fakes.unstartable = "Broken";
  await expect(roster.update({ name: "echo", className: "Broken", config: {} })).rejects.toThrow("does not start");
  expect(states(roster)[3]).toBe("echo Echo running (file)");
  expect([...fakes.kept]).toEqual([]);
});

it("brings a worker of the file back that was removed, when it is created again", async () => {
  const { fakes, roster } = await open();
  await roster.startAll();
  await roster.remove("echo");
  await roster.create({ name: "echo", className: "Echo", config: {} });
  const { roster: again } = await open(fakes);
  expect(states(again).at(-1)).toBe("echo Echo stopped (file, changed)");
});

it("starts the others when one does not start", async () => {
  const fakes = new Fakes();
  fakes.unstartable = "Router";
  const { roster } = await open(fakes);
  await roster.startAll();
  expect(states(roster).map((text) => text.split(" ")[2])).toEqual(["running", "failed", "stopped", "running"]);
});

it("tells of each change, and makes changes of one worker one after another", async () => {
  const { roster } = await open();
  const changes: RosterChange[] = [];
  roster.onChange((change) => changes.push(change));
  const request = { name: "menu", className: "Menu", config: {} };
  await Promise.all([roster.create(request), roster.update({ ...request, className: "Other" }), roster.remove("menu")]);
  expect(changes.filter(({ operation }) => operation !== "update").map(({ operation }) => operation)).toEqual([
    "create",
    "delete",
  ]);
  expect(() => roster.get("menu")).toThrow("there is no worker menu");
});

it("takes over a changed file: starts what is new, stops what is gone, restarts only what changed", async () => {
  const { fakes, roster } = await open();
  await roster.startAll();
  await roster.update({ name: "router", className: "OtherRouter", config: {} });
  fakes.log.length = 0;
  const reload = await roster.reload([
    plan("phones", "Telnet"),
    plan("router", "ThirdRouter"),
    plan("spare", "Echo", true),
    plan("menu", "Menu"),
  ]);
  expect(reload).toEqual({ added: ["menu"], changed: ["spare"], removed: ["echo"], kept: ["router"], failed: [] });
  expect(fakes.log).toEqual(["stop echo", "start spare Echo", "start menu Menu"]);
  expect(states(roster)).toEqual([
    "phones Telnet running (file)",
    "router OtherRouter running (file, changed)",
    "spare Echo running (file)",
    "menu Menu running (file)",
  ]);
  fakes.log.length = 0;
  expect((await roster.reload(roster.workers.map((worker) => worker.plan))).changed).toEqual([]);
  expect(fakes.log).toEqual([]);
});

it("changes nothing when one worker of a changed file does not check, and keeps the former one when it does not start", async () => {
  const { fakes, roster } = await open();
  await roster.startAll();
  const before = states(roster);
  fakes.log.length = 0;
  await expect(roster.reload([plan("phones", "Other"), plan("router", "Unknown")])).rejects.toThrow("no such class");
  expect(fakes.log).toEqual([]);
  expect(states(roster)).toEqual(before);
  fakes.unstartable = "Broken";
  const reload = await roster.reload([plan("phones", "Broken"), ...filePlans.slice(1)]);
  expect(reload).toMatchObject({ changed: [], failed: [{ name: "phones", error: new Error("does not start") }] });
  expect(states(roster)).toEqual(before);
});
