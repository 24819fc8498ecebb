// Service `map`: who is connected with whom, as the configuration has it.

import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { Board } from "./board.ts";
import { doNothing, throttled } from "./common.ts";

/** Shows the map. */
export function mapPlugin(board: Board): Plugin {
  let stopWatching = doNothing;
  return definePlugin({
    name: "map",
    events: { "map.changed": { description: "The map has other nodes or lines than before." } },
    services: {
      map: {
        description: "Channels, routers and applications, and the lines between them.",
        methods: { get: { description: "The whole map.", accepts: [], handler: () => board.map() } },
      },
    },
    start: async (context) => {
      let known = JSON.stringify(await board.map());
      const look = async (): Promise<void> => {
        const now = JSON.stringify(await board.map());
        if (now === known) return;
        known = now;
        await context.emitEvent("map.changed", {});
      };
      const later = throttled(
        board.view,
        200,
        () => void look().catch((error: unknown) => context.reportError("map", error)),
      );
      const remove = board.view.onWorkersChanged(() => later.ask());
      stopWatching = () => {
        remove();
        later.cancel();
      };
    },
    stop: () => stopWatching(),
  });
}
