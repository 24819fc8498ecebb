// Statements over many rows at once, written by hand: building each from parts, as for the rare ones, costs more than running it.
// Row counts are powers of two, so that few different texts have to be prepared.

import type { Compilable, CompiledQuery } from "kysely";
import { CompiledQuery as Compiled } from "kysely";
import type { SqlDialect } from "@switchboard/storage";
import type { Cell } from "./rows.ts";

/** How placeholders look: `?` on SQLite, `$1`, `$2`, … on PostgreSQL. */
export type Placeholder = (index: number) => string;

/** The placeholders of an engine. */
export function placeholderOf(dialect: SqlDialect): Placeholder {
  return dialect === "sqlite" ? () => "?" : (index) => `$${index}`;
}

/** A statement that is complete. */
export function statement(sql: string, parameters: readonly Cell[]): Compilable {
  const query = Compiled.raw(sql, [...parameters]) as CompiledQuery;
  return { compile: () => query };
}

const largest = 64;

/** Splits `items` into runs whose lengths are powers of two, at most 64. */
export function inPowersOfTwo<Item>(items: readonly Item[]): Item[][] {
  const runs: Item[][] = [];
  for (let start = 0; start < items.length;) {
    let size = largest;
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
  readonly #texts = new Map<number, string>();

  /** `write` puts the list of rows, `(?, ?), (?, ?)`, into the statement, and the one value that comes after all of them. */
  constructor(dialect: SqlDialect, write: (rows: string, last: string) => string) {
    this.#placeholder = placeholderOf(dialect);
    this.#write = write;
  }

  /** One statement per run of `rows`. `last` is for statements that want one more value. */
  over(rows: readonly (readonly Cell[])[], last?: Cell): Compilable[] {
    return inPowersOfTwo(rows).map((run) => {
      const values = run.flat();
      if (last !== undefined) values.push(last);
      return statement(this.#textOf(run), values);
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
