// What the whole page follows: figures each second, workers, map, attention, who is logged in. Started at login, quiet while the page is hidden.

import { type Signal, effect, signal } from "@preact/signals";
import { setClock } from "./clock.ts";
import { type Gateway, describeBack, epoch, gateway, ping } from "./connection.ts";
import { readOffers } from "./offers.ts";
import type { Attention, MapData, Me, MetricsFrame, SystemInfo, TaskRecord, Worker } from "./types.ts";

/** The newest second. */
export const frame: Signal<MetricsFrame | undefined> = signal();
/** What needs attention, worst first; undefined until read. */
export const attention: Signal<readonly Attention[] | undefined> = signal();
/** All workers; undefined until read. */
export const workers: Signal<readonly Worker[] | undefined> = signal();
/** The map; undefined until read. */
export const mapData: Signal<MapData | undefined> = signal();
/** The gateway itself. */
export const systemInfo: Signal<SystemInfo | undefined> = signal();
/** Who is logged in. */
export const me: Signal<Me | undefined> = signal();
/** How many tasks run. */
export const runningTasks: Signal<number> = signal(0);
/** Why the page's own reading failed, by method. */
export const liveErrors: Signal<Readonly<Record<string, string>>> = signal({});

/** Whether the one who is logged in has a role; administrators have all. */
export function hasRole(role: string): boolean {
  const roles = me.value?.roles ?? [];
  return roles.includes(role) || roles.includes("admin");
}

/** Reads all again, and follows events, each time the line comes up. Called once by the entry; returns what stops it. */
export function startLive(): () => void {
  let stops: readonly (() => void)[] = [];
  const end = effect(() => {
    const client = gateway.value;
    void epoch.value;
    for (const stop of stops) stop();
    stops = client === undefined ? [] : follow(client);
  });
  const timer = setInterval(() => void ping(), 10_000);
  return () => {
    end();
    clearInterval(timer);
    for (const stop of stops) stop();
  };
}

function follow(client: Gateway): readonly (() => void)[] {
  const read = async <Value>(
    method: string,
    into: Signal<Value | undefined>,
    ...args: readonly unknown[]
  ): Promise<Value | undefined> => {
    try {
      const value = (await client.call(method, args)) as Value;
      into.value = value;
      const { [method]: _, ...rest } = liveErrors.peek();
      liveErrors.value = rest;
      return value;
    } catch (error) {
      liveErrors.value = { ...liveErrors.peek(), [method]: (error as Error).message };
      return undefined;
    }
  };
  // The last that was heard before the line was lost.
  const bootBefore = systemInfo.peek()?.boot_id;
  const acceptedBefore = frame.peek()?.totals.accepted;
  void readOffers(client);
  void readMe(client);
  void read("map.get", mapData);
  void read("workers.query", workers, [], {});
  void read("attention.list", attention);
  void read("metrics.current", frame).then((current) => {
    if (current !== undefined) setClock(current.at);
  });
  void read("system.info", systemInfo).then((after) => tellMeanwhile(after, bootBefore, acceptedBefore));
  void readTasks(client);
  void ping();
  return [
    client.on("metrics.second", ({ args }) => {
      frame.value = args as MetricsFrame;
      setClock(frame.value.at);
    }),
    client.on("attention.changed", () => void read("attention.list", attention)),
    client.on("workers.changed", () => void read("workers.query", workers, [], {})),
    client.on("map.changed", () => void read("map.get", mapData)),
    client.on("task.*", () => void readTasks(client)),
  ];
}

async function readMe(client: Gateway): Promise<void> {
  const username = client.username ?? "";
  try {
    const { roles } = (await client.call("auth.me")) as Me;
    // In the order of what they allow.
    const known = ["admin", "operator", "viewer"];
    me.value = {
      username,
      roles: [...known.filter((role) => roles.includes(role)), ...roles.filter((role) => !known.includes(role))],
    };
  } catch {
    me.value = { username, roles: [] };
  }
}

async function readTasks(client: Gateway): Promise<void> {
  try {
    const filter = [["state", "in", ["WAITING", "EXECUTING", "ROLLBACK"]]];
    runningTasks.value = ((await client.call("task.query", [filter, {}])) as TaskRecord[]).length;
  } catch {
    runningTasks.value = 0;
  }
}

// After a restart the counts began anew; what passed meanwhile is then not known.
function tellMeanwhile(
  after: SystemInfo | undefined,
  bootBefore: string | undefined,
  acceptedBefore: number | undefined,
): void {
  const isSame = after !== undefined && bootBefore === after.boot_id;
  if (isSame && acceptedBefore !== undefined) describeBack(after.totals.accepted - acceptedBefore);
  else describeBack(null, isSame || bootBefore === undefined ? undefined : after?.started_at);
}
