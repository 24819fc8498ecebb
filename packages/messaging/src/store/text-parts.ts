// SQLite's index of texts, by every three letters in a row: full-text tables without content, each over some hundred thousand messages, made afterwards and
// dropped whole when none of them is kept any more (taking messages out of such a table one by one costs more than putting them in). A row
// stands for all messages of one microsecond. What is found may be there; whether it is, the messages themselves say.

import type { Sql, SqlStatement } from "@switchboard/storage";
import { type RawBuilder, sql } from "kysely";
import type { WantedLetters } from "./letters.ts";
import type { TimeRange } from "./search-places.ts";

/** How many blocks one part has. */
export const blocksPerPart = 512;
const prefix = "message_texts_";
// The same table once more, as its threes of letters in their order; it takes no room.
const orderPrefix = "message_letters_";

/** The texts of one database. On PostgreSQL there are none; see postgresql-indexes.ts. */
export class TextParts {
  readonly #sql: Sql;
  #isThere: Promise<boolean> | undefined;

  constructor(store: Sql) {
    this.#sql = store;
  }

  /** True where SQLite was built with full-text search, which it is not in some releases of Node 22. */
  isThere(): Promise<boolean> {
    this.#isThere ??= this.#find();
    return this.#isThere;
  }

  async #find(): Promise<boolean> {
    if (this.#sql.dialect !== "sqlite") return false;
    const { rows } = await sql`SELECT name FROM pragma_module_list WHERE name = 'fts5'`.execute(this.#sql.db);
    return rows.length > 0;
  }

  /** The statements that put the texts of the messages between two times into a part. */
  add(part: number, { fromUs, toUs }: TimeRange): SqlStatement[] {
    const table = `${prefix}${part}`;
    return [
      {
        sql: `CREATE VIRTUAL TABLE IF NOT EXISTS ${table} USING fts5 (texts, content = '', columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1')`,
        parameters: [],
      },
      {
        sql: `CREATE VIRTUAL TABLE IF NOT EXISTS ${orderPrefix}${part} USING fts5vocab ('${table}', 'instance')`,
        parameters: [],
      },
      // With two more letters at its end each letter of a text is the first of three.
      {
        sql: `INSERT INTO ${table} (rowid, texts)
          SELECT ts_us, group_concat(search_text, char(10)) || char(10, 10) FROM messages WHERE ts_us >= ? AND ts_us < ? GROUP BY ts_us`,
        parameters: [fromUs, toUs],
      },
    ];
  }

  /** Times between two at which a message may be that has the letters, the latest first; undefined when they are more than `limit`. */
  async times(
    parts: readonly number[],
    letters: WantedLetters,
    { range, limit }: TimesWanted,
  ): Promise<number[] | undefined> {
    const found = parts.map((part) => timesIn(part, letters, range));
    const query = sql<{ at_us: number }>`SELECT at_us FROM (${sql.join(found, sql` UNION ALL `)}) LIMIT ${limit + 1}`;
    const rows = await query.execute(this.#sql.db).then(
      (result) => result.rows,
      (error: unknown) => {
        // A part was dropped since: what was in it is gone as well.
        if (error instanceof Error && error.message.includes("no such table")) return undefined;
        throw error;
      },
    );
    if (rows === undefined || rows.length > limit) return undefined;
    return [...new Set(rows.map(({ at_us }) => at_us))].toSorted((a, b) => b - a);
  }

  /** Drops the parts that no block refers to, except for the one that is being filled. */
  async dropUnused(current: number): Promise<void> {
    const { rows } = await sql<{
      part: string;
    }>`SELECT substr(name, ${prefix.length + 1}) AS part FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'
      AND substr(name, 1, ${prefix.length}) = ${prefix}
      AND CAST(substr(name, ${prefix.length + 1}) AS INTEGER) <> ${current}
      AND CAST(substr(name, ${prefix.length + 1}) AS INTEGER) NOT IN (SELECT text_part FROM message_blocks WHERE text_part IS NOT NULL)`.execute(
      this.#sql.db,
    );
    for (const { part } of rows) {
      await this.#sql.batch([
        { sql: `DROP TABLE IF EXISTS ${orderPrefix}${part}`, parameters: [] },
        { sql: `DROP TABLE IF EXISTS ${prefix}${part}`, parameters: [] },
      ]);
    }
  }
}

/** Which times are wanted. */
export interface TimesWanted {
  readonly range: TimeRange;
  readonly limit: number;
}

function timesIn(part: number, letters: WantedLetters, { fromUs, toUs }: TimeRange): RawBuilder<unknown> {
  if ("match" in letters) {
    const table = sql.table(`${prefix}${part}`);
    // Full-text tables look up whole numbers only; as parameters all are fractions.
    return sql`SELECT rowid AS at_us FROM ${table} WHERE ${table} MATCH ${letters.match} AND rowid >= CAST(${fromUs} AS INTEGER) AND rowid < CAST(${toUs} AS INTEGER)`;
  }
  const { begin } = letters;
  return sql`SELECT doc AS at_us FROM ${sql.table(`${orderPrefix}${part}`)}
    WHERE term >= ${begin} AND term <= ${`${begin}\u{10ffff}\u{10ffff}`} AND doc >= ${fromUs} AND doc < ${toUs}`;
}
