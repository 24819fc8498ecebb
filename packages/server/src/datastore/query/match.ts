// Evaluates a checked filter on objects in memory. This is what the query language means; SQL only gets there faster.

import { compilePattern, encodeValue, formatDate, type QueryOperator } from "@switchboard/protocol";
import { compileRegex } from "../../regex.ts";
import { isEqual, order } from "./compare.ts";
import type { FilterNode } from "./filter.ts";
import { valueAt } from "./path.ts";

/** Tells whether an object fits a filter. */
export type Match = (object: object) => boolean;

/**
 * Compiles a checked filter. The match may throw REGEX_COSTLY.
 *
 * @throws {ServerError} REGEX_INVALID for a regular expression that is not allowed.
 */
export function compileFilter(node: FilterNode): Match {
  if (!("items" in node)) {
    const { op, path, value } = node;
    const test = tests[op](value);
    return (object) => test(valueAt(object, path));
  }
  const items = node.items.map(compileFilter);
  const [only] = items;
  if (node.op !== "nor" && items.length === 1 && only !== undefined) return only;
  if (node.op === "and") return (object) => items.every((item) => item(object));
  if (node.op === "or") return (object) => items.some((item) => item(object));
  return (object) => !items.some((item) => item(object));
}

type FieldTest = (field: unknown) => boolean;

/** What each operator tests, given the value of the condition. */
const tests: Readonly<Record<QueryOperator, (value: unknown) => FieldTest>> = {
  "=": (value) => (field) => isEqual(field, value),
  "!=": (value) => (field) => !isEqual(field, value),
  ">": (value) => (field) => (order(field, value) ?? 0) > 0,
  "<": (value) => (field) => (order(field, value) ?? 0) < 0,
  ">=": (value) => (field) => (order(field, value) ?? -1) >= 0,
  "<=": (value) => (field) => (order(field, value) ?? 1) <= 0,
  in: compileIn,
  nin: (value) => not(compileIn(value)),
  contains: (value) => (field) => contains(field, value),
  ncontains: (value) => (field) => !contains(field, value),
  match: (value) => {
    const fits = compilePattern(value as string);
    return (field) => typeof field === "string" && fits(field);
  },
  "~": (value) => {
    const found = compileRegex(value as string);
    return (field) => {
      const text = textForm(field);
      return text !== undefined && found(text);
    };
  },
};

function not(test: FieldTest): FieldTest {
  return (field) => !test(field);
}

function compileIn(value: unknown): FieldTest {
  if (!Array.isArray(value)) return (field) => isEqual(field, value) || contains(field, value);
  const values: readonly unknown[] = value.map((item: unknown) => item ?? null);
  const simple = new Set(values.filter((item) => typeof item !== "object" || item === null));
  const others = values.filter((item) => typeof item === "object" && item !== null);
  return (field) => simple.has(field ?? null) || others.some((item) => isEqual(field, item));
}

function contains(field: unknown, value: unknown): boolean {
  if (typeof field === "string") return typeof value === "string" && field.includes(value);
  return Array.isArray(field) && field.some((item) => isEqual(item, value));
}

/** What `~` searches in: texts as they are, other values as they are written. Nulls, bytes and secrets have no text. */
function textForm(field: unknown): string | undefined {
  if (typeof field === "string") return field;
  if (typeof field === "number" || typeof field === "boolean") return String(field);
  if (field instanceof Date) return formatDate(field);
  const isPlain =
    Array.isArray(field) ||
    (typeof field === "object" && field !== null && Object.getPrototypeOf(field) === Object.prototype);
  return isPlain ? encodeValue(field) : undefined;
}
