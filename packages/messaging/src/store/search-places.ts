// Where in time the messages of a filter can be, the latest first, as far as is known from blocks and texts: so that few messages have to be looked at.

import type { Sql, SqlDialect } from "@switchboard/storage";
import { type RawBuilder, sql } from "kysely";
import { beginningOf } from "./beginnings.ts";
import { facetConditions, mayHave, source } from "./facets.ts";
import { lettersOf, type WantedLetters } from "./letters.ts";
import type { MessageFilter } from "./message-filter.ts";
import { TextParts } from "./text-parts.ts";

/** A time, and another, which is not included. Microseconds since 1970. */
export interface TimeRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** All of time. */
export const always: TimeRange = { fromUs: -4e18, toUs: 4e18 };

// Common values are found in the first few blocks; seldom ones want many at a time.
const firstPage = 16;
const largestPage = 4_096;
// Looking at a message that texts have found costs as much as looking at a dozen in a row.
const timesPerBlock = 16;
const rangesPerStatement = 200;
const fewMessages = 10_000;

type Block = { from_us: number; to_us: number; text_part: number | null; may: number };

/** Tells where messages can be. */
export class SearchPlaces {
  readonly #sql: Sql;
  readonly #texts: TextParts;

  constructor(store: Sql) {
    this.#sql = store;
    this.#texts = new TextParts(store);
  }

  /** Whether anything is known of where the filter's messages are; if not, the database finds them by itself as well. */
  async isKnown(filter: MessageFilter): Promise<boolean> {
    if (isIndexed(filter)) return false;
    if (this.beginningOf(filter) !== undefined) return true;
    return facetConditions(filter).length > 0 || (await this.#lettersOf(filter)) !== undefined;
  }

  /** As {@link beginningOf}, where that is of use. */
  beginningOf(filter: MessageFilter): RawBuilder<unknown> | undefined {
    return this.#sql.dialect === "sqlite" ? beginningOf(filter) : undefined;
  }

  /** Yields ranges of time, the latest first, none of which has messages later than those of the one before it. */
  async *of(filter: MessageFilter): AsyncGenerator<readonly TimeRange[], void, undefined> {
    const few = await this.#fewOf(filter);
    if (few !== undefined) {
      yield few;
      return;
    }
    const { fromUs = always.fromUs, toUs = always.toUs } = filter;
    const letters = await this.#lettersOf(filter);
    // Texts tell where one or two letters are only by going through all that they know of them, which those that many have are not worth.
    const isShort = letters !== undefined && "begin" in letters;
    const may = mayHave(filter);
    let end = toUs;
    for (let size = firstPage; end > fromUs; size = isShort ? largestPage : Math.min(2 * size, largestPage)) {
      const blocks = await this.#blocks({ fromUs, toUs: end }, may, size);
      const last = blocks.at(-1);
      const start = last === undefined || blocks.length < size ? fromUs : Math.max(fromUs, last.from_us);
      const asked = isShort && size === firstPage ? undefined : letters;
      const ranges = await this.#ranges(blocks, { fromUs: start, toUs: end }, asked);
      if (ranges.length > 0) yield ranges;
      end = start;
    }
  }

  /** Where the messages are that begin as the filter says, unless they are many. */
  async #fewOf(filter: MessageFilter): Promise<TimeRange[] | undefined> {
    const beginning = this.beginningOf(filter);
    if (beginning === undefined) return undefined;
    const { rows } = await sql<{
      ts_us: number;
    }>`SELECT m.ts_us FROM messages m WHERE ${beginning} LIMIT ${fewMessages + 1}`.execute(this.#sql.db);
    if (rows.length > fewMessages) return undefined;
    const { fromUs = always.fromUs, toUs = always.toUs } = filter;
    const times = new Set(rows.map(({ ts_us }) => ts_us).filter((at) => at >= fromUs && at < toUs));
    return [...times].toSorted((one, other) => other - one).map((at) => ({ fromUs: at, toUs: at + 1 }));
  }

  async #lettersOf(filter: MessageFilter): Promise<WantedLetters | undefined> {
    const letters = lettersOf(filter);
    return letters !== undefined && (await this.#texts.isThere()) ? letters : undefined;
  }

  async #blocks({ fromUs, toUs }: TimeRange, may: RawBuilder<unknown>, size: number): Promise<readonly Block[]> {
    const first = sql`coalesce((SELECT max(from_us) FROM message_blocks WHERE from_us <= ${fromUs}), ${fromUs})`;
    const { rows } =
      await sql<Block>`SELECT b.from_us, b.to_us, b.text_part, CASE WHEN ${may} THEN 1 ELSE 0 END AS may FROM message_blocks b
      WHERE b.from_us >= ${first} AND b.from_us < ${toUs} ORDER BY b.from_us DESC LIMIT ${size}`.execute(this.#sql.db);
    return rows;
  }

  /** What of `within` is in blocks that may have some, or in none; where texts know better, single times. */
  async #ranges(blocks: readonly Block[], within: TimeRange, letters?: WantedLetters): Promise<TimeRange[]> {
    const ranges = new Ranges();
    const known: Block[] = [];
    let end = within.toUs;
    for (const block of blocks) {
      if (block.to_us < end) ranges.add(block.to_us, end);
      const fromUs = Math.max(block.from_us, within.fromUs);
      if (block.may === 1 && letters !== undefined && block.text_part !== null) known.push(block);
      else if (block.may === 1) ranges.add(fromUs, Math.min(end, block.to_us));
      end = fromUs;
    }
    if (end > within.fromUs) ranges.add(within.fromUs, end);
    if (letters === undefined || known.length === 0) return ranges.list;
    const parts = new Set(known.flatMap(({ text_part }) => (text_part === null ? [] : [text_part])));
    const wanted = { range: within, limit: timesPerBlock * known.length };
    const times = await this.#texts.times([...parts], letters, wanted);
    if (times !== undefined) {
      return [...ranges.list, ...rangesAt(times, known)].toSorted((one, other) => other.fromUs - one.fromUs);
    }
    for (const { from_us, to_us } of known) ranges.add(Math.max(from_us, within.fromUs), Math.min(to_us, within.toUs));
    return ranges.list;
  }
}

