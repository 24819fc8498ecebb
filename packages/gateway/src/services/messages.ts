// Service `messages`: what was said, what became of it, and its whole way through the gateway. Reads the message store; the live list and the
// export come as streams.

import type { HistogramBar, MessageFilter, MessageStore, StoredMessage } from "@switchboard/messaging/store";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { Board } from "./board.ts";
import { dateOfUs, invalid, notFound, operators } from "./common.ts";
import { exportMessages } from "./message-export.ts";
import {
  choiceProperties,
  filterOfChoice,
  type MessageChoice,
  problemsView,
  selectionTasks,
  selectMessages,
  sendAgain,
} from "./message-selection.ts";
import { parseMessageQuery } from "./message-query.ts";
import { filterOf, messageRow, type MessageRow, timeUs } from "./message-rows.ts";
import { tailMessages } from "./message-tail.ts";
import { objectArgument, queryArguments, textArgument } from "./schemas.ts";
import { type Trail, trailOf } from "./trail-view.ts";

const id = textArgument("id");
const time = {};
const query = { type: "string", maxLength: 2_000, default: "" };
const rangeProperties = { from: time, to: time };

interface Range {
  readonly from?: unknown;
  readonly to?: unknown;
}

/** Shows messages. Without a message store every method answers EOPNOTSUPP. */
export function messagesPlugin(board: Board): Plugin {
  const { view } = board;
  const store = (): MessageStore => {
    if (view.store !== undefined) return view.store;
    throw invalid("the message store is switched off (`store: {enabled: false}`)");
  };
  return definePlugin({
    name: "messages",
    services: {
      messages: {
        description: "Messages that the gateway has stored.",
        methods: {
          query: {
            description: "Lists messages, newest first; with `count` their number.",
            accepts: queryArguments,
            handler: (filter?: unknown, params?: QueryParameters | null) => listMessages(store(), filter, params ?? {}),
          },
          search: {
            description: "Lists messages by the search language: words, `key:value`, `-key:value`.",
            accepts: [
              { ...query, title: "query" },
              objectArgument("options", {
                ...rangeProperties,
                limit: { type: "integer", minimum: 1, maximum: 1_000 },
                before: { type: ["string", "null"] },
              }),
            ],
            handler: (text?: string, options?: SearchOptions) => searchMessages(store(), text ?? "", options ?? {}),
          },
          get: {
            description: "One message with its events and answers.",
            accepts: [id],
            handler: (one: string) => getMessage(board, store(), one),
          },
          trail: {
            description: "The way of one message and its answer.",
            accepts: [id],
            handler: (one: string) => messageTrail(board, store(), one),
          },
          histogram: {
            description: "Counts messages over time.",
            accepts: [
              objectArgument(
                "options",
                { query, ...rangeProperties, buckets: { type: "integer", minimum: 1, maximum: 500 } },
                ["from", "to"],
              ),
            ],
            handler: async (options: Range & { readonly query?: string; readonly buckets?: number }) => {
              const { filter } = parseMessageQuery(options.query ?? "");
              const range = { fromUs: timeUs(options.from), toUs: timeUs(options.to) };
              const bars = await store().read.histogram({ ...filter, ...range }, options.buckets ?? 90);
              return bars.map(barView);
            },
          },
          tail: {
            description: "New messages as they come, in batches, with the number of those left out.",
            generator: true,
            accepts: [
              objectArgument("options", { query, max_per_second: { type: "integer", minimum: 1, maximum: 2_000 } }),
            ],
            handler: (options: { readonly query?: string; readonly max_per_second?: number } = {}) =>
              tailMessages({
                store: store(),
                observer: view.observer,
                clock: view.clock,
                filter: parseMessageQuery(options.query ?? "").filter,
                maxPerSecond: options.max_per_second ?? 200,
              }),
          },
          export: {
            description: "Messages as CSV or JSON lines, in chunks of text.",
            generator: true,
            accepts: [objectArgument("options", { ...choiceProperties, format: { enum: ["csv", "json"] } })],
            handler: ({ format = "csv", ...choice }: MessageChoice & { readonly format?: "csv" | "json" } = {}) =>
              exportMessages(store(), filterOfChoice(choice).filter, { format }),
          },
          select: {
            description: "How many messages a query, a range or ids mean, and when the newest was written.",
            accepts: [objectArgument("choice", choiceProperties)],
            handler: (choice: MessageChoice = {}) => selectMessages(store(), choice),
          },
          resend: {
            description: "Sends a message again as a new one; returns its id.",
            roles: operators,
            accepts: [id],
            handler: async (one: string) => sendAgain(board, store(), await storedOf(store(), one)),
          },
        },
      },
    },
    tasks: selectionTasks(board, store),
  });
}

function barView({ atUs, ...counts }: HistogramBar): object {
  return { at: dateOfUs(atUs), ...counts };
}

interface QueryParameters {
  readonly limit?: number | null;
  readonly offset?: number | null;
  readonly count?: boolean;
  readonly single?: boolean;
}

