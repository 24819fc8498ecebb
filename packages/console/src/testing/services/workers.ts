// The memory gateway's workers by kind: what they are, what a router's rules are and do.

import type { PeerServices } from "@switchboard/client/testing";
import type { Worker } from "../../services/types.ts";
import { at } from "../data/clock.ts";
import { schemaOf } from "../schemas.ts";
import { explainRules } from "../trails.ts";
import type { World } from "../world.ts";

/** `workers`, `channels`, `applications` and `routers`. */
export function workerServices(world: World): PeerServices {
  const byKind = (kind?: string) => (): readonly Worker[] =>
    world.workers.filter((worker) => kind === undefined || worker.kind === kind);
  return {
    workers: {
      query: byKind(),
      get: (name: string) => {
        const worker = world.worker(name);
        return {
          ...worker,
          config: worker.kind === "router" ? { rules: world.rules[name] ?? [] } : schemaOf(worker.class).example,
          config_source: "gateway.yaml:41",
          status_history: historyOf(worker),
          connectors: { inbound: [`${name}.inbound`], outbound: [`${name}.outbound`] },
        };
      },
    },
    channels: { query: byKind("channel") },
    applications: { query: byKind("application") },
    routers: {
      query: byKind("router"),
      rules: (name: string) => ({
        kind: world.worker(name).class,
        first_match: name !== "keywords",
        rules: world.rules[name] ?? [],
      }),
      explain: (name: string, message: Record<string, unknown>) => explainRules(world.rules[name] ?? [], message),
      preview: () => ({
        of: 1000,
        changed: 14,
        moves: [
          { to: "clinic-finder", count: 12, ids: [] },
          { to: "help-desk", count: 2, ids: [] },
        ],
        per_minute: 298,
      }),
    },
  };
}

function historyOf(worker: Worker): readonly unknown[] {
  return [
    { component: "connection", status: "ok", type: "bound", message: "bound as transceiver", since: at("06:00:04") },
    {
      component: "connection",
      status: "degraded",
      type: "throttled",
      message: "the SMSC says that we send too fast",
      since: at("11:31:10"),
    },
    { component: "connection", status: "ok", type: "bound", message: "bound as transceiver", since: at("11:42:55") },
    ...worker.status,
  ];
}
