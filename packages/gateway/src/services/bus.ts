// Service `bus`: queues, what is parked and why; and the tasks that put parked messages back or drop them.

import type { Headers, ParkedMessage } from "@switchboard/bus";
import type { Caller } from "@switchboard/server/rpc";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import { codecOf, summaryOf } from "./bodies.ts";
import type { Board } from "./board.ts";
import { doNothing, invalid, noSuch, notFound, operators } from "./common.ts";
import { causesOf, chosenIds, parkedOf, causeOf, parkedView, type ParkedChoice } from "./parked.ts";
import { bodyMembers, copiesOf } from "./parked-copies.ts";
import { ParkedEdits } from "./parked-edits.ts";
import { parkedChoiceProperties, parkingTasks } from "./parking-tasks.ts";
import { tellQueueNews } from "./queue-news.ts";
import { checkQueue, queueRows } from "./queue-rows.ts";
import { objectArgument, textArgument } from "./schemas.ts";

const queueName = textArgument("queue");
const anyQueue = { title: "queue", type: ["string", "null"], minLength: 1, default: null };

/** Shows queues, and moves what is parked. */
export function busPlugin(board: Board): Plugin {
  const { view } = board;
  const { parking } = view.bus;
  let edits: ParkedEdits | undefined;
  let stopTelling = doNothing;
  return definePlugin({
    name: "bus",
    services: {
      bus: {
        description: "Queues between workers, and the messages set aside from them.",
        methods: {
          queues: {
            description: "All queues; `in` and `out` are per minute, over the last minute.",
            accepts: [],
            handler: () => queueRows(board),
          },
          queue: {
            description: "One queue, with its depth over the last fifteen minutes.",
            accepts: [queueName],
            handler: async (name: string) => {
              const rows = await queueRows(board);
              const row = rows.find((one) => one.name === name);
              if (row === undefined) {
                throw noSuch(
                  "queue",
                  name,
                  rows.map((one) => one.name),
                );
              }
              return { ...row, depths: board.queues.depths(name), depth_step_ms: 10_000 };
            },
          },
          parked: {
            description:
              "Parked messages of a queue, in the order in which they were set aside; with `message_id` those that carry it.",
            accepts: [
              queueName,
              objectArgument("options", {
                cause: { type: ["string", "null"] },
                message_id: { type: ["string", "null"] },
                limit: { type: "integer", minimum: 1, maximum: 1_000 },
                offset: { type: "integer", minimum: 0 },
              }),
            ],
            handler: async (queue: string, options: PageOptions = {}) => {
              const { cause, message_id, limit = 100, offset = 0 } = options;
              const rows: object[] = [];
              let position = 0;
              for await (const message of parkedOf(view.bus, queue)) {
                if (isGiven(cause) && causeOf(message) !== cause) continue;
                if (isGiven(message_id) && summaryOf(queue, message.body).message_id !== message_id) continue;
                if (position++ >= offset) rows.push(parkedView(message));
                if (rows.length === limit) break;
              }
              if (position === 0) await checkQueue(board, queue);
              return rows;
            },
          },
          causes: {
            description: "Parked messages grouped by what they failed with.",
            accepts: [anyQueue],
            handler: async (queue?: string | null) => {
              if (queue !== undefined && queue !== null) {
                const found = await causesOf(view.bus, [queue]);
                if (found.length === 0) await checkQueue(board, queue);
                return found;
              }
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
              objectArgument("options", { action: { enum: ["retry", "drop"] }, ...parkedChoiceProperties }, [
                "action",
                "queue",
              ]),
            ],
            handler: (choice: ParkedChoice & { readonly action: "retry" | "drop" }) => preview(board, choice),
          },
          retry_one: {
            description: "Puts one parked message back at the end of its queue.",
            roles: operators,
            accepts: [queueName, textArgument("id")],
            handler: async (queue: string, id: string) => {
              if ((await parking.retry(queue, [id])) === 0) throw notParked(queue, id);
              return true;
            },
          },
          parked_get: {
            description: "One parked message with its whole body and headers.",
            accepts: [queueName, textArgument("id")],
            handler: async (queue: string, id: string) => {
              const found = await parking.get(queue, id);
              if (found === undefined) throw notParked(queue, id);
              return wholeView(found);
            },
          },
          parked_export: {
            description: "Parked messages with all that is known of them as JSON lines, in chunks of text.",
            generator: true,
            accepts: [objectArgument("choice", parkedChoiceProperties, ["queue"])],
            handler: async function* (choice: ParkedChoice) {
              const ids = await chosenIds(view.bus, choice, view.clock.now());
              if (ids.length === 0) await checkQueue(board, choice.queue);
              yield* copiesOf(view.bus, choice.queue, ids);
            },
          },
          edit_and_retry: {
            description:
              "Publishes a changed body, and changed headers, in place of a parked message; the first version is kept.",
            roles: operators,
            passSender: true,
            accepts: [
              queueName,
              textArgument("id"),
              { title: "body", type: "string", maxLength: 1_000_000, mandatory: true },
              {
                ...objectArgument("options", { headers: { type: "object", additionalProperties: { type: "string" } } }),
                default: {},
              },
            ],
            handler: (queue: string, id: string, body: string, options: EditOptions = {}, caller?: Caller) =>
              editAndRetry(board, edits, { queue, id, body, by: caller?.principal?.name ?? null, ...options }),
          },
          edits: {
            description: "What people changed in parked messages before they put them back, the newest first.",
            accepts: [anyQueue, { title: "limit", type: "integer", minimum: 1, maximum: 1_000, default: 100 }],
            handler: (queue?: string | null, limit = 100) => edits?.list(queue ?? undefined, limit) ?? [],
          },
        },
      },
    },
    tasks: parkingTasks(board),
    start: async (context) => {
      edits = await ParkedEdits.open(context.datastoreLog);
      stopTelling = tellQueueNews(board, context);
    },
    stop: () => stopTelling(),
  });
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== undefined && value !== null;
}

