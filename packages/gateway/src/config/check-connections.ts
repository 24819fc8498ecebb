// Finds workers that nobody is connected with, and workers in each other's way: a misspelt name of a channel is as good a name as any other, so
// nothing else would tell. Only hints, since more may be configured elsewhere, or later.

import { type ConfigPath, nearestName } from "@switchboard/messaging/config";
import type { GatewayWorkerPlan } from "../workers/plan.ts";
import type { WorkerFacts } from "../workers/worker-facts.ts";

/** A worker, and what its class says of it. */
export interface PlannedWorker {
  readonly plan: GatewayWorkerPlan;
  readonly facts: WorkerFacts;
}

/** Something odd about a worker. */
export interface ConnectionHint {
  readonly worker: string;
  readonly text: string;
}

/**
 * What is odd about how these workers are connected, in their order. With `isAlone` they are all that there are: on the embedded bus nobody else
 * can read what they send.
 */
export function connectionHints(workers: readonly PlannedWorker[], isAlone: boolean): ConnectionHint[] {
  // What somebody's own worker reads and sends nobody knows.
  const isKnown =
    isAlone && workers.every(({ plan, facts }) => facts.kind !== "worker" || !plan.className.includes("#"));
  return [...sharedNames(workers), ...sharedPorts(workers), ...(isKnown ? looseEnds(workers) : [])];
}

function looseEnds(workers: readonly PlannedWorker[]): ConnectionHint[] {
  const sent = new Set(workers.flatMap(({ facts }) => facts.towardsPrograms));
  const read = new Set(workers.flatMap(({ facts }) => facts.towardsPeople));
  const hints: ConnectionHint[] = [];
  for (const { plan, facts } of workers) {
    for (const name of facts.towardsPrograms) {
      if (read.has(name)) continue;
      const own = facts.kind === "channel" ? "channel" : "exposed";
      const what = `nobody reads ${name}.inbound, where messages wait that this ${own === "channel" ? "channel" : "router"} sends there`;
      hints.push(hint(plan, keyOf(plan, own), what, nearestName(name, without(read, sent))));
    }
    for (const name of facts.towardsPeople) {
      if (sent.has(name)) continue;
      const own = facts.kind === "application" ? "channel" : "people";
      const what = `no channel is called ${name}, and no router exposes it, so no message will come from there`;
      hints.push(hint(plan, keyOf(plan, own), what, nearestName(name, without(sent, read))));
    }
  }
  return hints;
}

function sharedNames(workers: readonly PlannedWorker[]): ConnectionHint[] {
  const first = new Map<string, string>();
  const hints: ConnectionHint[] = [];
  for (const { plan, facts } of workers) {
    if (facts.kind !== "channel") continue;
    for (const name of facts.towardsPrograms) {
      const other = first.get(name);
      if (other === undefined) first.set(name, plan.name);
      else
        hints.push(
          hint(
            plan,
            "transport_name",
            `${other} is called ${name} as well, so each sends some of the answers to the other's people`,
          ),
        );
    }
  }
  return hints;
}

function sharedPorts(workers: readonly PlannedWorker[]): ConnectionHint[] {
  const first = new Map<number, string>();
  const hints: ConnectionHint[] = [];
  for (const { plan } of workers) {
    const { key, port } = portOf(plan) ?? {};
    if (key === undefined || port === undefined) continue;
    const other = first.get(port);
    if (other === undefined) first.set(port, plan.name);
    else
      hints.push(hint(plan, key, `${other} listens on port ${port} as well; only one of them can on the same address`));
  }
  return hints;
}

function portOf({
  source: { values },
}: GatewayWorkerPlan): { readonly key: string; readonly port: number } | undefined {
  for (const key of ["twisted_endpoint", "web_port", "telnet_port"]) {
    const value = values[key];
    const [, digits] = /^(?:tcp:(?:port=)?)?(\d+)/.exec(String(value)) ?? [];
    if (Number(digits) > 0) return { key, port: Number(digits) };
  }
  return undefined;
}

const keys = {
  channel: ["transport_name"],
  people: ["transport_names", "receive_inbound_connectors"],
  exposed: ["exposed_names", "receive_outbound_connectors"],
} as const;

function keyOf({ source }: GatewayWorkerPlan, side: keyof typeof keys): string {
  return keys[side].find((key) => key in source.values) ?? keys[side][0];
}

function without(names: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !others.has(name));
}

function hint({ name, source }: GatewayWorkerPlan, key: string, what: string, near?: string): ConnectionHint {
  const path: ConfigPath = [key];
  const place = source.locate(path) ?? source.locate([]);
  const at =
    place === undefined ? "" : `${[place.source, place.line].filter((part) => part !== undefined).join(":")}: `;
  const text = `${at}${key}: ${what}${near === undefined ? "" : `; did you mean ${near}?`}`;
  return { worker: name, text };
}
