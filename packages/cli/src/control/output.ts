// What verbs print: tables and values for people, JSON for programs. Colour and bars only where a terminal shows them.

import { stripVTControlCharacters, styleText } from "node:util";

/** Set where people want colours: a terminal that has them, and NO_COLOR not set (https://no-color.org). */
function hasColour(): boolean {
  return process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** Text in a style where colours are wanted. */
export function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return hasColour() ? styleText(style, text, { validateStream: false }) : text;
}

/** A value as one line of JSON; times as ISO 8601, bytes as `{"$binary"}`, secrets masked. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value ?? null, writeBytes, indent);
}

function writeBytes(_key: string, item: unknown): unknown {
  return item instanceof Uint8Array ? { $binary: Buffer.from(item).toString("base64") } : item;
}

/** Prints a result: as JSON when asked to, else as a text, a table or indented JSON, whatever suits it. */
export function printValue(value: unknown, { json = false }: { readonly json?: boolean | undefined }): void {
  if (json) console.log(toJson(value));
  else if (value === null || value === undefined) return;
  else if (typeof value === "string") console.log(process.stdout.isTTY ? harmless(value) : value);
  else if (isTable(value)) printTable(value);
  else console.log(toJson(value, 2));
}

type Row = Readonly<Record<string, unknown>>;

/** Prints objects as a table: one column for each member, or for those named. Nothing but the head when there are none. */
export function printTable(rows: readonly Row[], columns: readonly string[] = columnsOf(rows)): void {
  const all = columns.map((column) => columnOf(column, rows));
  // Some terminals do not say how wide they are.
  const room = (process.stdout.isTTY && process.stdout.columns) || Infinity;
  // Where there is little room, columns without anything in them go first.
  const shown = widthOf(all) <= room ? all : all.filter(({ cells }) => rows.length === 0 || cells.some(Boolean));
  const widths = fit(shown, room);
  const print = (cells: readonly string[], style?: "bold"): void => {
    const text = cells.map((content, index) => pad(content, widths[index] ?? 0)).join(gap);
    const line = shorten(text.trimEnd(), room);
    console.log(style === undefined ? line : styled(style, line));
  };
  print(
    shown.map(({ head }) => head),
    "bold",
  );
  for (const row of rows.keys()) print(shown.map(({ cells }) => cells[row] ?? ""));
}

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  readonly width: number;
}

const gap = "  ";

function columnOf(name: string, rows: readonly Row[]): Column {
  const head = name.toUpperCase();
  const cells = rows.map((row) => cell(row[name]));
  return { head, cells, width: Math.max(head.length, ...cells.map(({ length }) => length)) };
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width, gap.length * (columns.length - 1));
}

/** Control characters shown instead of obeyed: what a server sends must not steer the terminal. */
export function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what it is about
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\u{fffd}");
}

function isTable(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 && value.every((row) => isRow(row));
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function columnsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return harmless(cellText(value)).replaceAll(/\s*\n\s*/g, " ");
}

function cellText(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(", ");
  return typeof value === "string" ? value : toJson(value);
}

// Columns share a terminal's width; the widest give first. Elsewhere nothing is cut.
function fit(columns: readonly Column[], room: number): readonly number[] {
  const fitted = columns.map(({ width }) => width);
  for (let excess = widthOf(columns) - room; excess > 0; excess--) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if ((fitted[widest] ?? 0) <= 8) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

function pad(text: string, width: number): string {
  return shorten(text, width).padEnd(width);
}

/** The text, cut where there is no room for all of it. */
export function shorten(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}
