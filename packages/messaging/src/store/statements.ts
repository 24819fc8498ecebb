// Statements over many rows at once, written by hand: building each from parts, as for the rare ones, costs more than running it.
// Row counts are powers of two, so that few different texts have to be prepared.

import type { SqlDialect, SqlStatement } from "@switchboard/storage";
import type { Cell } from "./rows.ts";

/** How placeholders look: `?` on SQLite, `$1`, `$2`, … on PostgreSQL. */
export type Placeholder = (index: number) => string;

/** The placeholders of an engine. */
export function placeholderOf(dialect: SqlDialect): Placeholder {
  return dialect === "sqlite" ? () => "?" : (index) => `$${index}`;
}

const largestRun = 64;

/** Splits `items` into runs whose lengths are powers of two, at most 64. */
export function inPowersOfTwo<Item>(items: readonly Item[]): Item[][] {
  const runs: Item[][] = [];
  for (let start = 0; start < items.length;) {
    let size = largestRun;
    while (size > items.length - start) size /= 2;
    runs.push(items.slice(start, start + size));
    start += size;
  }
  return runs;
}

/** Makes statements over rows of one shape, keeping their texts. */
export class RowStatement {
  readonly #placeholder: Placeholder;
  readonly #write: (rows: string, last: string) => string;
  readonly #largest: number;
  readonly #texts = new Map<number, string>();

  /**
   * `write` puts the list of rows, `(?, ?), (?, ?)`, into the statement, and the one value that comes after all of them. With `isInsert` the rows
   * are what it inserts: SQLite then gets a statement for each, which it runs quicker, since it need not be able to undo half of one.
   */
  constructor(dialect: SqlDialect, write: (rows: string, last: string) => string, isInsert = false) {
    this.#placeholder = placeholderOf(dialect);
    this.#write = write;
    this.#largest = isInsert && dialect === "sqlite" ? 1 : largestRun;
  }

  /** One statement per run of `rows`. `last` is for statements that want one more value. */
  over(rows: readonly (readonly Cell[])[], last?: Cell): SqlStatement[] {
    if (this.#largest === 1) return rows.map((row) => ({ sql: this.#textOf([row]), parameters: row }));
    return inPowersOfTwo(rows).map((run) => {
      const values: Cell[] = [];
      for (const row of run) values.push(...row);
      if (last !== undefined) values.push(last);
      return { sql: this.#textOf(run), parameters: values };
    });
  }

  #textOf(run: readonly (readonly Cell[])[]): string {
    const width = run[0]?.length ?? 0;
    const known = this.#texts.get(run.length);
    if (known !== undefined) return known;
    let index = 0;
    const row = (): string => `(${Array.from({ length: width }, () => this.#placeholder(++index)).join(", ")})`;
    const rows = run.map(row).join(", ");
    const text = this.#write(rows, this.#placeholder(index + 1));
    this.#texts.set(run.length, text);
    return text;
  }
}

/** A statement written with `?`, as the engine wants it. */
export function withPlaceholders(sql: string, dialect: SqlDialect): string {
  if (dialect === "sqlite") return sql;
  let index = 0;
  return sql.replaceAll("?", () => `$${++index}`);
}
