// Says in our words what ajv found: where, what was expected, what came.

import { errno, Password, type ValidationEntry } from "@switchboard/protocol";
import type { ErrorObject } from "ajv";
import { extendedTypes, keyword } from "./keywords.ts";

/** How many problems are reported at most. */
const maxProblems = 100;

/** The problems behind ajv's errors (made with `verbose`) about `root`, in ajv's order; those inside failed alternatives are left out. */
export function toProblems(errors: readonly ErrorObject[], root: unknown): ValidationEntry[] {
  const failedAlternatives = errors
    .filter(({ keyword }) => alternatives.has(keyword))
    .map(({ schemaPath }) => `${schemaPath}/`);
  return errors
    .filter(
      ({ keyword, schemaPath }) => keyword !== "if" && !failedAlternatives.some((path) => schemaPath.startsWith(path)),
    )
    .slice(0, maxProblems)
    .map((error) => ({ path: pathOf(error, root), message: messageOf(error), code: errno.EINVAL }));
}

const alternatives: ReadonlySet<string> = new Set(["anyOf", "oneOf", "not", "contains"]);

/** ajv's JSON pointer as a path: array indexes as numbers, and the name of what is missing or too much at the end. */
function pathOf({ instancePath, params }: ErrorObject, root: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of instancePath.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  }
  const { missingProperty, additionalProperty } = params as Readonly<Record<string, unknown>>;
  const name = missingProperty ?? additionalProperty;
  return typeof name === "string" ? [...path, name] : path;
}

type Say = (error: ErrorObject) => string;

const limit = (error: ErrorObject): string => String((error.params as { limit?: unknown }).limit);

const messages: Readonly<Record<string, Say>> = {
  type: ({ schema, data }) => `expected ${types(schema)}, got ${kindOf(data)}`,
  [keyword.type]: ({ schema, data }) => `expected ${types(schema)}, got ${kindOf(data)}`,
  [keyword.readOnly]: ({ schema, data }) => {
    const present = (schema as string[]).filter((name) => Object.hasOwn(data as object, name));
    return `expected no read-only property, got ${present.join(", ")}`;
  },
  required: () => "expected a value, got nothing",
  additionalProperties: () => "unexpected property",
  additionalItems: (error) => `expected at most ${limit(error)} items`,
  enum: ({ schema, data }) =>
    `expected one of ${(schema as unknown[]).map(show).join(", ").slice(0, 500)}, got ${show(data)}`,
  const: ({ schema, data }) => `expected ${show(schema)}, got ${show(data)}`,
  minimum: (error) => `expected at least ${limit(error)}, got ${show(error.data)}`,
  maximum: (error) => `expected at most ${limit(error)}, got ${show(error.data)}`,
  exclusiveMinimum: (error) => `expected more than ${limit(error)}, got ${show(error.data)}`,
  exclusiveMaximum: (error) => `expected less than ${limit(error)}, got ${show(error.data)}`,
  multipleOf: ({ schema, data }) => `expected a multiple of ${show(schema)}, got ${show(data)}`,
  minLength: (error) => `expected at least ${limit(error)} characters, got ${(error.data as string).length}`,
  maxLength: (error) => `expected at most ${limit(error)} characters, got ${(error.data as string).length}`,
  minItems: (error) => `expected at least ${limit(error)} items, got ${(error.data as unknown[]).length}`,
  maxItems: (error) => `expected at most ${limit(error)} items, got ${(error.data as unknown[]).length}`,
  uniqueItems: () => "expected no item twice",
  minProperties: (error) =>
    `expected at least ${limit(error)} properties, got ${Object.keys(error.data as object).length}`,
  maxProperties: (error) =>
    `expected at most ${limit(error)} properties, got ${Object.keys(error.data as object).length}`,
  pattern: ({ schema }) => `expected a text like ${show(String(schema).replace(/^\0linear:/, ""))}`,
  format: ({ schema }) => `expected a text of format ${show(schema)}`,
  anyOf: ({ data }) => `expected one of several forms, got ${kindOf(data)} that fits none`,
  oneOf: ({ data, params }) => {
    const both = (params as { passingSchemas?: unknown }).passingSchemas;
    return `expected exactly one of several forms, got ${kindOf(data)} that fits ${Array.isArray(both) ? "more than one" : "none"}`;
  },
  not: () => "has a form that is not allowed",
  "false schema": () => "no value is allowed here",
};

function messageOf(error: ErrorObject): string {
  return messages[error.keyword]?.(error) ?? error.message ?? error.keyword;
}

function types(schema: unknown): string {
  const names = (Array.isArray(schema) ? schema : [schema]).map((name) =>
    name === "null" ? "null" : article(String(name)),
  );
  return names.length < 2 ? (names[0] ?? "nothing") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "object") for (const [name, isIt] of extendedTypes) if (isIt(value)) return article(name);
  return article(typeof value);
}

function article(name: string): string {
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}

/** A short value as it is; anything that could be long or secret by its kind. */
function show(value: unknown): string {
  if (value instanceof Password || (typeof value === "object" && value !== null)) return kindOf(value);
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