interface SearchOptions extends Range {
  readonly limit?: number;
  readonly before?: string | null;
}

function rangeOf({ from, to }: Range): Pick<MessageFilter, "fromUs" | "toUs"> {
  return {
    ...(from !== undefined && from !== null && { fromUs: timeUs(from) }),
    ...(to !== undefined && to !== null && { toUs: timeUs(to) }),
  };
}

async function listMessages(
  store: MessageStore,
  elements: unknown,
  { limit, offset, count = false, single = false }: QueryParameters,
): Promise<unknown> {
  const filter = filterOf(elements);
  if (count) return store.read.count(filter);
  const most = Math.min(limit ?? 100, 1_000);
  const skipped = offset ?? 0;
  const found = await store.read.list(filter, most + skipped);
  const rows = found.slice(skipped).map(messageRow);
  return single ? (rows[0] ?? null) : rows;
}

async function searchMessages(store: MessageStore, text: string, options: SearchOptions): Promise<object> {
  const { filter, problems } = parseMessageQuery(text);
  const wanted = { ...filter, ...rangeOf(options) };
  const limit = options.limit ?? 100;
  const [found, total] = await Promise.all([
    store.read.list(wanted, limit + 1, positionOf(options.before)),
    store.read.count(wanted),
  ]);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    rows: shown.map(messageRow),
    total,
    ...problemsView(problems),
    next: found.length > limit && last !== undefined ? `${last.tsUs} ${last.message.message_id}` : null,
  };
}

function positionOf(before: string | null | undefined): { tsUs: number; messageId: string } | undefined {
  if (before === undefined || before === null) return undefined;
  const [tsUs = ""] = before.split(" ", 1);
  if (!/^\d+$/.test(tsUs)) throw invalid("before: expected `next` of an earlier page");
  return { tsUs: Number(tsUs), messageId: before.slice(tsUs.length + 1) };
}

/** A message of that id; the one from a person where both directions have it. */
async function storedOf(store: MessageStore, messageId: string): Promise<StoredMessage> {
  const found = await store.read.withIds([messageId]);
  const message = found.find(({ direction }) => direction === "inbound") ?? found[0];
  if (message === undefined) throw notFound(`there is no message ${JSON.stringify(messageId)}`);
  return message;
}

async function getMessage(board: Board, store: MessageStore, messageId: string): Promise<object> {
  await board.view.observer.flush();
  const stored = await storedOf(store, messageId);
  const [events, answers] = await Promise.all([store.read.eventsOf(messageId), store.read.answersTo(messageId)]);
  return {
    ...messageRow(stored),
    message: stored.message,
    events,
    answers: answers.map(({ message }) => message.message_id),
  };
}

async function messageTrail(
  board: Board,
  store: MessageStore,
  messageId: string,
): Promise<Trail & { readonly related: readonly MessageRow[] }> {
  await board.view.observer.flush();
  const asked = await storedOf(store, messageId);
  const root = await questionOf(store, asked);
  const answers = root.direction === "inbound" ? await store.read.answersTo(root.message.message_id) : [];
  const ids = [root, ...answers].map(({ message }) => message.message_id);
  const [entries, events, related] = await Promise.all([
    store.read.trail(ids),
    Promise.all(ids.map((one) => store.read.eventsOf(one))),
    relatedTo(store, root),
  ]);
  const trail = trailOf({
    message: root,
    answers,
    entries,
    events: events.flat(),
    now: board.view.clock.now(),
    waiting: root.state === "waiting" ? await waitingAt(board, entries.at(-1)) : undefined,
  });
  return { ...trail, related };
}

/** An answer's way began with what it answers. */
async function questionOf(store: MessageStore, asked: StoredMessage): Promise<StoredMessage> {
  const { in_reply_to } = asked.message;
  if (asked.direction === "inbound" || in_reply_to === null) return asked;
  const found = await store.read.withIds([in_reply_to]);
  return found.find(({ direction }) => direction === "inbound") ?? asked;
}

async function waitingAt(
  board: Board,
  last: { readonly connector: string; readonly kind: string } | undefined,
): Promise<{ readonly queue: string; readonly behind: number } | undefined> {
  if (last === undefined) return undefined;
  const queue = `${last.connector}.${last.kind}`;
  const info = (await board.queues.queues()).get(queue);
  return info === undefined ? undefined : { queue, behind: Math.max(0, info.depth - 1) };
}

const dayUs = 86_400_000_000;

/** What the same person wrote and got within a day of it, newest first. */
async function relatedTo(store: MessageStore, root: StoredMessage): Promise<MessageRow[]> {
  const person = root.direction === "inbound" ? root.message.from_addr : root.message.to_addr;
  if (person === null) return [];
  const range = { fromUs: root.tsUs - dayUs, toUs: root.tsUs + dayUs };
  const found = await store.read.list({ ...range, conditions: [{ field: "person", values: [person] }] }, 10);
  return found.filter(({ message }) => message.message_id !== root.message.message_id).map(messageRow);
}
