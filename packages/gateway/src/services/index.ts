// All plugins of the gateway, for its composition root: one line each.

import type { Plugin } from "@switchboard/server/plugins";
import { attentionPlugin } from "./attention.ts";
import { batchesPlugin } from "./batches.ts";
import { Board } from "./board.ts";
import { busPlugin } from "./bus.ts";
import { configPlugin } from "./config.ts";
import type { GatewayView } from "./gateway-view.ts";
import { logsPlugin } from "./logs.ts";
import { mapPlugin } from "./map.ts";
import { messagesPlugin } from "./messages.ts";
import { metricsPlugin } from "./metrics.ts";
import { routersPlugin } from "./routers.ts";
import { sendPlugin } from "./send.ts";
import { statusesPlugin } from "./statuses.ts";
import { systemPlugin } from "./system.ts";
import { workersPlugin } from "./workers.ts";

/** The services, events and tasks of a running gateway. */
export function gatewayPlugins(view: GatewayView): Plugin[] {
  const board = new Board(view);
  return [
    workersPlugin(board),
    routersPlugin(board),
    mapPlugin(board),
    metricsPlugin(board),
    attentionPlugin(board),
    messagesPlugin(board),
    batchesPlugin(board),
    sendPlugin(board),
    busPlugin(board),
    statusesPlugin(board),
    logsPlugin(view),
    configPlugin(board),
    systemPlugin(view),
  ];
}
