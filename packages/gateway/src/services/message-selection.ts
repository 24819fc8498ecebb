// Messages chosen by a query, a range or their ids, and what can be done with all of them: counted, sent again, written to a file. The choice is
// made on the server, so that it may be larger than any list.

import { once } from "node:events";
import { createUserMessage, type UserMessage } from "@switchboard/messaging";
import type { ListPosition, MessageFilter, MessageStore, StoredMessage } from "@switchboard/messaging/store";
import { errno, RpcError } from "@switchboard/protocol";
import { defineTask, type TaskClass, type TaskContext, type TaskFile } from "@switchboard/server/tasks";
import { codecOf } from "./bodies.ts";
import type { Board } from "./board.ts";
import { dateOfUs, invalid, operators } from "./common.ts";
import { checkExpected, expectedProperty } from "./expected-count.ts";
import { exportMessages } from "./message-export.ts";
import { parseMessageQuery, type QueryProblem } from "./message-query.ts";
import { timeUs } from "./message-rows.ts";
import { objectArgument, type Schema } from "./schemas.ts";

/** Which messages are meant: all conditions hold. */
export interface MessageChoice {
  readonly query?: string;
  /** Included, and not included. */
  readonly from?: unknown;
  readonly to?: unknown;
  readonly ids?: readonly string[];
}

/** The members of a choice. */
export const choiceProperties: Readonly<Record<string, Schema>> = {
  query: { type: "string", maxLength: 2_000, default: "" },
  from: {},
  to: {},
  ids: { type: "array", items: { type: "string" }, maxItems: 10_000 },
};

/** How many messages one task may send again. */
const maxChosen = 100_000;
const pageSize = 500;
const maxSkipped = 100;

/** The store's filter for a choice, and what of its query was not understood. @throws {RpcError} EINVAL for what is no time. */
export function filterOfChoice({ query = "", from, to, ids }: MessageChoice): {
  readonly filter: MessageFilter;
  readonly problems: readonly QueryProblem[];
} {
  const { filter, problems } = parseMessageQuery(query);
  const byId = ids === undefined ? [] : [{ field: "id", values: ids } as const];
  return {
    filter: {
      ...filter,
      conditions: [...(filter.conditions ?? []), ...byId],
      ...(from !== undefined && from !== null && { fromUs: timeUs(from) }),
      ...(to !== undefined && to !== null && { toUs: timeUs(to) }),
    },
    problems,
  };
}

/** How many messages a choice means, and when the newest of them was written. */
export async function selectMessages(store: MessageStore, choice: MessageChoice): Promise<object> {
  const { filter, problems } = filterOfChoice(choice);
  const [count, [newest]] = await Promise.all([store.read.count(filter), store.read.list(filter, 1)]);
  return {
    count,
    is_capped: count >= maxChosen,
    newest: dateOfUs(newest?.tsUs),
    ...problemsView(problems),
  };
}

/** What of a query was not understood, as answers say it. */
export function problemsView(problems: readonly QueryProblem[]): {
  readonly skipped_filters: readonly string[];
  readonly problems: readonly QueryProblem[];
} {
  return { skipped_filters: problems.map(({ source }) => source), problems };
}

/** Sends a stored message again as a new one, the way the first one went; returns its id. @throws {RpcError} EINVAL when it names no channel. */
export async function sendAgain(
  { view }: Board,
  store: MessageStore,
  { message, direction }: StoredMessage,
): Promise<string> {
  if (message.transport_name === null) throw invalid(`message ${message.message_id} names no channel to go through`);
  const { timestamp: _timestamp, ...fields } = message;
  const again: UserMessage = createUserMessage({ ...fields, message_id: view.newId() }, { clock: view.clock });
  await store.addMessage(direction, again);
  const queue = `${message.transport_name}.${direction}`;
  await view.bus.publish(queue, codecOf(queue).encode(again));
  return again.message_id;
}

/** The tasks that act on a choice. `storeOf` throws when there is no message store. */
export function selectionTasks(board: Board, storeOf: () => MessageStore): Record<string, TaskClass> {
  return { "messages.resend": resendTask(board, storeOf), "messages.export": exportTask(board, storeOf) };
}

interface ResendChoice extends MessageChoice {
  readonly expected?: number;
}

