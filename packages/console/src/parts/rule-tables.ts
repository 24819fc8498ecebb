// Which options of a router are tables of rules, and which rule each of their rows is. The router numbers its rules itself; a row is found among
// them by what it says. Pure.

import type { Rule, Schema } from "../services/types.ts";
import { widgetOf } from "./form-model.ts";
import { type Row, cellText, columnsOf, rowsOf } from "./form-rows.ts";

/** Options of a router by how they are drawn. */
export interface RouterOptions {
  /** Options that are tables, rules first. */
  readonly tables: readonly string[];
  /** The form of the others. */
  readonly rest: Schema;
}

/** Sorts a router's options. */
export function routerOptions(schema: Schema): RouterOptions {
  const all = Object.entries(schema.properties ?? {});
  const isTable = (part: Schema): boolean => ["rows", "map"].includes(widgetOf(part));
  const tables = all.filter(([, part]) => isTable(part));
  const ordered = tables.toSorted(([, one], [, other]) => rank(one) - rank(other));
  const rest = all.filter(([, part]) => !isTable(part));
  return {
    tables: ordered.map(([key]) => key),
    rest: {
      ...schema,
      properties: Object.fromEntries(rest),
      required: (schema.required ?? []).filter((key) => rest.some(([name]) => name === key)),
    },
  };
}

// Lists have an order that counts. Of pairs, those about applications decide where messages go; others bring answers back.
function rank({ items, description = "" }: Schema): number {
  if (items !== undefined) return 0;
  return /^Application →|→.*application/i.test(description) ? 1 : 2;
}

/** The rules of rows: `rules.0` to the rule, by option and row. */
export function rulesOfRows(
  schema: Schema,
  settings: Readonly<Record<string, unknown>>,
  rules: readonly Rule[],
): ReadonlyMap<string, Rule> {
  const found = new Map<string, Rule>();
  const left = [...rules];
  for (const key of routerOptions(schema).tables) {
    const option = schema.properties?.[key] ?? {};
    for (const [index, row] of rowsOf(option, settings[key]).entries()) {
      const at = left.findIndex((rule) => says(rule, row, columnsOf(option).length));
      const [rule] = at < 0 ? [] : left.splice(at, 1);
      if (rule !== undefined) found.set(`${key}.${index}`, rule);
    }
  }
  return found;
}

function says({ looks_at, value, target }: Rule, row: Row, columns: number): boolean {
  const words = Object.values(row)
    .flatMap((cell) => (Array.isArray(cell) ? cell.map(cellText) : [cellText(cell)]))
    .filter((word) => word !== "");
  const text = `${looks_at} ${value} ${target}`.toLowerCase();
  return columns > 0 && words.length > 0 && words.every((word) => text.includes(word.toLowerCase()));
}
