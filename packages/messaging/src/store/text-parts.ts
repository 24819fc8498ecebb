// SQLite's index of texts, by every three letters in a row: full-text tables without content, each over some ten thousand messages, made afterwards and
// dropped whole when none of them is kept any more (taking messages out of such a table one by one costs more than putting them in). A row
// stands for all messages of one microsecond. What is found may be there; whether it is, the messages themselves say.

import type { Sql, SqlStatement } from "@switchboard/storage";
import { sql } from "kysely";
import type { MessageFilter } from "./message-filter.ts";
import { searchable } from "./rows.ts";
import type { TimeRange } from "./search-places.ts";

/** How many blocks one part has. */
export const blocksPerPart = 512;
const prefix = "message_texts_";
const maxLetters = 40;

/** The texts of one database. On PostgreSQL there are none; see trigram-index.ts. */
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
        sql: `CREATE VIRTUAL TABLE IF NOT EXISTS ${table} USING fts5 (texts, content = '', columnsize = 0, detail = none, tokenize = 'trigram')`,
        parameters: [],
      },
      {
        sql: `INSERT INTO ${table} (rowid, texts) SELECT ts_us, group_concat(search_text, char(10)) FROM messages WHERE ts_us >= ? AND ts_us < ? GROUP BY ts_us`,
        parameters: [fromUs, toUs],
      },
    ];
  }

  /** Times between two at which a message may be that has the letters, the latest first; undefined when they are more than `limit`. */
  async times(parts: readonly number[], letters: string, { range, limit }: TimesWanted): Promise<number[] | undefined> {
    // Full-text tables look up whole numbers only; as parameters all are fractions.
    const found = parts.map((part) => {
      const table = sql.table(`${prefix}${part}`);
      return sql`SELECT rowid AS at_us FROM ${table} WHERE ${table} MATCH ${letters} AND rowid >= CAST(${range.fromUs} AS INTEGER) AND rowid < CAST(${range.toUs} AS INTEGER)`;
    });
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
      name: string;
    }>`SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'
      AND substr(name, 1, ${prefix.length}) = ${prefix}
      AND CAST(substr(name, ${prefix.length + 1}) AS INTEGER) <> ${current}
      AND CAST(substr(name, ${prefix.length + 1}) AS INTEGER) NOT IN (SELECT text_part FROM message_blocks WHERE text_part IS NOT NULL)`.execute(
      this.#sql.db,
    );
    for (const { name } of rows) await this.#sql.batch([{ sql: `DROP TABLE IF EXISTS ${name}`, parameters: [] }]);
  }
}

/** Which times are wanted. */
export interface TimesWanted {
  readonly range: TimeRange;
  readonly limit: number;
}

/** What a filter asks of the texts, for {@link TextParts.times}; undefined where it asks for nothing of three letters or more. */
export function lettersOf({ text = [] }: MessageFilter): string | undefined {
  const triples = new Set<string>();
  for (const { value, not = false } of text) {
    if (not) continue;
    const letters = Array.from(searchable(value)).slice(0, maxLetters);
    for (let index = 0; index + 3 <= letters.length; index++) triples.add(letters.slice(index, index + 3).join(""));
  }
  if (triples.size === 0) return undefined;
  return [...triples].map((triple) => `"${triple.replaceAll('"', '""')}"`).join(" AND ");
}
