// Marks blocks as not right any more, in the transaction that changes something of their messages. Nearly always that is a message so new that no
// block has it, and then these statements find nothing, at the price of one look at the end of an index.

import { RecentMap } from "@switchboard/core";
import type { SqlDialect, SqlStatement } from "@switchboard/storage";
import type { UserMessage } from "../message/user-message.ts";
import { type Cell, clean, type StoredDirection, timestampUs } from "./rows.ts";
import { RowStatement, withPlaceholders } from "./statements.ts";

/** Times within this are marked as one. */
const nearUs = 10_000_000;
const remembered = 10_000;

/** Which message something is learnt of. */
export interface MessageKey {
  readonly direction: StoredDirection;
  readonly message_id: string;
}

/** Makes the statements, remembering the times of the messages that were stored last. */
export class BlockMarks {
  readonly #times = {
    inbound: new RecentMap<string, number>(remembered),
    outbound: new RecentMap<string, number>(remembered),
  };
  readonly #storedText: string;
  readonly #learntText: string;
  readonly #unknownText: string;
  readonly #again: RowStatement | undefined;

  constructor(dialect: SqlDialect) {
    const within = `from_us >= coalesce((SELECT max(from_us) FROM message_blocks WHERE from_us <= ?), ?) AND from_us <= ? AND to_us > ?`;
    const time = `(SELECT ts_us FROM messages WHERE direction = ? AND message_id = ?)`;
    const statementOf = (set: string, where: string): string =>
      withPlaceholders(`UPDATE message_blocks SET ${set} WHERE ${where}`, dialect);
    this.#storedText = statementOf("is_counted = 0, text_part = NULL", within);
    this.#learntText = statementOf("is_counted = 0", `${within} AND is_counted = 1`);
    this.#unknownText = statementOf(
      "is_counted = 0",
      `from_us = (SELECT max(from_us) FROM message_blocks WHERE from_us <= ${time}) AND is_counted = 1`,
    );
    // With SQLite a trigger does it.
    if (dialect === "sqlite") return;
    this.#again = new RowStatement(
      dialect,
      (rows) =>
        `UPDATE message_blocks SET is_counted = 0, text_part = NULL WHERE from_us IN (SELECT (SELECT max(b.from_us) FROM message_blocks b ` +
        `WHERE b.from_us <= m.ts_us) FROM messages m WHERE (m.direction, m.message_id) IN (VALUES ${rows}))`,
    );
  }

  /** For messages that are about to be stored: those that are there already may move to another time. */
  storedAgain(keys: readonly (readonly Cell[])[]): SqlStatement[] {
    return this.#again?.over(keys) ?? [];
  }

  /** For messages that have been stored: they are in no block yet, and blocks of their time do not know them. */
  stored(messages: readonly { readonly direction: StoredDirection; readonly message: UserMessage }[]): SqlStatement[] {
    const times = messages.map(({ direction, message }) => {
      const at = timestampUs(message.timestamp);
      this.#times[direction].set(message.message_id, at);
      return at;
    });
    return marks(this.#storedText, times);
  }

  /** For messages that something is learnt of: they count as something else now. */
  learnt(keys: readonly MessageKey[]): SqlStatement[] {
    const times: number[] = [];
    const statements: SqlStatement[] = [];
    for (const { direction, message_id } of keys) {
      const at = this.#times[direction].get(message_id);
      if (at !== undefined) times.push(at);
      else statements.push({ sql: this.#unknownText, parameters: [direction, clean(message_id)] });
    }
    statements.push(...marks(this.#learntText, times));
    return statements;
  }

  /** For messages between two times, of which some are gone. */
  gone(fromUs: number, toUs: number): SqlStatement {
    return mark(this.#learntText, fromUs, toUs);
  }
}

/** As few statements as there are times that are not near each other; nearly always one. */
function marks(text: string, times: readonly number[]): SqlStatement[] {
  if (times.length === 0) return [];
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const at of times) {
    if (at < first) first = at;
    if (at > last) last = at;
  }
  if (last - first <= nearUs) return [mark(text, first, last)];
  const statements: SqlStatement[] = [];
  const sorted = times.toSorted((one, other) => one - other);
  for (const [index, at] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined && next - at <= nearUs) continue;
    statements.push(mark(text, first, at));
    first = next ?? at;
  }
  return statements;
}

function mark(text: string, fromUs: number, toUs: number): SqlStatement {
  return { sql: text, parameters: [fromUs, fromUs, toUs, fromUs] };
}
