// Whether the gateway lives, and whether it does its work: for load balancers and service managers. Healthy means that its process answers and can
// be left alone; ready means that messages get through.

import { redactText } from "../observe/redact.ts";
import type { GatewayView, WorkerView } from "../services/gateway-view.ts";
import type { Probe } from "./probes.ts";

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong; undefined when nothing is. */
  readonly problem?: string;
}

/** What was found. */
export interface Health {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** Looks at what has to work for messages to get through: what the gateway stands on, and every worker that is meant to run. */
export async function readinessOf(view: Pick<GatewayView, "probes" | "workers">): Promise<Health> {
  const checks = [...(await Promise.all(view.probes.map(checkEngine))), ...view.workers().flatMap(checkWorker)];
  return { ok: checks.every(({ ok }) => ok), checks };
}

async function checkEngine({ name, check }: Probe): Promise<Check> {
  try {
    await check();
    return { name, ok: true };
  } catch (error) {
    // Whoever asks has not logged in.
    return { name, ok: false, problem: redactText(error instanceof Error ? error.message : String(error)) };
  }
}

/** Whether somebody has stopped or paused a worker, so that it is as it should be. */
export function isIdle(state: WorkerView["state"]): boolean {
  return ["stopped", "stopping", "paused", "pausing"].includes(state);
}

function checkWorker({ name, state }: WorkerView): Check[] {
  if (isIdle(state)) return [];
  const ok = state === "running";
  return [{ name: `worker ${name}`, ok, ...(ok ? {} : { problem: `it is ${state.replace("_", " ")}` }) }];
}
