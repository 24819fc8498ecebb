// The live list of messages: new rows in batches, at most four a second, only as fast as the reader takes them, saying what it skipped.

import type { Clock } from "@switchboard/core";
import type { MessageFilter, MessageStore } from "@switchboard/messaging/store";
import type { GatewayObserver } from "../observe/gateway-observer.ts";
import { type MessageRow, messageRow } from "./message-rows.ts";
import { MessageWatch } from "./message-watch.ts";

/** One batch. */
export interface TailBatch {
  /** New messages, oldest first. */
  readonly rows: readonly MessageRow[];
  /** Messages that were in the list already, or could be, and have changed. */
  readonly changed: readonly MessageRow[];
  /** New messages that were left out since the last batch because there were too many; matching or not. */
  readonly skipped: number;
}

/** What is wanted, and of whom. */
export interface TailOptions {
  readonly store: MessageStore;
  readonly observer: GatewayObserver;
  readonly clock: Clock;
  readonly filter: MessageFilter;
  readonly maxPerSecond: number;
}

const everyMs = 250;
const maxRemembered = 5_000;

/** Yields batches until the reader stops reading. Nothing is gathered but ids while a batch is on its way. */
export async function* tailMessages(options: TailOptions): AsyncGenerator<TailBatch, void, undefined> {
  const { store, observer, clock, filter, maxPerSecond } = options;
  const watch = new MessageWatch(options, maxRemembered);
  const shown = new Set<string>();
  let allowance = 0;
  try {
    for (;;) {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, everyMs));
      allowance = Math.min(allowance + (maxPerSecond * everyMs) / 1_000, maxPerSecond);
      const news = watch.take(Math.floor(allowance));
      if (news.stored.length + news.changed.length + news.skipped === 0) continue;
      // What a message became is told before it is written, and nobody tells again when it is.
      await observer.flush();
      const found = await rowsOf(store, filter, [...news.stored, ...news.changed]);
      const rows = found.filter(({ id, direction }) => !shown.has(`${direction} ${id}`) && news.stored.includes(id));
      const changed = found.filter((row) => !rows.includes(row));
      allowance -= rows.length;
      for (const { id, direction } of rows) shown.add(`${direction} ${id}`);
      for (const key of shown) {
        if (shown.size <= maxRemembered) break;
        shown.delete(key);
      }
      if (rows.length + changed.length + news.skipped > 0) yield { rows, changed, skipped: news.skipped };
    }
  } finally {
    watch.close();
  }
}

async function rowsOf(store: MessageStore, filter: MessageFilter, ids: readonly string[]): Promise<MessageRow[]> {
  if (ids.length === 0) return [];
  const conditions = [...(filter.conditions ?? []), { field: "id", values: ids } as const];
  const found = await store.read.list({ ...filter, conditions }, 2 * ids.length);
  return found.toReversed().map(messageRow);
}
