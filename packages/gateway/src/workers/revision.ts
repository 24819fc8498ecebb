// Which version of a worker's plan one has seen, as a text to be given back with a change, so that two editors do not overwrite each other.

import { createHmac, randomBytes } from "node:crypto";
import { GatewayError } from "../errors.ts";
import type { GatewayWorkerPlan } from "./plan.ts";

// With a key, since a bare digest would let anybody who may see it try passwords out.
const key = randomBytes(32);
const known = new WeakMap<GatewayWorkerPlan, string>();

/** The revision of a plan: another one whenever its class, options, group or label are others, and after each start of the gateway. */
export function revisionOf(plan: GatewayWorkerPlan): string {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const { className, source, group = null, label = null } = plan;
  const revision = digestOf([className, source.values, group, label]);
  known.set(plan, revision);
  return revision;
}

/** A short text that stands for any JSON, and is another one after each start. */
export function digestOf(content: unknown): string {
  return createHmac("sha256", key).update(JSON.stringify(content)).digest("base64url").slice(0, 16);
}

/** Does nothing when `expected` is the plan's revision, or not given. @throws {GatewayError} WORKER_CHANGED. */
export function checkRevision(plan: GatewayWorkerPlan, expected: string | undefined): void {
  if (expected === undefined || expected === revisionOf(plan)) return;
  throw new GatewayError("WORKER_CHANGED", `${plan.name} was changed meanwhile; nothing was done to it`);
}