interface PageOptions {
  readonly cause?: string | null;
  readonly message_id?: string | null;
  readonly limit?: number;
  readonly offset?: number;
}

async function preview(board: Board, choice: ParkedChoice): Promise<object> {
  const { bus, clock } = board.view;
  const ids = await chosenIds(bus, choice, clock.now());
  if (ids.length === 0) await checkQueue(board, choice.queue);
  const [first] = ids;
  const oldest = first === undefined ? undefined : await bus.parking.get(choice.queue, first);
  const row = (await queueRows(board)).find(({ name }) => name === choice.queue);
  const perMinute = row?.out ?? 0;
  const ahead = row?.waiting ?? 0;
  return {
    count: ids.length,
    oldest: oldest === undefined ? null : new Date(oldest.parkedAt),
    // Nobody knows how quick a queue is that stands still.
    estimate_ms: perMinute === 0 ? null : Math.round(((ahead + ids.length) * 60_000) / perMinute),
    position: ahead,
  };
}

interface EditOptions {
  readonly headers?: Headers;
}

interface Edit extends EditOptions {
  readonly queue: string;
  readonly id: string;
  readonly body: string;
  /** Who it was. */
  readonly by: string | null;
}

async function editAndRetry({ view }: Board, edits: ParkedEdits | undefined, edit: Edit): Promise<boolean> {
  const { queue, id, body, by } = edit;
  const parked = await view.bus.parking.get(queue, id);
  if (parked === undefined) throw notParked(queue, id);
  try {
    codecOf(queue).decode(body);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  const { contentType, priority } = parked;
  const headers = edit.headers ?? parked.headers;
  const messageId = summaryOf(queue, parked.body).message_id;
  await edits?.add({ at: new Date(view.clock.now()), by, parked, messageId, after: { body, headers } });
  await view.bus.publish(queue, body, { headers, priority, ...(contentType !== undefined && { contentType }) });
  // Afterwards: should the process end in between, the message is there twice, not never.
  await view.bus.parking.drop(queue, [id]);
  return true;
}

function wholeView(message: ParkedMessage): object {
  const { queue, headers, priority, contentType, attempt, body } = message;
  return {
    ...parkedView(message),
    queue,
    ...bodyMembers(body),
    size_bytes: body.length,
    headers,
    priority,
    content_type: contentType ?? null,
    attempt,
  };
}

function notParked(queue: string, id: string): Error {
  return notFound(`no message ${JSON.stringify(id)} is parked in ${queue}`);
}
