// What of a form has changed, and what of that may be kept in the browser. Pure.

import type { Schema } from "../../services/types.ts";

type Values = Readonly<Record<string, unknown>>;

/** Keys whose value differs from what is saved. */
export function changedKeys(schema: Schema, before: Values, value: Values): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(value)]);
  const known = (values: Values, key: string): string =>
    JSON.stringify(values[key] ?? schema.properties?.[key]?.default ?? null);
  return [...keys].filter((key) => known(before, key) !== known(value, key));
}

/** The changed values that may be kept in the browser. */
export function withoutSecrets(schema: Schema, value: Values, keys: readonly string[]): Values {
  return Object.fromEntries(
    keys.filter((key) => schema.properties?.[key]?.["x-secret"] !== true).map((key) => [key, value[key]]),
  );
}
