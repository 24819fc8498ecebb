// A batch as a file: its messages or events, one line each, as JSON or CSV. Read from the store a few at a time and only as fast as it is taken.

import type { TransportEvent } from "../message/event.ts";
import { eventStatus } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { Page, TimeRange } from "../store/batches.ts";
import type { MessageStore } from "../store/message-store.ts";

/** What is exported. */
export type ExportKind = "inbound" | "outbound" | "events";

/** How a line is written. */
export type ExportFormat = "json" | "csv";

/** Which part of a batch, and how. */
export interface BatchExport {
  readonly batchId: string;
  readonly kind: ExportKind;
  readonly format: ExportFormat;
  /** With either end messages come oldest first, else in the order of their ids. Events are always newest first. */
  readonly range: TimeRange;
  /** How many are read at a time. */
  readonly concurrency: number;
}

const messageColumns = "timestamp,message_id,to_addr,from_addr,in_reply_to,session_event,content,group";
const eventColumns = "timestamp,event_id,status,user_message_id,nack_reason";

/** Yields the lines, each with its end. Nothing more is read once the caller stops. */
export async function* exportLines(store: MessageStore, wanted: BatchExport): AsyncGenerator<string, void, undefined> {
  const { kind, format, concurrency } = wanted;
  const isCsv = format === "csv";
  if (isCsv) yield `${kind === "events" ? eventColumns : messageColumns}\r\n`;
  let waiting: string[] = [];
  for await (const id of idsOf(store, wanted)) {
    waiting.push(id);
    if (waiting.length < concurrency) continue;
    yield* linesOf(store, wanted, waiting);
    waiting = [];
  }
  yield* linesOf(store, wanted, waiting);
}

async function* linesOf(
  store: MessageStore,
  { kind, format }: BatchExport,
  ids: readonly string[],
): AsyncGenerator<string, void, undefined> {
  if (kind === "events") {
    for (const event of await Promise.all(ids.map((id) => store.read.event(id)))) {
      if (event !== undefined) yield format === "csv" ? eventCsv(event) : `${JSON.stringify(event)}\n`;
    }
    return;
  }
  for (const message of await Promise.all(ids.map((id) => store.read.message(kind, id)))) {
    if (message !== undefined) yield format === "csv" ? messageCsv(message) : `${JSON.stringify(message)}\n`;
  }
}

async function* idsOf(
  { batches }: MessageStore,
  { batchId, kind, range }: BatchExport,
): AsyncGenerator<string, void, undefined> {
  const hasRange = range.fromUs !== undefined || range.toUs !== undefined;
  let after: string | undefined;
  do {
    const page = { ...range, ...(after !== undefined && { after }) };
    const found: Page<string> =
      kind === "events"
        ? await batches
            .events(batchId, page)
            .then(({ rows, next }) => ({ rows: rows.map((row) => row.event_id), next }))
        : hasRange
          ? await batches
              .messages(batchId, kind, page)
              .then(({ rows, next }) => ({ rows: rows.map((row) => row.message_id), next }))
          : await batches.keys(batchId, kind, page);
    yield* found.rows;
    after = found.next;
  } while (after !== undefined);
}

function messageCsv(message: UserMessage): string {
  const { message_id, to_addr, from_addr, in_reply_to, session_event, content, group } = message;
  const cells = [isoOf(message.timestamp), message_id, to_addr, from_addr, in_reply_to, session_event, content, group];
  return csvLine(cells);
}

function eventCsv(event: TransportEvent): string {
  const nackReason = "nack_reason" in event ? event.nack_reason : null;
  return csvLine([isoOf(event.timestamp), event.event_id, eventStatus(event), event.user_message_id, nackReason]);
}

function isoOf(timestamp: string): string {
  return timestamp.replace(" ", "T");
}

function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
