// The field `id`: a column of its own, of one type.

import { sql } from "kysely";
import type { KeyType } from "../declaration.ts";
import { isIntegerKey } from "../declaration.ts";
import type { Condition, EngineSql, FieldSql, OrderOperator, Scalar } from "./engine.ts";

const column = sql`id`;
const nothing: Condition = sql`1 = 0`;
const everything: Condition = sql`1 = 1`;

/** The key column as a field. Values of another type than the keys' are equal to none and have no order to any. */
export function keyField(engine: EngineSql, keyType: KeyType): FieldSql {
  return isIntegerKey(keyType) ? integerKey(engine) : textKey(engine);
}

function integerKey(engine: EngineSql): FieldSql {
  return {
    isNull: () => nothing,
    isOneOf: (values) => isIn(engine, values.filter((value) => Number.isSafeInteger(value)) as number[]),
    compare(operator, value) {
      if (typeof value !== "number") return nothing;
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
        return value > 0 === operator.startsWith("<") ? everything : nothing;
      // Between whole numbers there are no keys, so the next one will do.
      const bound = operator === ">" || operator === "<=" ? Math.floor(value) : Math.ceil(value);
      return sql`${column} ${sql.raw(operator)} ${bound}`;
    },
    orderBy: () => [column],
    unique: () => column,
  };
}

function textKey(engine: EngineSql): FieldSql {
  return {
    isNull: () => nothing,
    isOneOf: (values) =>
      isIn(
        engine,
        values.filter((value) => typeof value === "string"),
      ),
    compare: (operator: OrderOperator, value: Scalar) =>
      typeof value === "string" ? sql`${column} ${sql.raw(operator)} ${value}` : nothing,
    orderBy: () => [column],
    unique: () => column,
  };
}

function isIn(engine: EngineSql, keys: readonly (string | number)[]): Condition {
  const [only] = keys;
  if (only === undefined) return nothing;
  return keys.length === 1 ? sql`${column} = ${only}` : engine.isIn(column, keys);
}
