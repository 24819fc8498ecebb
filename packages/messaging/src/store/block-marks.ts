// Marks blocks as not right any more, in the transaction that changes something of their messages. Nearly always that is a message so new that no
// block has it, and then these statements find nothing, at the price of one look at the end of an index.

import { RecentMap } from "@switchboard/core";
import type { SqlDialect } from "@switchboard/storage";
import type { Compilable } from "kysely";
import type { UserMessage } from "../message/user-message.ts";
import { type Cell, clean, type StoredDirection, timestampUs } from "./rows.ts";
import { RowStatement, statement, withPlaceholders } from "./statements.ts";

/** Times within this are marked as one. */
const nearUs = 10_000_000;
const remembered = 20_000;

/** Which message something is learnt of. */
export interface MessageKey {
  readonly direction: StoredDirection;
  readonly message_id: string;
}

/** Makes the statements, remembering the times of the messages that were stored last. */
export class BlockMarks {
  readonly #times = new RecentMap<string, number>(remembered);
  readonly #storedText: string;
  readonly #learntText: string;
  readonly #unknownText: string;
  readonly #again: RowStatement;

  constructor(dialect: SqlDialect) {
    const within = `from_us >= coalesce((SELECT max(from_us) FROM message_blocks WHERE from_us <= ?), ?) AND from_us <= ? AND to_us > ?`;
    const time = `(SELECT ts_us FROM messages WHERE direction = ? AND message_id = ?)`;
    this.#storedText = withPlaceholders(
      `UPDATE message_blocks SET is_counted = 0, text_part = NULL WHERE ${within}`,
      dialect,
    );
    this.#learntText = withPlaceholders(
      `UPDATE message_blocks SET is_counted = 0 WHERE ${within} AND is_counted = 1`,
      dialect,
    );
    this.#unknownText = withPlaceholders(
      `UPDATE message_blocks SET is_counted = 0 WHERE from_us = (SELECT max(from_us) FROM message_blocks WHERE from_us <= ${time}) AND is_counted = 1`,
      dialect,
    );
    this.#again = new RowStatement(
      dialect,
      (rows) =>
        `UPDATE message_blocks SET is_counted = 0, text_part = NULL WHERE from_us IN (SELECT (SELECT max(b.from_us) FROM message_blocks b ` +
        `WHERE b.from_us <= m.ts_us) FROM messages m WHERE (m.direction, m.message_id) IN (VALUES ${rows}))`,
    );
  }

  /** For messages that are about to be stored: those that are there already may move to another time. */
  storedAgain(keys: readonly (readonly Cell[])[]): Compilable[] {
    return this.#again.over(keys);
  }

  /** For messages that have been stored: they are in no block yet, and blocks of their time do not know them. */
  stored(messages: readonly { readonly direction: StoredDirection; readonly message: UserMessage }[]): Compilable[] {
    const times = messages.map(({ direction, message }) => {
      const at = timestampUs(message.timestamp);
      this.#times.set(keyOf(direction, message.message_id), at);
      return at;
    });
    return this.#marks(this.#storedText, times);
  }

  /** For messages that something is learnt of: they count as something else now. */
  learnt(keys: readonly MessageKey[]): Compilable[] {
    const times: number[] = [];
    const unknown: Compilable[] = [];
    for (const { direction, message_id } of keys) {
      const at = this.#times.get(keyOf(direction, message_id));
      if (at !== undefined) times.push(at);
      else unknown.push(statement(this.#unknownText, [direction, clean(message_id)]));
    }
    return [...unknown, ...this.#marks(this.#learntText, times)];
  }

  /** For messages between two times, of which some are gone. */
  gone(fromUs: number, toUs: number): Compilable {
    return statement(this.#learntText, [fromUs, fromUs, toUs, fromUs]);
  }

  #marks(text: string, times: readonly number[]): Compilable[] {
    const statements: Compilable[] = [];
    const sorted = times.toSorted((first, second) => first - second);
    let from = sorted[0];
    for (const [index, at] of sorted.entries()) {
      const next = sorted[index + 1];
      if (from === undefined || (next !== undefined && next - at <= nearUs)) continue;
      const values: Cell[] = [from, from, at, from];
      statements.push(statement(text, values));
      from = next;
    }
    return statements;
  }
}

function keyOf(direction: StoredDirection, messageId: string): string {
  return `${direction} ${messageId}`;
}
