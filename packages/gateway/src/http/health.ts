// Whether the gateway lives, and whether it does its work: for load balancers and service managers. Healthy means that its process answers and can
// be left alone; ready means that messages get through.

import type { GatewayView } from "../services/gateway-view.ts";

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

const busTimeoutMs = 5_000;

/** Looks at what has to work for messages to get through: the bus, the store, and every worker that is meant to run. */
export async function readinessOf(view: GatewayView): Promise<Health> {
  const checks = [await checkBus(view), checkStore(view), ...view.workers().flatMap(checkWorker)];
  return { ok: checks.every(({ ok }) => ok), checks };
}

async function checkBus({ bus, clock }: GatewayView): Promise<Check> {
  let timer: { cancel(): void } | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimer(() => reject(new Error(`no answer within ${busTimeoutMs / 1_000} s`)), busTimeoutMs);
  });
  try {
    await Promise.race([bus.inspect(), tooLate]);
    return { name: "bus", ok: true };
  } catch (error) {
    return { name: "bus", ok: false, problem: error instanceof Error ? error.message : String(error) };
  } finally {
    timer?.cancel();
  }
}

function checkStore({ store }: GatewayView): Check {
  if (store?.isFailing !== true) return { name: "store", ok: true };
  return { name: "store", ok: false, problem: "the last write failed" };
}

// One that somebody stopped or paused is as it should be.
function checkWorker({ name, state }: ReturnType<GatewayView["workers"]>[number]): Check[] {
  if (["stopped", "stopping", "paused", "pausing"].includes(state)) return [];
  const ok = state === "running";
  return [{ name: `worker ${name}`, ok, ...(ok ? {} : { problem: `it is ${state.replace("_", " ")}` }) }];
}
