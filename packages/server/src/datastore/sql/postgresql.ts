// Fields of JSON documents in PostgreSQL, whose `jsonb` knows types but orders texts by the database's language; so texts are compared as
// text in the "C" collation, which is by bytes.

import { formatDate } from "@switchboard/protocol";
import { type RawBuilder, sql } from "kysely";
import { arrayIndex, type FieldPath } from "../query/path.ts";
import type { Condition, EngineSql, FieldSql, OrderOperator, Scalar } from "./engine.ts";

/** PostgreSQL. */
export const postgresqlEngine: EngineSql = {
  keyColumn: { integer: sql`bigint`, text: sql`text COLLATE "C"` },
  dataColumn: sql`jsonb`,
  dataText: sql<string>`data::text`,
  isIn(column, items) {
    const json = JSON.stringify(items);
    return typeof items[0] === "number"
      ? sql`${column} = ANY(ARRAY(SELECT jsonb_array_elements(${json}::jsonb)::bigint))`
      : sql`${column} = ANY(ARRAY(SELECT jsonb_array_elements_text(${json}::jsonb)))`;
  },
  data: (text) => sql`${text}::jsonb`,
  dataKeepingCreation: (text) => sql`${text}::jsonb || jsonb_build_object('created_at', data -> 'created_at')`,
  field: (path) => new PostgresqlField(path),
  direction: (descending) => (descending ? sql`DESC NULLS LAST` : sql`ASC NULLS FIRST`),
};

class PostgresqlField implements FieldSql {
  readonly #json: RawBuilder<unknown>;
  readonly #type: RawBuilder<unknown>;
  /** Texts, and times as text; NULL for all else. */
  readonly #text: RawBuilder<unknown>;
  /** Numbers, and false and true as 0 and 1; NULL for all else. */
  readonly #number: RawBuilder<unknown>;

  constructor(path: FieldPath) {
    const json = jsonAt(path);
    this.#json = sql`(${json})`;
    this.#type = sql`jsonb_typeof(${json})`;
    this.#text = sql`((CASE jsonb_typeof(${json}) WHEN 'string' THEN (${json}) #>> '{}' WHEN 'object' THEN (${json}) ->> '$date' END) COLLATE "C")`;
    this.#number = sql`(CASE jsonb_typeof(${json}) WHEN 'number' THEN (${json})::numeric WHEN 'boolean' THEN (${json})::boolean::int::numeric END)`;
  }

  isNull(): Condition {
    return sql`(${this.#text} IS NULL AND ${this.#number} IS NULL AND coalesce(${this.#type}, 'null') = 'null')`;
  }

  isOneOf(values: readonly Scalar[]): Condition {
    const texts = values.filter((value) => typeof value === "string" || value instanceof Date);
    const numbers = values.filter((value) => typeof value === "number" || typeof value === "boolean");
    return sql`(${sql.join([this.#isOneOfTexts(texts), this.#isOneOfNumbers(numbers)], sql` OR `)})`;
  }

  // In both, the first condition is for the index, the second for the types.
  #isOneOfTexts(values: readonly (string | Date)[]): Condition {
    if (values.length === 0) return sql`FALSE`;
    const keys = values.map((value) => (value instanceof Date ? formatDate(value) : value));
    const [only] = values;
    if (values.length === 1 && only !== undefined) {
      return sql`(${this.#text} = ${keys[0]} AND ${this.#json} = ${jsonOf(only)}::jsonb)`;
    }
    return sql`(${this.#text} = ANY(ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb))) AND ${this.#isOneOfJson(values)})`;
  }

  #isOneOfNumbers(values: readonly (number | boolean)[]): Condition {
    if (values.length === 0) return sql`FALSE`;
    const keys = JSON.stringify(values.map(Number));
    return sql`(${this.#text} IS NULL AND ${this.#number} = ANY(ARRAY(SELECT jsonb_array_elements(${keys}::jsonb)::numeric)) AND ${this.#isOneOfJson(values)})`;
  }

  #isOneOfJson(values: readonly Scalar[]): Condition {
    return sql`${this.#json} = ANY(ARRAY(SELECT jsonb_array_elements(${`[${values.map(jsonOf).join(",")}]`}::jsonb)))`;
  }

  compare(operator: OrderOperator, value: string | number | Date): Condition {
    const by = sql.raw(operator);
    if (typeof value === "number") {
      return sql`(${this.#text} IS NULL AND ${this.#number} ${by} ${String(value)}::numeric AND ${this.#type} = 'number')`;
    }
    const [text, type] = value instanceof Date ? [formatDate(value), "object"] : [value, "string"];
    return sql`(${this.#text} ${by} ${text} AND ${this.#type} = ${sql.lit(type)})`;
  }

  orderBy(): readonly RawBuilder<unknown>[] {
    return [this.#text, this.#number];
  }

  unique(): RawBuilder<unknown> {
    return sql`nullif(${this.#json}, 'null'::jsonb)`;
  }
}

function jsonOf(value: Scalar): string {
  return JSON.stringify(value instanceof Date ? { $date: formatDate(value) } : value);
}

/** `->` takes a member of an object; `#>` also an index of an array, and would count negative ones from the end. */
function jsonAt(path: FieldPath): RawBuilder<unknown> {
  let json: RawBuilder<unknown> = sql`data`;
  for (const segment of path) {
    json =
      arrayIndex(segment) === undefined
        ? sql`${json} -> ${sql.lit(segment)}`
        : sql`${json} #> ARRAY[${sql.lit(segment)}]`;
  }
  return json;
}
