// The memory gateway itself: what it offers, its plugins, its process, its log.

import type { PeerServices } from "@switchboard/client/testing";
import { at } from "../data/clock.ts";
import { pages } from "../../pages.ts";
import { catalogue, methodsOf } from "../schemas.ts";
import type { World } from "../world.ts";

/** `management`, `discovery`, `plugins`, `system` and `logs`. */
export function houseServices(world: World): PeerServices {
  return {
    management: {
      ping: () => "pong",
      wait_ready: async () => {
        await world.starting;
        return true;
      },
    },
    rpc: {
      discover: () => ({
        methods: Object.keys(catalogue).flatMap((service) =>
          methodsOf(service).map(({ name }) => ({ name: `${service}.${name}` })),
        ),
      }),
    },
    discovery: {
      get_services: () =>
        world.starting !== undefined
          ? ["management"]
          : [
              ...new Set(["config", ...Object.keys(catalogue), ...pages.flatMap(({ needs }) => needs ?? [])]),
            ].toSorted(),
      get_methods: (service: string) =>
        methodsOf(service).map((method) => ({ ...method, allowed: world.has(method.roles ?? []) })),
      get_tasks: () => ({
        "worker.restart": {
          description: "Restarts a worker",
          schema: [
            {
              type: "object",
              title: "worker",
              properties: { name: { type: "string", title: "Name", format: "channel" } },
              required: ["name"],
            },
          ],
          abortable: false,
        },
        "bus.retry": {
          description: "Puts parked messages back into their queue",
          schema: [
            {
              type: "object",
              title: "choice",
              properties: { queue: { type: "string", title: "Queue", format: "queue" } },
              required: ["queue"],
            },
          ],
          abortable: true,
        },
      }),
      get_event_types: () => ({
        "metrics.second": { refcount: 1 },
        "workers.changed": { refcount: 1 },
        "task.*": { refcount: 1 },
      }),
      get_schema: () => ({}),
    },
    plugins: {
      query: () =>
        ["bus", "config", "messages", "metrics", "routers", "workers", "weather"].map((name) => ({
          name,
          state: "LOADED",
          error: null,
          filename: name === "weather" ? "/srv/clinic-line/plugins/weather.ts" : null,
          requires: name === "weather" ? ["workers"] : [],
          registered: [`service ${name}`, `task ${name}.refresh`],
          metadata: null,
        })),
      reload: () => null,
      unload: () => null,
    },
    system: {
      info: () => ({
        gateway: "clinic-line",
        environment: "production",
        version: "0.1.0",
        boot_id: "b7c1",
        totals: { accepted: 1_204_310 + world.sent },
        started_at: at("06:00:00"),
        node: "22.14.0",
        memory: { rss_bytes: 148_000_000, heap_used_bytes: 61_000_000 },
        event_loop_delay_ms: { p50: 0.4, p99: 3.1 },
        bus: { driver: "embedded", path: "var/bus", file_bytes: 84_000_000 },
        datastore: { driver: "sqlite", dsn: "var/switchboard.db" },
        folders: { data: "/srv/clinic-line/var", plugins: "/srv/clinic-line/plugins" },
        ports: { websocket: 5000, console: 8180 },
      }),
    },
    logs: {
      query: () => logRows(world.now()),
      get_levels: () => world.levels,
      set_level: (worker: string, level: string | null, for_ms: number | null = null) => {
        const others = world.levels.filter((each) => each.worker !== worker);
        const until = for_ms === null ? null : new Date(world.now().getTime() + for_ms);
        world.levels = level === null ? others : [...others, { worker, level, until }];
        world.tell("logs.changed", { workers: [worker] });
        return null;
      },
    },
  };
}

function logRows(now: Date): readonly unknown[] {
  const texts = [
    ["error", "sms-northtel", "bind refused: ESME_RINVPASWD"],
    ["warn", "sms-lakecell", "throttled, waiting 0.1 s"],
    ["info", "keywords", "rule 3 sent 1,000 messages to clinic-finder"],
    ["debug", "ussd-7700", "session resume"],
  ] as const;
  return Array.from({ length: 120 }, (_, index) => {
    const [level, worker, text] = texts[index % texts.length] ?? texts[0];
    return {
      id: 9000 - index,
      at: new Date(now.getTime() - index * 1700),
      level,
      worker,
      message: text,
      fields: { attempt: index },
    };
  });
}
