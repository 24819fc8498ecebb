// The tasks that put parked messages back into their queue, or drop them for good, some at a time.

import type { TrailEntry } from "@switchboard/messaging/store";
import { defineTask, type TaskClass, type TaskContext } from "@switchboard/server/tasks";
import { summaryOf } from "./bodies.ts";
import type { Board } from "./board.ts";
import { administrators, operators } from "./common.ts";
import { checkExpected, expectedProperty } from "./expected-count.ts";
import { chosenIds, type ParkedChoice } from "./parked.ts";
import { checkQueue } from "./queue-rows.ts";
import { saveCopies } from "./parked-copies.ts";
import { objectArgument, type Schema } from "./schemas.ts";

/** The members of a choice of parked messages. */
export const parkedChoiceProperties: Readonly<Record<string, Schema>> = {
  queue: { type: "string", minLength: 1 },
  cause: { type: "string" },
  ids: { type: "array", items: { type: "string" } },
  older_than_ms: { type: "number", minimum: 0 },
  newer_than_ms: { type: "number", minimum: 0 },
};

interface ParkingArgument extends ParkedChoice {
  readonly expected?: number;
  readonly save?: true;
}

const chunkSize = 100;

/** Both tasks. */
export function parkingTasks(board: Board): Record<string, TaskClass> {
  return { "bus.retry": parkingTask(board, "retry"), "bus.drop": parkingTask(board, "drop") };
}

function parkingTask(board: Board, action: "retry" | "drop"): TaskClass {
  const { bus, clock } = board.view;
  const verb = action === "retry" ? "Retry" : "Drop";
  const save: Schema = { const: true };
  const properties = { ...parkedChoiceProperties, expected: expectedProperty, ...(action === "drop" && { save }) };
  return defineTask<[ParkingArgument]>({
    name: `bus.${action}`,
    description: `${verb} parked messages.`,
    accepts: [objectArgument("choice", properties, ["queue"])],
    // What is dropped is gone.
    roles: action === "drop" ? administrators : operators,
    abortable: true,
    describe: (_context, { queue }: ParkingArgument) => ({
      message: `${verb} parked messages of ${queue}`,
      name: queue,
    }),
    verify: async (_context, choice: ParkingArgument) => {
      await checkQueue(board, choice.queue);
      if (choice.expected !== undefined) {
        checkExpected(choice.expected, (await chosenIds(bus, choice, clock.now())).length);
      }
      return [];
    },
    run: async (context: TaskContext, choice: ParkingArgument) => {
      const ids = await chosenIds(bus, choice, clock.now());
      const saved = choice.save === true ? { saved_to: await saveCopies(board.view, choice.queue, ids) } : {};
      let done = 0;
      for (let start = 0; start < ids.length && !context.signal.aborted; start += chunkSize) {
        const chunk = ids.slice(start, start + chunkSize);
        if (action === "drop") await noteDropped(board, choice.queue, chunk);
        done += await bus.parking[action](choice.queue, chunk);
        context.setProgress((100 * (start + chunk.length)) / ids.length, `${done} of ${ids.length}`, {
          done,
          of: ids.length,
        });
      }
      return { done, of: ids.length, ...saved };
    },
  });
}

/** Who dropped a message should find that in its trail. */
async function noteDropped({ view }: Board, queue: string, ids: readonly string[]): Promise<void> {
  if (view.store === undefined) return;
  const entries: TrailEntry[] = [];
  for (const id of ids) {
    const parked = await view.bus.parking.get(queue, id);
    const messageId = parked === undefined ? null : summaryOf(queue, parked.body).message_id;
    if (messageId === null) continue;
    entries.push({
      message_id: messageId,
      kind: queue.endsWith(".outbound") ? "outbound" : "inbound",
      did: "handled",
      worker: "gateway",
      worker_kind: "worker",
      connector: queue.slice(0, queue.lastIndexOf(".")),
      endpoint: "default",
      at: view.clock.now(),
      took_ms: 0,
      outcome: "dropped",
    });
  }
  await view.store.addTrail(entries);
}
