// Services `statuses` and `heartbeats`: what components of channels say of themselves, and which workers give signs of life.

import { queryList } from "@switchboard/server/datastore";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import { HeartbeatBook, type HeartbeatRecord } from "../observe/heartbeat-book.ts";
import type { StatusRecord } from "../observe/status-book.ts";
import { type Board, statusView } from "./board.ts";
import { date, doNothing } from "./common.ts";
import { queryArguments } from "./schemas.ts";

/** Shows statuses and heartbeats. */
export function statusesPlugin(board: Board): Plugin {
  const { view } = board;
  const heartbeats = new HeartbeatBook(view);
  let stopWatching = doNothing;
  return definePlugin({
    name: "statuses",
    events: { "statuses.changed": { description: "A component of a channel said something new of itself." } },
    services: {
      statuses: {
        description: "The latest status of each component of each channel.",
        methods: {
          query: {
            description: "Lists them.",
            accepts: queryArguments,
            handler: (filter?: QueryFilter, params?: QueryParams) => {
              const rows = view.observer.statuses.latest().map(statusRow);
              return queryList(rows, filter ?? [], params ?? {});
            },
          },
        },
      },
      heartbeats: {
        description: "Workers that give signs of life on the bus, in whatever process or program.",
        methods: {
          query: {
            description: "Lists them.",
            accepts: queryArguments,
            handler: (filter?: QueryFilter, params?: QueryParams) => {
              const rows = heartbeats.list().map(heartbeatView);
              return queryList(rows, filter ?? [], params ?? {});
            },
          },
        },
      },
    },
    start: async (context) => {
      const remove = view.observer.statuses.onStatus(({ worker, component, status, type, message }) => {
        void context.emitEvent("statuses.changed", { worker, component, status, type, message });
      });
      await heartbeats.start();
      stopWatching = remove;
    },
    stop: async () => {
      stopWatching();
      await heartbeats.stop();
    },
  });
}

function statusRow(status: StatusRecord): object {
  return { id: `${status.worker}.${status.component}`, ...statusView(status) };
}

function heartbeatView({ lastSeen, ...heartbeat }: HeartbeatRecord): object {
  return { ...heartbeat, last_seen: date(lastSeen) };
}
