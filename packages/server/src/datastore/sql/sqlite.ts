// Fields of JSON documents in SQLite (https://www.sqlite.org/json1.html).

import { formatDate } from "@switchboard/protocol";
import { type RawBuilder, sql } from "kysely";
import { arrayIndex, type FieldPath } from "../query/path.ts";
import {
  type Condition,
  type EngineSql,
  type FieldSql,
  type OrderOperator,
  rememberFields,
  type Scalar,
} from "./engine.ts";

// A numeric segment means an array's index or an object's member, which SQLite's paths tell apart; so each doubles the expressions.
const maxNumericSegments = 2;

/** SQLite. */
export const sqliteEngine: EngineSql = {
  keyColumn: { integer: sql`INTEGER`, text: sql`TEXT` },
  dataColumn: sql`TEXT`,
  dataText: sql<string>`data`,
  isIn: (column, items) => sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(items)}))`,
  data: (text) => sql`${text}`,
  dataKeepingCreation: (text) => sql`json_set(${text}, '$.created_at', data -> '$.created_at')`,
  field: rememberFields((path) => {
    const variants = jsonPaths(path);
    return variants.length > 2 ** maxNumericSegments ? undefined : new SqliteField(variants);
  }),
  direction: (descending) => (descending ? sql`DESC` : sql`ASC`),
};

class SqliteField implements FieldSql {
  /** `null`, `true`, `false`, `integer`, `real`, `text`, `array`, `object`; NULL when missing. */
  readonly #type: RawBuilder<unknown>;
  /** The field as JSON text: equal texts are equal values of equal types. */
  readonly #json: RawBuilder<unknown>;
  /** Sort key: numbers (false 0, true 1), texts, times as text; NULL for all else. SQLite orders NULL < numbers < texts by bytes. */
  readonly #key: RawBuilder<unknown>;

  constructor(paths: readonly string[]) {
    this.#type = coalesce(paths.map((path) => sql`json_type(data, ${sql.lit(path)})`));
    this.#json = coalesce(paths.map((path) => sql`data -> ${sql.lit(path)}`));
    this.#key = coalesce(
      paths.map(
        (path) =>
          sql`CASE json_type(data, ${sql.lit(path)}) WHEN 'object' THEN data ->> ${sql.lit(`${path}."$date"`)} WHEN 'array' THEN NULL ELSE data ->> ${sql.lit(path)} END`,
      ),
    );
  }

  isNull(): Condition {
    return sql`(${this.#key} IS NULL AND coalesce(${this.#type}, 'null') = 'null')`;
  }

  isOneOf(values: readonly Scalar[]): Condition {
    const [only] = values;
    if (values.length === 1 && only !== undefined) {
      return sql`(${this.#key} = ${keyOf(only)} AND ${this.#json} = ${jsonOf(only)})`;
    }
    const keys = JSON.stringify(values.map((value) => (value instanceof Date ? formatDate(value) : value)));
    const json = JSON.stringify(values.map(jsonOf));
    // The keys for the index, the JSON texts for the types.
    return sql`(${this.#key} IN (SELECT value FROM json_each(${keys})) AND ${this.#json} IN (SELECT value FROM json_each(${json})))`;
  }

  compare(operator: OrderOperator, value: string | number | Date): Condition {
    const comparison = sql`${this.#key} ${sql.raw(operator)} ${keyOf(value)}`;
    // The second condition keeps the walk through an index inside of numbers or texts: all numbers are below the empty text.
    if (typeof value === "number") {
      return sql`(${comparison} AND ${this.#key} < '' AND ${this.#type} IN ('integer', 'real'))`;
    }
    return sql`(${comparison} AND ${this.#key} >= '' AND ${this.#type} = ${sql.lit(value instanceof Date ? "object" : "text")})`;
  }

  orderBy(): readonly RawBuilder<unknown>[] {
    return [this.#key];
  }

  unique(): RawBuilder<unknown> {
    return sql`nullif(${this.#json}, 'null')`;
  }
}

/** A value as the sort key's expression would give it. Numbers go through SQLite's JSON reader, as those in documents do, so that both are rounded alike. */
function keyOf(value: Scalar): RawBuilder<unknown> {
  if (typeof value === "string") return sql`${value}`;
  if (value instanceof Date) return sql`${formatDate(value)}`;
  return sql`(${JSON.stringify(value)} ->> '$')`;
}

function jsonOf(value: Scalar): string {
  return JSON.stringify(value instanceof Date ? { $date: formatDate(value) } : value);
}

function coalesce(expressions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  const [only] = expressions;
  return expressions.length === 1 && only !== undefined ? sql`(${only})` : sql`coalesce(${sql.join(expressions)})`;
}

/** All readings of a path, as SQLite writes them: `$."a"."b"`, and `$."a"[0]` beside `$."a"."0"`. */
function jsonPaths(path: FieldPath): string[] {
  let paths = ["$"];
  for (const segment of path) {
    const index = arrayIndex(segment);
    const member = `.${JSON.stringify(segment)}`;
    paths = paths.flatMap((start) => (index === undefined ? [start + member] : [`${start}[${index}]`, start + member]));
    if (paths.length > 2 ** maxNumericSegments) break;
  }
  return paths;
}