function resendTask(board: Board, storeOf: () => MessageStore): TaskClass {
  return defineTask<[ResendChoice]>({
    name: "messages.resend",
    description: "Send messages again, the oldest first, each as a new one.",
    accepts: [objectArgument("choice", { ...choiceProperties, expected: expectedProperty })],
    roles: operators,
    abortable: true,
    describe: (_context, { query = "", ids }: ResendChoice) => {
      const name = ids === undefined ? query : `${ids.length} messages`;
      return { message: `Send ${name || "all messages"} again`, name };
    },
    verify: async (_context, choice: ResendChoice) => {
      const { filter, problems } = filterOfChoice(choice);
      // Who says how many are meant has seen what was left out.
      if (problems.length > 0 && choice.expected === undefined) {
        const texts = problems.map(({ source, message }) => `${source} (${message})`);
        throw invalid(`not understood: ${texts.join(", ")}; without it more would be sent than is meant`);
      }
      const count = await storeOf().read.count(filter);
      if (count >= maxChosen)
        throw new RpcError(errno.E2BIG, `${count} messages or more: choose fewer, by a range or a query`);
      checkExpected(choice.expected, count);
      return [];
    },
    run: (context: TaskContext, choice: ResendChoice) => resendAll(context, board, { store: storeOf(), choice }),
  });
}

async function resendAll(
  context: TaskContext,
  board: Board,
  { store, choice }: { readonly store: MessageStore; readonly choice: MessageChoice },
): Promise<object> {
  const { filter } = filterOfChoice(choice);
  // What is sent again must not be found, and sent, again.
  const nowUs = board.view.clock.now() * 1_000;
  const ids = await idsOf(store, { ...filter, toUs: Math.min(filter.toUs ?? nowUs, nowUs) });
  const skipped: { id: string; reason: string }[] = [];
  let done = 0;
  let tried = 0;
  let firstId: string | null = null;
  for (const { id, direction } of ids.toReversed()) {
    if (context.signal.aborted) break;
    tried += 1;
    const stored = (await store.read.withIds([id])).find((one) => one.direction === direction);
    try {
      if (stored === undefined) throw new Error("it is not stored any more");
      const again = await sendAgain(board, store, stored);
      firstId ??= again;
      done += 1;
    } catch (error) {
      if (skipped.length < maxSkipped)
        skipped.push({ id, reason: error instanceof Error ? error.message : String(error) });
    }
    if (tried % 50 === 0 || tried === ids.length) {
      context.setProgress((100 * tried) / ids.length, `${tried} of ${ids.length}`, { done, of: ids.length });
    }
  }
  return { done, of: ids.length, skipped, first_id: firstId };
}

/** The newest first. Ids only, as messages may be large. */
async function idsOf(
  store: MessageStore,
  filter: MessageFilter,
): Promise<{ readonly id: string; readonly direction: StoredMessage["direction"] }[]> {
  const ids: { id: string; direction: StoredMessage["direction"] }[] = [];
  let before: ListPosition | undefined;
  for (;;) {
    const page = await store.read.list(filter, pageSize, before);
    for (const { message, direction } of page) ids.push({ id: message.message_id, direction });
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize || ids.length >= maxChosen) return ids;
    before = { tsUs: last.tsUs, messageId: last.message.message_id };
  }
}

interface ExportChoice extends MessageChoice {
  readonly format?: "csv" | "json";
}

function exportTask(board: Board, storeOf: () => MessageStore): TaskClass {
  return defineTask<[ExportChoice, TaskFile]>({
    name: "messages.export",
    description: "Write messages to a file that is downloaded meanwhile: CSV or JSON lines.",
    accepts: [
      objectArgument("choice", { ...choiceProperties, format: { enum: ["csv", "json"] } }),
      { title: "file", type: "fd", mandatory: true },
    ],
    abortable: true,
    describe: (_context, { query = "" }: ExportChoice) => ({ message: `Export ${query || "messages"}`, name: query }),
    verify: () => {
      storeOf();
      return [];
    },
    run: async (context: TaskContext, choice: ExportChoice, { stream }: TaskFile) => {
      const store = storeOf();
      const { filter } = filterOfChoice(choice);
      const nowUs = board.view.clock.now() * 1_000 + 1;
      const fixed = { ...filter, toUs: Math.min(filter.toUs ?? nowUs, nowUs) };
      const of = await store.read.count(fixed);
      let done = 0;
      const format = choice.format ?? "csv";
      for await (const chunk of exportMessages(store, fixed, { format, onRows: (rows) => (done += rows) })) {
        if (context.signal.aborted) break;
        if (!stream.write(chunk)) await once(stream, "drain", { signal: context.signal });
        context.setProgress(of === 0 ? 100 : Math.min(100, (100 * done) / of), `${done} of ${of}`, { done, of });
      }
      stream.end();
      return { done, of };
    },
  });
}
