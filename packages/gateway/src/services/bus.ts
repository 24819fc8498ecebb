// Service `bus`: queues, what is parked and why; and the tasks that put parked messages back or drop them.

import type { QueueInfo } from "@switchboard/bus";
import type { TrailEntry } from "@switchboard/messaging/store";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import { defineTask, type TaskClass, type TaskContext } from "@switchboard/server/tasks";
import { codecOf, summaryOf } from "./bodies.ts";
import type { Board } from "./board.ts";
import { invalid, notFound, operators } from "./common.ts";
import { causesOf, chosenIds, parkedOf, causeOf, parkedView, type ParkedChoice } from "./parked.ts";
import { objectArgument } from "./schemas.ts";

const queueName = { title: "queue", type: "string", minLength: 1 };
const choiceProperties = {
  queue: { type: "string", minLength: 1 },
  cause: { type: "string" },
  ids: { type: "array", items: { type: "string" } },
  older_than_ms: { type: "number", minimum: 0 },
};
const chunkSize = 100;

/** Shows queues, and moves what is parked. */
export function busPlugin(board: Board): Plugin {
  const { view } = board;
  const { parking } = view.bus;
  return definePlugin({
    name: "bus",
    services: {
      bus: {
        description: "Queues between workers, and the messages set aside from them.",
        methods: {
          queues: { description: "All queues.", accepts: [], handler: () => queueRows(board) },
          queue: {
            description: "One queue, with its depth over the last fifteen minutes.",
            accepts: [queueName],
            handler: async (name: string) => {
              const row = (await queueRows(board)).find((one) => one.name === name);
              if (row === undefined) throw notFound(`there is no queue ${JSON.stringify(name)}`);
              return { ...row, depths: board.queues.depths(name), depth_step_ms: 10_000 };
            },
          },
          parked: {
            description: "Parked messages of a queue, in the order in which they were set aside.",
            accepts: [
              queueName,
              objectArgument("options", {
                cause: { type: ["string", "null"] },
                limit: { type: "integer", minimum: 1, maximum: 1_000 },
                offset: { type: "integer", minimum: 0 },
              }),
            ],
            handler: async (queue: string, options: PageOptions = {}) => {
              const { cause, limit = 100, offset = 0 } = options;
              const rows: object[] = [];
              let position = 0;
              for await (const message of parkedOf(view.bus, queue)) {
                if (cause !== undefined && cause !== null && causeOf(message) !== cause) continue;
                if (position++ >= offset) rows.push(parkedView(message));
                if (rows.length === limit) break;
              }
              return rows;
            },
          },
          causes: {
            description: "Parked messages grouped by what they failed with.",
            accepts: [{ ...queueName, type: ["string", "null"], default: null }],
            handler: async (queue?: string | null) => {
              if (queue !== undefined && queue !== null) return causesOf(view.bus, [queue]);
              const queues = await board.queues.queues();
              return causesOf(
                view.bus,
                [...queues.values()].filter(({ parked }) => parked > 0).map((one) => one.queue),
              );
            },
          },
          preview: {
            description: "What retrying or dropping would do.",
            accepts: [
              objectArgument("options", { action: { enum: ["retry", "drop"] }, ...choiceProperties }, [
                "action",
                "queue",
              ]),
            ],
            handler: (choice: ParkedChoice & { readonly action: "retry" | "drop" }) => preview(board, choice),
          },
          retry_one: {
            description: "Puts one parked message back at the end of its queue.",
            roles: operators,
            accepts: [queueName, { title: "id", type: "string" }],
            handler: async (queue: string, id: string) => {
              if ((await parking.retry(queue, [id])) === 0) throw notParked(queue, id);
              return true;
            },
          },
          edit_and_retry: {
            description: "Publishes a changed body in place of a parked one.",
            roles: operators,
            accepts: [
              queueName,
              { title: "id", type: "string" },
              { title: "body", type: "string", maxLength: 1_000_000 },
            ],
            handler: (queue: string, id: string, body: string) => editAndRetry(board, { queue, id, body }),
          },
        },
      },
    },
    tasks: {
      "bus.retry": parkingTask(board, "retry"),
      "bus.drop": parkingTask(board, "drop"),
    },
  });
}

