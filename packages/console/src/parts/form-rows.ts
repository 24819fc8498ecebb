// Values that are drawn as a table: lists of small objects, and pairs of key and value. What their columns are, how a cell reads, and back. Pure;
// field-table.tsx draws.

import { textOf } from "../format.ts";
import type { Schema } from "../services/types.ts";
import { formatOf, labelOf, optionsOf, typeOf } from "./form-model.ts";

/** One row: cells by column. */
export type Row = Readonly<Record<string, unknown>>;

/** One column. */
export interface CellColumn {
  readonly key: string;
  readonly title: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** The columns of a list of objects, or of pairs. */
export function columnsOf(schema: Schema): readonly CellColumn[] {
  const { items } = schema;
  if (items?.properties !== undefined) {
    return Object.entries(items.properties).map(([key, part]) => ({
      key,
      title: labelOf(key, part),
      schema: part,
      isRequired: items.required?.includes(key) === true,
    }));
  }
  const value = insideOf(schema) ?? {};
  const [left, right] = pairTitles(schema.description ?? "");
  const inner = insideOf(value);
  if (inner !== undefined) {
    return [
      { key: "key", title: left, schema: { type: "string" }, isRequired: true },
      { key: "inner", title: right, schema: { type: "string" }, isRequired: true },
      { key: "value", title: "Goes to", schema: inner, isRequired: true },
    ];
  }
  return [
    { key: "key", title: left, schema: { type: "string" }, isRequired: true },
    { key: "value", title: right, schema: value, isRequired: true },
  ];
}

function insideOf({ additionalProperties }: Schema): Schema | undefined {
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

// Connector → endpoint → where it goes: two keys in front of each value.
function hasTwoKeys(schema: Schema): boolean {
  const inside = insideOf(schema);
  return inside !== undefined && insideOf(inside) !== undefined;
}

// Pairs are described as `Transport → application that …`.
function pairTitles(description: string): readonly [left: string, right: string] {
  const [, left, right] = /^([^→.]+) → (?:the |a )?(\w+)/.exec(description) ?? [];
  const title = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
  return left === undefined || right === undefined ? ["Key", "Value"] : [title(left), title(right)];
}

/** Whether rows stand in an order that counts. */
export function isOrdered(schema: Schema): boolean {
  return typeOf(schema).type === "array";
}

/** The rows of a value. */
export function rowsOf(schema: Schema, value: unknown): readonly Row[] {
  const given = value ?? schema.default;
  if (isOrdered(schema)) return Array.isArray(given) ? (given as Row[]) : [];
  const pairs = Object.entries((given ?? {}) as Row);
  if (!hasTwoKeys(schema)) return pairs.map(([key, each]) => ({ key, value: each }));
  return pairs.flatMap(([key, inside]) =>
    Object.entries((inside ?? {}) as Row).map(([inner, each]) => ({ key, inner, value: each })),
  );
}

/** The value of rows. Of two rows with one key the later wins; {@link rowProblems} says so before. */
export function valueOfRows(schema: Schema, rows: readonly Row[]): unknown {
  if (isOrdered(schema)) return rows;
  if (hasTwoKeys(schema)) {
    const all: Record<string, Record<string, unknown>> = {};
    for (const { key, inner, value } of rows) {
      const own = (all[textOf(key ?? "")] ??= {});
      own[textOf(inner ?? "")] = value ?? "";
    }
    return all;
  }
  return Object.fromEntries(rows.map(({ key, value }) => [textOf(key ?? ""), value ?? ""]));
}

/** A cell as text. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return Array.isArray(value) ? value.map(textOf).join(", ") : textOf(value);
}

/** What a typed cell means. An optional one that is empty is left out. */
function cellValue({ schema, isRequired }: CellColumn, text: string): unknown {
  const { type } = typeOf(schema);
  if (text === "" && !isRequired) return undefined;
  if (type === "array") {
    const words = text.split(",").map((word) => word.trim());
    const names = words.filter((word) => word !== "");
    // While a comma has just been typed the text is not yet a list.
    if (words.length !== names.length) return text;
    const mayBeOne = typeof schema.type !== "string" && schema.type?.includes("string") === true;
    return mayBeOne && names.length === 1 ? names[0] : names;
  }
  if (type === "integer" || type === "number")
    return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
  const option = optionsOf(schema).find((each) => textOf(each) === text);
  return option ?? text;
}

/** A row with another cell. */
export function withCell(row: Row, column: CellColumn, text: string): Row {
  const value = cellValue(column, text);
  const rest = Object.fromEntries(Object.entries(row).filter(([key]) => key !== column.key));
  if (value === undefined) return rest;
  return column.key in row ? { ...row, [column.key]: value } : { ...rest, [column.key]: value };
}

/** What can be seen to be wrong with rows: `2.app` to words. */
export function rowProblems(schema: Schema, rows: readonly Row[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const columns = columnsOf(schema);
  const seen = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    for (const { key, isRequired } of columns)
      if (isRequired && cellText(row[key]).trim() === "") found.set(`${index}.${key}`, "empty, and needed");
    if (isOrdered(schema)) continue;
    const key = [row["key"], row["inner"]].map(cellText).join(" ").trim();
    const first = seen.get(key);
    if (first !== undefined && key !== "") found.set(`${index}.key`, `${key} is in row ${first + 1} already`);
    else seen.set(key, index);
  }
  return found;
}

/** Names that a cell may complete to, by what its column is about. */
export function cellNames(
  { key, title, schema }: CellColumn,
  nodes: readonly { readonly name: string; readonly kind: string }[],
): readonly string[] {
  const options = optionsOf(schema);
  if (options.length > 0) return options.map(textOf);
  const about = `${key} ${title} ${schema.description ?? ""} ${formatOf(schema) ?? ""}`.toLowerCase();
  const isOf = (kind: string): boolean =>
    (kind === "application" && /\bapp(?:lication)?s?\b/.test(about)) ||
    (kind === "channel" && /\btransports?\b|\bchannels?\b/.test(about));
  return nodes.filter(({ kind }) => isOf(kind)).map(({ name }) => name);
}

/** A row to be filled in: needed cells are there, with the first of what can be chosen. */
export function newRow(columns: readonly CellColumn[]): Row {
  const needed = columns.filter(({ isRequired }) => isRequired);
  return Object.fromEntries(needed.map(({ key, schema }) => [key, optionsOf(schema)[0] ?? ""]));
}

/** Rows with one moved by some places; the same rows where it cannot go further. */
export function movedRow(rows: readonly Row[], index: number, by: number): readonly Row[] {
  const to = index + by;
  if (to < 0 || to >= rows.length) return rows;
  const next = [...rows];
  next.splice(to, 0, ...next.splice(index, 1));
  return next;
}
