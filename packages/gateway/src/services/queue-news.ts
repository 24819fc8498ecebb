// The event `bus.changed`: which queues look different from a second ago. Nothing is looked at while nobody listens.

import type { PluginContext } from "@switchboard/server/plugins";
import type { Board } from "./board.ts";
import { doNothing } from "./common.ts";
import { queueRows } from "./queue-rows.ts";

const everyMs = 1_000;

/** What is compared of a queue: all that is shown of it, and how often something was parked. */
interface Look {
  readonly row: string;
  readonly parked: string;
}

/** Registers the event and tells of changes while somebody listens; returns how to end that. */
export function tellQueueNews(board: Board, context: PluginContext): () => void {
  const { clock } = board.view;
  let stopLooking = doNothing;
  context.registerEventType("bus.changed", {
    description:
      "Queues changed: `queues` names those of which anything else is shown now, `parked` those with other parked messages. At most once a second.",
    demand: {
      enable: () => {
        let known: ReadonlyMap<string, Look> | undefined;
        const look = async (): Promise<void> => {
          const now = await looksOf(board);
          const [before, names] = [known, [...new Set([...now.keys(), ...(known?.keys() ?? [])])]];
          known = now;
          // The first look has nothing to compare with: whoever listens has just read it all.
          if (before === undefined) return;
          const queues = names.filter((name) => now.get(name)?.row !== before.get(name)?.row);
          const parked = names.filter((name) => now.get(name)?.parked !== before.get(name)?.parked);
          if (queues.length + parked.length > 0) await context.emitEvent("bus.changed", { queues, parked });
        };
        let isOver = false;
        const again = (): void => {
          if (isOver) return;
          look()
            .catch((error: unknown) => context.logger.warn({ err: error }, "queues could not be looked at"))
            .finally(() => (timer = clock.setTimer(again, everyMs)));
        };
        let timer: { cancel(): void } | undefined;
        again();
        stopLooking = () => {
          isOver = true;
          timer?.cancel();
        };
      },
      disable: () => stopLooking(),
    },
  });
  return () => stopLooking();
}

async function looksOf(board: Board): Promise<ReadonlyMap<string, Look>> {
  const [rows, infos] = await Promise.all([queueRows(board), board.queues.queues()]);
  return new Map(
    rows.map((row) => [
      row.name,
      { row: JSON.stringify(row), parked: `${row.parked} ${infos.get(row.name)?.totals.parked ?? 0}` },
    ]),
  );
}
