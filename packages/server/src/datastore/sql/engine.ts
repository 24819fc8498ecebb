// What the datastore needs from each SQL engine: how a field inside a JSON document is tested, compared and ordered. Each collection is a table
// of two columns, `id` and `data`. sqlite.ts and postgresql.ts say the same things in two dialects; the contract suite holds both against memory.

import type { RawBuilder } from "kysely";
import type { FieldPath } from "../query/path.ts";

/** A condition in SQL. It may be NULL, which counts as false. */
export type Condition = RawBuilder<unknown>;

/** Values that SQL can compare with a field. */
export type Scalar = string | number | boolean | Date;

/** Comparisons by order. */
export type OrderOperator = ">" | ">=" | "<" | "<=";

/** One field of the documents of a table. */
export interface FieldSql {
  /** The field is null or missing. */
  isNull(): Condition;
  /** The field equals one of the values, in type and value. */
  isOneOf(values: readonly Scalar[]): Condition;
  /** The field is of the value's type and stands in this order to it. */
  compare(operator: OrderOperator, value: string | number | Date): Condition;
  /** What to order by, ascending, nulls first: see `SortKey`. Also what an index on the field consists of. */
  orderBy(): readonly RawBuilder<unknown>[];
  /** What a unique index on the field consists of; NULL for a missing field, so that several may lack it. */
  unique(): RawBuilder<unknown>;
}

/** An SQL engine. */
export interface EngineSql {
  /** Type of the `id` column for integer and for text keys. */
  readonly keyColumn: { readonly integer: RawBuilder<unknown>; readonly text: RawBuilder<unknown> };
  /** Type of the `data` column. */
  readonly dataColumn: RawBuilder<unknown>;
  /** The document as text. */
  readonly dataText: RawBuilder<string>;
  /** `column` is one of the items of a JSON array given as text. */
  isIn(column: RawBuilder<unknown>, items: readonly (string | number)[]): Condition;
  /** A parameter holding a document's text, as a value for `data`. */
  data(text: string): RawBuilder<unknown>;
  /** `text` as a value for `data`, with `created_at` taken from the row's present document. */
  dataKeepingCreation(text: string): RawBuilder<unknown>;
  /** The field at `path`; undefined when this engine cannot reach it, and the query has to be answered in memory. */
  field(path: FieldPath): FieldSql | undefined;
  /** Appended to a sort expression. Nulls are first in ascending order, last in descending. */
  direction(descending: boolean): RawBuilder<unknown>;
}

const maxRemembered = 1_000;

/** Remembers the fields that `make` has made, since building their expressions costs more than the rest of a query's preparation. */
export function rememberFields(make: (path: FieldPath) => FieldSql | undefined): EngineSql["field"] {
  const fields = new Map<string, FieldSql | undefined>();
  return (path) => {
    const key = JSON.stringify(path);
    if (!fields.has(key)) {
      if (fields.size >= maxRemembered) fields.clear();
      fields.set(key, make(path));
    }
    return fields.get(key);
  };
}