/** Ranges as statements take them: few in each. A long one is by itself, so that it can be read in its order. */
export function runsOf(ranges: readonly TimeRange[]): TimeRange[][] {
  const runs: TimeRange[][] = [];
  for (let start = 0; start < ranges.length; start += rangesPerStatement)
    runs.push(ranges.slice(start, start + rangesPerStatement));
  return runs;
}

/** What comes behind `FROM` to have the messages of these ranges as `m` and what is known of them as `f`; conditions can be added by `AND`. */
export function inRanges(ranges: readonly TimeRange[], dialect: SqlDialect): RawBuilder<unknown> {
  const [only, ...others] = ranges;
  if (only !== undefined && others.length === 0) {
    return sql`${source} WHERE m.ts_us >= ${only.fromUs} AND m.ts_us < ${only.toUs}`;
  }
  const rows = ranges.map(({ fromUs, toUs }) => sql`(CAST(${fromUs} AS BIGINT), CAST(${toUs} AS BIGINT))`);
  const values = sql`(VALUES ${sql.join(rows)}) AS r`;
  // Only thus do they begin with the ranges, which are few: PostgreSQL takes each for a large part of all messages, but leaves a subquery with OFFSET alone.
  if (dialect === "sqlite") {
    return sql`${values} CROSS JOIN ${source} WHERE m.ts_us >= r.column1 AND m.ts_us < r.column2`;
  }
  return sql`${values}
    CROSS JOIN LATERAL (SELECT * FROM messages WHERE ts_us >= r.column1 AND ts_us < r.column2 OFFSET 0) AS m
    LEFT JOIN LATERAL (SELECT * FROM message_facts WHERE direction = m.direction AND message_id = m.message_id OFFSET 0) AS f ON 1 = 1
    WHERE 1 = 1`;
}

/** Ranges of time from the latest to the earliest; those that touch are one. */
class Ranges {
  readonly list: TimeRange[] = [];

  add(fromUs: number, toUs: number): void {
    const last = this.list.at(-1);
    if (last?.fromUs === toUs) this.list[this.list.length - 1] = { fromUs, toUs: last.toUs };
    else if (fromUs < toUs) this.list.push({ fromUs, toUs });
  }
}

/** The times that are in one of the blocks; both are given from the latest to the earliest. Texts may know of messages of other blocks, too. */
function rangesAt(times: readonly number[], blocks: readonly Block[]): TimeRange[] {
  const found: TimeRange[] = [];
  let index = 0;
  for (const at of times) {
    while ((blocks[index]?.from_us ?? always.fromUs) > at) index += 1;
    if (at < (blocks[index]?.to_us ?? always.fromUs)) found.push({ fromUs: at, toUs: at + 1 });
  }
  return found;
}

/** What is asked by these has an index of its own. */
function isIndexed({ conditions = [] }: MessageFilter): boolean {
  return conditions.some(
    ({ field, values, not = false }) =>
      !not &&
      (field === "id" || field === "person" || field === "reply") &&
      values.every((value) => !value.endsWith("*")),
  );
}
