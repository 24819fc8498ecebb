// Turns a checked filter into SQL. Where SQL cannot decide, the condition lets more through than the filter does, and says so: what comes back
// is then looked at again in memory, so that the answer is the same everywhere.

import { sql } from "kysely";
import type { Comparison, FilterNode, Joined } from "../query/filter.ts";
import type { FieldPath } from "../query/path.ts";
import { isStorableText } from "../text.ts";
import type { KeyType } from "../declaration.ts";
import type { Condition, EngineSql, FieldSql, OrderOperator, Scalar } from "./engine.ts";
import { keyField } from "./key-field.ts";

/** A filter in SQL. */
export interface SqlFilter {
  readonly condition: Condition;
  /** True: exactly the objects that fit. False: at least those. */
  readonly isExact: boolean;
}

/** Where fields come from. */
export interface FilterContext {
  readonly engine: EngineSql;
  readonly keyType: KeyType;
}

const everything: Condition = sql`1 = 1`;
const nothing: Condition = sql`1 = 0`;
const undecided: SqlFilter = { condition: everything, isExact: false };

/** Turns a filter into SQL. */
export function toSqlFilter(node: FilterNode, context: FilterContext): SqlFilter {
  return "items" in node ? joined(node, context) : comparison(node, context);
}

/** The field at `path`, the key included; undefined when SQL cannot reach it. */
export function sqlField(path: FieldPath, { engine, keyType }: FilterContext): FieldSql | undefined {
  // No stored object has such names; but the form in which times and bytes are stored does.
  if (path.some((segment) => segment.startsWith("$") || !isStorableText(segment))) return undefined;
  const [first] = path;
  if (first === "id") return path.length === 1 ? keyField(engine, keyType) : undefined;
  return engine.field(path);
}

function joined({ op, items }: Joined, context: FilterContext): SqlFilter {
  const parts = items.map((item) => toSqlFilter(item, context));
  const isExact = parts.every((part) => part.isExact);
  if (op === "and") return { condition: all(parts.map(({ condition }) => condition)), isExact };
  if (op === "or") {
    const conditions = parts.map(({ condition }) => condition);
    return { condition: conditions.length === 0 ? nothing : sql`(${sql.join(conditions, sql` OR `)})`, isExact };
  }
  // The opposite of "at least those" would be "at most the others", so only exact parts may be turned round.
  return { condition: all(parts.filter((part) => part.isExact).map(({ condition }) => not(condition))), isExact };
}

function comparison({ op, path, value }: Comparison, context: FilterContext): SqlFilter {
  const field = sqlField(path, context);
  if (field === undefined) return undecided;
  if (op === "=") return equal(field, [value]);
  if (op === "!=") return opposite(equal(field, [value]));
  if (op === "in") return Array.isArray(value) ? equal(field, value) : undecided;
  if (op === "nin") return Array.isArray(value) ? opposite(equal(field, value)) : undecided;
  if (op === ">" || op === ">=" || op === "<" || op === "<=") return ordered(field, op, value);
  // Patterns and containment: SQL has its own ideas of these.
  return undecided;
}

function equal(field: FieldSql, values: readonly unknown[]): SqlFilter {
  const scalars = values.filter(isScalar).filter(isStorable);
  const hasNull = values.some((value) => value === null || value === undefined);
  if (values.some((value) => typeof value === "object" && value !== null && !(value instanceof Date))) return undecided;
  const conditions = [...(scalars.length > 0 ? [field.isOneOf(scalars)] : []), ...(hasNull ? [field.isNull()] : [])];
  return { condition: conditions.length === 0 ? nothing : sql`(${sql.join(conditions, sql` OR `)})`, isExact: true };
}

function ordered(field: FieldSql, operator: OrderOperator, value: unknown): SqlFilter {
  const isOrdered = typeof value === "string" || typeof value === "number" || value instanceof Date;
  if (!isOrdered) return { condition: nothing, isExact: true };
  return isStorable(value) ? { condition: field.compare(operator, value), isExact: true } : undecided;
}

function opposite({ condition, isExact }: SqlFilter): SqlFilter {
  return isExact ? { condition: not(condition), isExact } : undecided;
}

function not(condition: Condition): Condition {
  return sql`((${condition}) IS NOT TRUE)`;
}

function all(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? everything : sql`(${sql.join(conditions, sql` AND `)})`;
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value instanceof Date;
}

/** False for what no stored document can hold, and no parameter either. */
function isStorable(value: Scalar): boolean {
  if (typeof value === "string") return isStorableText(value);
  if (value instanceof Date) return isStorableDate(value);
  return typeof value === "boolean" || Number.isFinite(value);
}

function isStorableDate(date: Date): boolean {
  return date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999;
}
