// Reads a query's filter, which comes from outside, into a checked tree. match.ts evaluates the tree in memory, ../sql turns it into SQL.

import { parseDate, type QueryOperator, RegexText } from "@switchboard/protocol";
import { ServerError } from "../../errors.ts";
import { type FieldPath, parsePath } from "./path.ts";

/** A comparison of one field. */
export interface Comparison {
  readonly op: QueryOperator;
  readonly path: FieldPath;
  /** Checked to suit the operator: a text for `~` and `match`. */
  readonly value: unknown;
}

/** Conditions joined. */
export interface Joined {
  readonly op: "and" | "or" | "nor";
  readonly items: readonly FilterNode[];
}

/** One condition. */
export type FilterNode = Comparison | Joined;

const operators: ReadonlySet<unknown> = new Set<QueryOperator>([
  "=",
  "!=",
  ">",
  "<",
  ">=",
  "<=",
  "~",
  "in",
  "nin",
  "contains",
  "ncontains",
  "match",
]);
const joiners: ReadonlySet<unknown> = new Set<Joined["op"]>(["and", "or", "nor"]);

const maxDepth = 32;
const maxConditions = 1_000;
const maxListLength = 10_000;
const maxPatternLength = 1_000;

/**
 * Reads a filter: an array of conditions that must all hold; null and undefined are the same as empty.
 *
 * @throws {ServerError} DATASTORE_QUERY_INVALID, naming the place: an unknown operator or joiner, a wrong shape, more than 1,000 conditions or
 * 32 levels, a list of more than 10,000 values.
 */
export function parseFilter(filter: unknown): Joined {
  const count = { left: maxConditions };
  return {
    op: "and",
    items: filter === null || filter === undefined ? [] : parseList(filter, { where: "filter", depth: 0, count }),
  };
}

interface Place {
  readonly where: string;
  readonly depth: number;
  readonly count: { left: number };
}

function parseList(list: unknown, place: Place): FilterNode[] {
  if (!Array.isArray(list)) throw invalid(place, "expected an array of conditions");
  if (place.depth > maxDepth) throw invalid(place, `conditions are nested deeper than ${maxDepth} levels`);
  return list.map((element, index) => parseElement(element, { ...place, where: `${place.where}[${index}]` }));
}

function parseElement(element: unknown, place: Place): FilterNode {
  if (--place.count.left < 0) throw invalid(place, `more than ${maxConditions} conditions`);
  if (!Array.isArray(element)) throw invalid(place, 'expected a condition such as ["name", "=", "x"]');
  const items: readonly unknown[] = element;
  const [first, second] = items;
  if (joiners.has(first) && Array.isArray(second) && items.slice(1).every(Array.isArray))
    return parseJoined(items, place);
  if (items.length === 2)
    throw invalid(place, `unknown joiner ${show(first)}; expected "and", "or" or "nor" and an array of conditions`);
  if (items.length !== 3 && items.length !== 4) throw invalid(place, `expected 2 to 4 items, got ${items.length}`);
  return parseComparison(items, place);
}

function parseJoined([op, ...rest]: readonly unknown[], place: Place): Joined {
  const inside = { ...place, depth: place.depth + 1 };
  const [first] = rest;
  // ["or", [a, b]] as documented, and ["or", a, b] as some clients write it: a condition begins with a text, a list of them does not.
  const isSpread = rest.length > 1 || (Array.isArray(first) && typeof first[0] === "string");
  return { op: op as Joined["op"], items: parseList(isSpread ? rest : first, inside) };
}

function parseComparison([field, op, value, conversion]: readonly unknown[], place: Place): Comparison {
  if (!operators.has(op)) throw invalid(place, `unknown operator ${show(op)}`);
  if (conversion !== undefined && conversion !== "timestamp") {
    throw invalid(place, `unknown conversion ${show(conversion)}; expected "timestamp"`);
  }
  let path: FieldPath;
  try {
    path = parsePath(field);
  } catch (error) {
    throw invalid(place, error instanceof Error ? error.message : String(error));
  }
  const operator = op as QueryOperator;
  const given = conversion === "timestamp" ? toTime(value, place) : value;
  return { op: operator, path, value: checkValue(operator, given, place) };
}

function toTime(value: unknown, place: Place): unknown {
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((item) => toTime(item, place));
  const time = typeof value === "string" ? parseDate(value) : undefined;
  if (time === undefined) throw invalid(place, "expected an ISO 8601 date and time");
  return time;
}

function checkValue(op: QueryOperator, value: unknown, place: Place): unknown {
  if (op === "~" || op === "match") {
    const text = value instanceof RegexText ? value.pattern : value;
    if (typeof text === "string" && text.length <= maxPatternLength) return text;
    throw invalid(place, `${op}: expected a pattern of at most ${maxPatternLength} characters`);
  }
  if (Array.isArray(value) && value.length > maxListLength) {
    throw invalid(place, `expected at most ${maxListLength} values, got ${value.length}`);
  }
  return value ?? null;
}

function invalid({ where }: Place, message: string): ServerError {
  return new ServerError("DATASTORE_QUERY_INVALID", `${where}: ${message}`);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 64)) : typeof value;
}
