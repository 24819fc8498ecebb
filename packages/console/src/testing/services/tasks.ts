// The memory gateway's tasks: each is done a moment after it was asked for.

import { RpcError } from "@switchboard/client";
import type { PeerServices } from "@switchboard/client/testing";
import { textOf } from "../../format.ts";
import type { TaskRecord, Worker } from "../../services/types.ts";
import type { World } from "../world.ts";
import { setRules } from "./routers.ts";

/** `task`. */
export function taskServices(world: World): PeerServices {
  return {
    task: {
      query: (filter: readonly unknown[] = []) =>
        filter.length === 0 ? world.tasks : world.tasks.filter(({ state }) => state === "EXECUTING"),
      status: (id: number) => {
        const task = world.tasks.find((each) => each.id === id);
        if (task === undefined) throw new RpcError(2, `there is no task ${id}`);
        return task;
      },
      submit: (name: string, args: readonly never[]) => submit(world, name, args),
      // The address is a file of the page itself: what is downloaded does not matter here.
      submit_with_download: (name: string, args: readonly never[]) => [submit(world, name, args), ["/mark.svg"]],
      abort: (id: number) => {
        change(world, id, { state: "ABORTED", finished_at: world.now() });
        return null;
      },
    },
  };
}

function submit(world: World, name: string, args: readonly Record<string, never>[]): number {
  const id = 4709 + world.tasks.length;
  const [first = {}] = args;
  if (name === "bus.drop" || name === "config.write") world.need("admin");
  configure(world, name, first);
  world.tasks = [
    { ...runningTask(id, name, describeTask(name, first), 0, world.now()), args, user: world.user },
    ...world.tasks,
  ];
  const finish = (result: unknown): void =>
    change(world, id, {
      state: "FINISHED",
      result,
      finished_at: world.now(),
      progress: { percentage: 100, message: "done" },
    });
  setTimeout(() => {
    if (name === "bus.retry" || name === "bus.drop") {
      const chosen = world.chosen(first["queue"] ?? "", first);
      world.unpark(first["queue"] ?? "", new Set(chosen.map((message) => message.id)));
      finish({ done: chosen.length });
      return;
    }
    if (name === "messages.resend") {
      const { ids, expected = 0 } = first as Readonly<Record<string, unknown>> as { ids?: string[]; expected?: number };
      const count = ids?.length ?? expected;
      finish({ done: count, of: count, skipped: [], first_id: null });
      return;
    }
    if (name === "config.write") for (const worker of world.changed) world.setWorker(worker, { source: "file" });
    const states: Record<string, Partial<Worker>> = {
      "worker.pause": { state: "paused", lamp: "paused" },
      "worker.resume": { state: "running", lamp: "ok" },
      "worker.stop": { state: "stopped", lamp: "stopped" },
      "worker.start": { state: "running", lamp: "ok" },
      "worker.restart": { state: "running", lamp: "ok" },
    };
    const changes = states[name];
    if (changes !== undefined) world.setWorker(first["name"] ?? "", changes);
    finish(null);
  }, 150);
  return id;
}

// Compared before it is queued, so that whoever asked is told at once that somebody else was quicker.
function configure(world: World, task: string, args: Readonly<Record<string, never>>): void {
  const {
    name = "",
    revision,
    config,
    settings,
  } = args as Readonly<Record<string, unknown>> as {
    readonly name?: string;
    readonly revision?: string;
    readonly config?: Record<string, unknown>;
    readonly settings?: Record<string, unknown>;
  };
  const options = revision === undefined ? {} : { revision };
  if (task === "worker.update") world.configure(name, config ?? {}, revision);
  if (task === "router.set_rules") setRules(world, { name, settings: settings ?? {}, ...options });
}

function change(world: World, id: number, changes: Partial<TaskRecord>): void {
  world.tasks = world.tasks.map((task) => (task.id === id ? { ...task, ...changes } : task));
  world.tell("task.updated", { id, state: changes.state ?? "EXECUTING" });
}

/** A task that is under way. */
export function runningTask(id: number, name: string, description: string, percentage: number, now: Date): TaskRecord {
  return {
    id,
    name,
    state: "EXECUTING",
    description,
    args: [],
    user: "nomsa",
    created_at: now,
    started_at: now,
    finished_at: null,
    progress: { percentage, message: "under way" },
    warnings: [],
    resources: [],
    error: null,
  };
}

function describeTask(name: string, args: Readonly<Record<string, unknown>>): string {
  if (name === "config.write") return "Write the configuration file";
  const what = name.split(".")[1] ?? name;
  return name.startsWith("bus.")
    ? `${what === "retry" ? "Retry" : "Drop"} parked messages of ${textOf(args["queue"])}`
    : `${what.charAt(0).toUpperCase()}${what.slice(1)} ${textOf(args["name"] ?? "")}`;
}
