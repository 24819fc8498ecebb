// What of a form has changed, and what of that may be kept in the browser. Pure.

import { type Values, differences } from "../../parts/form-merge.ts";
import type { Schema } from "../../services/types.ts";

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

/** A draft in the browser: what was changed, and what stood there before. Null: gone from the form. */
export interface Draft {
  readonly before: Values;
  readonly values: Values;
}

/** The draft of some changed keys. */
export function draftOf(schema: Schema, before: Values, value: Values): Draft {
  const values = withoutSecrets(schema, value, changedKeys(schema, before, value));
  const names = Object.keys(values);
  const orNull = (all: Values): Values => Object.fromEntries(names.map((name) => [name, all[name] ?? null]));
  return { before: orNull(before), values: orNull(values) };
}

/** A form's values with a draft on them, and whether somebody changed the same options since the draft was made. */
export function withDraft(now: Values, { before, values }: Draft): { readonly value: Values; readonly isOld: boolean } {
  const present = Object.fromEntries(Object.keys(before).map((key) => [key, now[key] ?? null]));
  const value = Object.fromEntries(Object.entries({ ...now, ...values }).filter(([, each]) => each !== null));
  return { value, isOld: differences(before, present, values).some(({ by }) => by === "both") };
}

/** A text of an earlier version, or of something else, is no draft. */
export function readDraft(text: string | undefined): Draft | undefined {
  try {
    const draft = JSON.parse(text ?? "null") as Partial<Draft> | null;
    return typeof draft?.before === "object" && typeof draft.values === "object" ? (draft as Draft) : undefined;
  } catch {
    return undefined;
  }
}
