// Service `system`: what this gateway is, what it stands on, and how its process does.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import { date } from "./common.ts";
import type { GatewayView } from "./gateway-view.ts";

/** Tells about the gateway. */
export function systemPlugin(view: GatewayView): Plugin {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  return definePlugin({
    name: "system",
    services: {
      system: {
        description: "The gateway itself.",
        methods: { info: { description: "All about it.", accepts: [], handler: () => info(view, delay.mean / 1e6) } },
      },
    },
    start: () => void delay.enable(),
    stop: () => void delay.disable(),
  });
}

async function info(view: GatewayView, delayMs: number): Promise<object> {
  const { identity, observer, store, clock } = view;
  const { rss, heapUsed, heapTotal } = process.memoryUsage();
  return {
    gateway: identity.name,
    environment: identity.environment,
    version: identity.version,
    boot_id: identity.bootId,
    started_at: date(identity.startedAt),
    uptime_ms: clock.now() - identity.startedAt,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    pid: process.pid,
    memory: { rss_bytes: rss, heap_used_bytes: heapUsed, heap_total_bytes: heapTotal },
    event_loop_delay_ms: Number.isNaN(delayMs) ? null : Math.round(delayMs * 10) / 10,
    bus: { driver: identity.drivers.bus },
    datastore: { driver: identity.drivers.datastore },
    keyvalue: { driver: identity.drivers.keyvalue },
    store: store === undefined ? null : { pending: store.pending },
    totals: observer.totals(),
    folders: identity.folders,
    ports: await identity.ports(),
  };
}
