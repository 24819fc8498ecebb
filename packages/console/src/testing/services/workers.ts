// The memory gateway's workers by kind: what they are and how they were.

import type { PeerServices } from "@switchboard/client/testing";
import type { Worker } from "../../services/types.ts";
import { at } from "../data/clock.ts";
import type { World } from "../world.ts";

/** `workers`, `channels` and `applications`. */
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
          revision: world.revisionOf(name),
          config: world.configOf(name),
          config_source: Object.entries(world.configOf(name))
            .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
            .join("\n"),
          status_history: historyOf(worker),
          connectors: { inbound: [`${name}.inbound`], outbound: [`${name}.outbound`] },
        };
      },
    },
    channels: { query: byKind("channel") },
    applications: { query: byKind("application") },
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
