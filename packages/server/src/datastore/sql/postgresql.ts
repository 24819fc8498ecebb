// Fields of JSON documents in PostgreSQL, whose `jsonb` knows types but orders texts by the database's language; so texts are compared as
// text in the "C" collation, which is by bytes.

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
  field: rememberFields((path) => new PostgresqlField(path)),
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
    const groups = [
      this.#texts(
        values.filter((value) => typeof value === "string"),
        "object",
      ),
      this.#texts(
        values.filter((value) => value instanceof Date).map((value) => formatDate(value) ?? ""),
        "string",
      ),
      this.#numbers(
        values.filter((value) => typeof value === "number"),
        "boolean",
      ),
      this.#numbers(values.filter((value) => typeof value === "boolean").map(Number), "number"),
    ];
    return sql`(${sql.join(
      groups.filter((group) => group !== undefined),
      sql` OR `,
    )})`;
  }

  // A key is shared by two types, so the other one has to be ruled out. Saying which type it is not, instead of which it is, matters: the
  // planner takes an equality on something it has no statistics of for rare, and then sorts a million rows to find ten.
  #texts(keys: readonly string[], otherType: string): Condition | undefined {
    if (keys.length === 0) return undefined;
    const isOne =
      keys.length === 1
        ? sql`= ${keys[0]}`
        : sql`= ANY(ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb)))`;
    return sql`(${this.#text} ${isOne} AND ${this.#type} <> ${sql.lit(otherType)})`;
  }

  #numbers(keys: readonly number[], otherType: string): Condition | undefined {
    if (keys.length === 0) return undefined;
    const isOne =
      keys.length === 1
        ? sql`= ${JSON.stringify(keys[0])}::numeric`
        : sql`= ANY(ARRAY(SELECT jsonb_array_elements(${JSON.stringify(keys)}::jsonb)::numeric))`;
    return sql`(${this.#text} IS NULL AND ${this.#number} ${isOne} AND ${this.#type} <> ${sql.lit(otherType)})`;
  }

  compare(operator: OrderOperator, value: string | number | Date): Condition {
    const by = sql.raw(operator);
    if (typeof value === "number") {
      const number = sql`${JSON.stringify(value)}::numeric`;
      return sql`(${this.#text} IS NULL AND ${this.#number} ${by} ${number} AND ${this.#type} <> 'boolean')`;
    }
    const [text, otherType] = value instanceof Date ? [formatDate(value), "string"] : [value, "object"];
    return sql`(${this.#text} ${by} ${text} AND ${this.#type} <> ${sql.lit(otherType)})`;
  }

  orderBy(): readonly RawBuilder<unknown>[] {
    return [this.#text, this.#number];
  }

  unique(): RawBuilder<unknown> {
    return sql`nullif(${this.#json}, 'null'::jsonb)`;
  }
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