interface PageOptions {
  readonly cause?: string | null;
  readonly limit?: number;
  readonly offset?: number;
}

interface QueueRow {
  readonly id: string;
  readonly name: string;
  readonly worker: string | null;
  readonly direction: string;
  readonly waiting: number;
  readonly delayed: number;
  readonly oldest_ms: number | null;
  readonly in: number;
  readonly out: number;
  readonly in_flight: number;
  readonly consumers: number;
  readonly parked: number;
  readonly state: string;
}

async function queueRows(board: Board): Promise<QueueRow[]> {
  const [queues, records] = await Promise.all([board.queues.queues(), board.records()]);
  const readers = new Map(
    records.flatMap(({ name, connectors }) =>
      [...connectors.inbound, ...connectors.outbound].map((queue) => [queue, name] as const),
    ),
  );
  return [...queues.values()].map((info) => queueRow(info, readers.get(info.queue)));
}

function queueRow(info: QueueInfo, worker: string | undefined): QueueRow {
  const { queue, depth, delayed, oldestAgeMs, rates, inFlight, consumers, parked } = info;
  return {
    id: queue,
    name: queue,
    worker: worker ?? null,
    direction: queue.slice(queue.lastIndexOf(".") + 1),
    waiting: depth,
    delayed,
    oldest_ms: oldestAgeMs ?? null,
    in: Math.round(rates.published * 60),
    out: Math.round(rates.acknowledged * 60),
    in_flight: inFlight,
    consumers,
    parked,
    state: parked > 0 ? "parked" : consumers === 0 && depth > 0 ? "down" : consumers === 0 ? "stopped" : "ok",
  };
}

async function preview(board: Board, choice: ParkedChoice): Promise<object> {
  const { bus, clock } = board.view;
  const ids = await chosenIds(bus, choice, clock.now());
  const [first] = ids;
  const oldest = first === undefined ? undefined : await bus.parking.get(choice.queue, first);
  const info = (await board.queues.queues()).get(choice.queue);
  const perSecond = info?.rates.acknowledged ?? 0;
  const ahead = info?.depth ?? 0;
  return {
    count: ids.length,
    oldest: oldest === undefined ? null : new Date(oldest.parkedAt),
    // Nobody knows how quick a queue is that stands still.
    estimate_ms: perSecond === 0 ? null : Math.round(((ahead + ids.length) * 1_000) / perSecond),
    position: ahead,
  };
}

async function editAndRetry(
  { view }: Board,
  { queue, id, body }: { readonly queue: string; readonly id: string; readonly body: string },
): Promise<boolean> {
  const parked = await view.bus.parking.get(queue, id);
  if (parked === undefined) throw notParked(queue, id);
  try {
    codecOf(queue).decode(body);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  const { contentType, headers, priority } = parked;
  await view.bus.publish(queue, body, { headers, priority, ...(contentType !== undefined && { contentType }) });
  // Afterwards: should the process end in between, the message is there twice, not never.
  await view.bus.parking.drop(queue, [id]);
  return true;
}

function parkingTask(board: Board, action: "retry" | "drop"): TaskClass {
  const { bus, clock } = board.view;
  const verb = action === "retry" ? "Retry" : "Drop";
  return defineTask<[ParkedChoice]>({
    name: `bus.${action}`,
    description: `${verb} parked messages.`,
    accepts: [objectArgument("choice", choiceProperties, ["queue"])],
    roles: operators,
    abortable: true,
    describe: (_context, { queue }: ParkedChoice) => ({ message: `${verb} parked messages of ${queue}`, name: queue }),
    verify: () => [],
    run: async (context: TaskContext, choice: ParkedChoice) => {
      const ids = await chosenIds(bus, choice, clock.now());
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
      return { done, of: ids.length };
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

function notParked(queue: string, id: string): Error {
  return notFound(`no message ${JSON.stringify(id)} is parked in ${queue}`);
}
