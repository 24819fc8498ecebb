// Messages as a file: CSV as Vumi's export writes it, or one JSON object per line. Read from the store page by page, as fast as it is taken.

import type { ListPosition, MessageFilter, MessageStore, StoredMessage } from "@switchboard/messaging/store";

const columns = [
  "timestamp",
  "message_id",
  "to_addr",
  "from_addr",
  "in_reply_to",
  "session_event",
  "content",
  "group",
  "direction",
  "transport_name",
  "state",
] as const;

const pageSize = 500;

/** Yields chunks of the file, newest message first; tells `onRows` how many messages each has. */
export async function* exportMessages(
  store: MessageStore,
  filter: MessageFilter,
  { format, onRows }: { readonly format: "csv" | "json"; readonly onRows?: (rows: number) => void },
): AsyncGenerator<string, void, undefined> {
  if (format === "csv") yield `${columns.join(",")}\r\n`;
  let before: ListPosition | undefined;
  for (;;) {
    const page = await store.read.list(filter, pageSize, before);
    const last = page.at(-1);
    if (last === undefined) return;
    onRows?.(page.length);
    yield page.map(format === "csv" ? csvLine : jsonLine).join("");
    if (page.length < pageSize) return;
    before = { tsUs: last.tsUs, messageId: last.message.message_id };
  }
}

function jsonLine({ message, direction, state }: StoredMessage): string {
  return `${JSON.stringify({ ...message, direction, state })}\n`;
}

function csvLine({ message, direction, state }: StoredMessage): string {
  const timestamp = message.timestamp.replace(" ", "T");
  const cells = columns.map((column) => ({ ...message, timestamp, direction, state })[column]);
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** Quoted only where needed; a leading `=`, `+`, `-` or `@` could be run as a formula by a spreadsheet, unless it begins a number. */
function csvCell(value: string | null): string {
  const text = value ?? "";
  const safe = /^[=@\t\r]|^[+-](?!\d+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
