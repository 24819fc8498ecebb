// What is counted of each block of messages, value by value: the fields with few values that no index of the messages themselves is for. A filter by
// these need not look at blocks that have none, and often need only add up.

import { type RawBuilder, sql } from "kysely";
import { columns, type FilterCondition, type FilterField, matches, type MessageFilter } from "./message-filter.ts";

const facetFields = [
  "state",
  "direction",
  "channel",
  "router",
  "application",
  "rule",
  "error",
  "session",
  "tag",
  "provider",
  "test",
  "local",
] as const satisfies readonly FilterField[];

/** The field and value under which all messages of a block are counted. */
const everything = "all";

// Values are part of a key; what is longer is told apart when the messages are looked at.
const maxValue = 200;

/** Messages with what is known of them, as `m` and `f`. */
export const source: RawBuilder<unknown> = sql`messages m LEFT JOIN message_facts f ON f.direction = m.direction AND f.message_id = m.message_id`;

/** The rows of `message_block_counts` of the messages between two times. */
export function facetRows(fromUs: number, toUs: number): RawBuilder<unknown> {
  const values = facetFields.map((field) => sql`${columns[field]} AS ${sql.ref(field)}`);
  const own = facetFields.map(
    (field) => sql`SELECT ${sql.lit(field)} AS field, ${sql.ref(field)} AS value, direction, state FROM known`,
  );
  const all = [
    sql`SELECT ${sql.lit(everything)} AS field, ${sql.lit(everything)} AS value, direction, state FROM known`,
    ...own,
  ];
  return sql`WITH known AS MATERIALIZED (SELECT ${sql.join(values)} FROM ${source} WHERE m.ts_us >= ${fromUs} AND m.ts_us < ${toUs}),
    each_value AS (${sql.join(all, sql` UNION ALL `)})
    SELECT field, substr(value, 1, ${sql.lit(maxValue)}), CAST(${fromUs} AS BIGINT), ${totalOf("direction", "inbound")},
      ${totalOf("direction", "outbound")}, ${totalOf("state", "failed")}, ${totalOf("state", "parked")}
    FROM each_value WHERE value <> '' GROUP BY field, substr(value, 1, ${sql.lit(maxValue)})`;
}

function totalOf(column: "direction" | "state", value: string): RawBuilder<unknown> {
  return sql`sum(CASE WHEN ${sql.ref(column)} = ${sql.lit(value)} THEN 1 ELSE 0 END)`;
}

/** The conditions of a filter by which blocks can be left out. */
export function facetConditions({ conditions = [] }: MessageFilter): FilterCondition[] {
  return conditions.filter((condition) => isFacet(condition) && (condition.not !== true || isExact(condition)));
}

/** The condition that a row `b` of `message_blocks` may have messages of the filter. */
export function mayHave(filter: MessageFilter): RawBuilder<unknown> {
  const has = facetConditions(filter).map((condition) => {
    const own = sql`message_block_counts c WHERE c.from_us = b.from_us AND`;
    if (condition.not !== true) return sql`EXISTS (SELECT 1 FROM ${own} ${hasFacet(condition)})`;
    return sql`(SELECT sum(c.inbound + c.outbound) FROM ${own} c.field = ${sql.lit(everything)})
      > (SELECT coalesce(sum(c.inbound + c.outbound), 0) FROM ${own} ${hasFacet(condition)})`;
  });
  return has.length === 0 ? sql`1 = 1` : sql`b.is_counted = 0 OR (${sql.join(has, sql` AND `)})`;
}

function isFacet({ field, values }: FilterCondition): boolean {
  // Nothing is kept of empty values; and that no message is a trial says little.
  const isKept = (value: string): boolean => value !== "" && (field !== "test" || value !== "*");
  return (facetFields as readonly string[]).includes(field) && values.length > 0 && values.every(isKept);
}

/** Whether all of the values was kept. */
function isExact({ values }: FilterCondition): boolean {
  return values.every((value) => value.length < maxValue / 2);
}

/** The condition on a row `c` of `message_block_counts` that it is of one of the condition's values. */
function hasFacet({ field, values }: FilterCondition): RawBuilder<unknown> {
  const value = sql`c.value`;
  const alternatives = values.map((one) => matches(value, field, shortened(one)));
  return sql`c.field = ${sql.lit(field)} AND (${sql.join(alternatives, sql` OR `)})`;
}

/** The condition on a row `c` whose counts are those of the filter's messages; undefined where the messages themselves must be looked at. */
export function countingFacet({ conditions = [], text = [] }: MessageFilter): RawBuilder<unknown> | undefined {
  const [only, ...others] = conditions;
  if (text.length > 0 || others.length > 0) return undefined;
  if (only === undefined) return sql`c.field = ${sql.lit(everything)}`;
  if (only.not === true || !isFacet(only) || !isExact(only)) return undefined;
  return hasFacet(only);
}

function shortened(value: string): string {
  return Array.from(value).slice(0, maxValue).join("");
}
