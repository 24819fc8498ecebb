// The service `debug`: what the process is busy with, and the inspector.

import { close, open, url } from "node:inspector";
import type { ServiceDefinition } from "../rpc/service.ts";
import type { ServerHost } from "./server-host.ts";

/** The definition of the service; all of it private. */
export function debugService({
  connections,
  events,
  plugins,
}: Pick<ServerHost, "connections" | "events" | "plugins">): ServiceDefinition {
  return {
    description: "Looking into the server",
    private: true,
    methods: {
      dump_stacks: {
        description: "What is open and under way, as texts",
        handler: () => [
          report("memory", process.memoryUsage()),
          report("resources that keep the process alive", count(process.getActiveResourcesInfo())),
          report(
            "connections",
            connections.list().map(({ id, address, resource }) => ({ id, address, resource })),
          ),
          report(
            "event types",
            Object.fromEntries(Array.from(events.types(), ([name, { refcount }]) => [name, refcount])),
          ),
          report(
            "plugins",
            plugins.list().map(({ name, state, error }) => ({ name, state, error })),
          ),
        ],
      },
      attach: {
        description: "Opens the inspector on this machine (whatever the host) and returns its address",
        accepts: [
          { title: "host", type: ["string", "null"] },
          { title: "port", type: ["integer", "null"], minimum: 0, maximum: 65_535 },
        ],
        handler: (_host?: string | null, port?: number | null) => {
          if (url() === undefined) open(port ?? 0, "127.0.0.1");
          return url() ?? null;
        },
      },
      detach: {
        description: "Closes the inspector",
        handler: () => {
          close();
          return null;
        },
      },
    },
  };
}

function report(title: string, what: unknown): string {
  return `${title}\n${JSON.stringify(what, undefined, 2)}`;
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
