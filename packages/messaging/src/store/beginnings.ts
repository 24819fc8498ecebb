// Ids and addresses that begin like something: SQLite has an index of each in the order of its letters, which tells where few of them are, or that there are
// many. PostgreSQL decides by itself which of its indexes is worth it.

import { type RawBuilder, sql } from "kysely";
import type { FilterCondition, FilterField, MessageFilter } from "./message-filter.ts";
import { clean } from "./rows.ts";

const columns: Partial<Readonly<Record<FilterField, RawBuilder<unknown>>>> = {
  id: sql`m.message_id`,
  person: sql`m.remote_addr`,
  reply: sql`m.in_reply_to`,
};

/** The condition on `m` that SQLite can look up what the filter's messages begin like; undefined when it asks for nothing of the kind. */
export function beginningOf({ conditions = [] }: MessageFilter): RawBuilder<unknown> | undefined {
  const first = conditions.find(isBeginning);
  const column = first === undefined ? undefined : columns[first.field];
  if (first === undefined || column === undefined) return undefined;
  const own = first.values.map((value) => between(column, value));
  if (first.field !== "id") return sql`(${sql.join(own, sql` OR `)})`;
  // Ids are in order within a direction only.
  const each = ["inbound", "outbound"].flatMap((direction) =>
    own.map((one) => sql`(m.direction = ${direction} AND ${one})`),
  );
  return sql`(${sql.join(each, sql` OR `)})`;
}

/** Whether the filter asks for nothing else. */
export function isOnlyBeginning({ conditions = [], text = [], fromUs, toUs }: MessageFilter): boolean {
  return conditions.length === 1 && text.length === 0 && fromUs === undefined && toUs === undefined;
}

function isBeginning({ field, values, not = false }: FilterCondition): boolean {
  return !not && columns[field] !== undefined && values.length > 0 && !values.includes("*");
}

function between(column: RawBuilder<unknown>, value: string): RawBuilder<unknown> {
  if (!value.endsWith("*")) return sql`${column} = ${clean(value)}`;
  const letters = clean(value.slice(0, -1));
  // No letter is behind the last that there is.
  return sql`(${column} >= ${letters} AND ${column} <= ${`${letters}\u{10ffff}\u{10ffff}`})`;
}
