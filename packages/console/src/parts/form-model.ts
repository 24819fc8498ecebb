// What a form knows without being drawn: which widget a schema gets, what is wrong with a value, what is sent. Pure; form.tsx draws.

import type { Problem, Schema } from "../services/types.ts";

/** The widgets. */
export type Widget =
  | "line"
  | "text"
  | "segments"
  | "select"
  | "search"
  | "number"
  | "duration"
  | "boolean"
  | "secret"
  | "object"
  | "map"
  | "chips"
  | "rows"
  | "choice"
  | "json";

/** The schema's type without null, and whether null is allowed. */
export function typeOf(schema: Schema): { readonly type: string | undefined; readonly isNullable: boolean } {
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  // A list of names may be given as one name; it is drawn as a list.
  if (types.includes("array")) return { type: "array", isNullable: types.includes("null") };
  return { type: types.find((type) => type !== "null"), isNullable: types.includes("null") };
}

const unitNames: Readonly<Record<string, string>> = {
  seconds: "s",
  milliseconds: "ms",
  minutes: "min",
  days: "d",
  "per second": "/ s",
};

/** What a number counts, short. */
export function unitOf(schema: Schema): string {
  const words = schema["x-unit"];
  return schema.unit ?? (words === undefined ? "" : (unitNames[words] ?? words));
}

const kindFormats: Readonly<Record<string, string>> = {
  regex: "regex",
  serverEndpoint: "endpoint",
  clientEndpoint: "endpoint",
};

/** What kind of text it is: `regex`, `endpoint`, `channel`… */
export function formatOf(schema: Schema): string | undefined {
  return schema.format ?? kindFormats[schema["x-kind"] ?? ""];
}

/** What can be chosen; without null, which is "none". */
export function optionsOf(schema: Schema): readonly unknown[] {
  return (schema.enum ?? (schema.const === undefined ? [] : [schema.const])).filter((option) => option !== null);
}

/** Which widget a schema gets, at a depth of nesting. */
export function widgetOf(schema: Schema, depth = 0): Widget {
  const { type } = typeOf(schema);
  if (depth > 4) return "json";
  if (schema["x-secret"] === true || schema.format === "password") return "secret";
  if (schema.oneOf !== undefined || schema.anyOf !== undefined) return "choice";
  if (schema.enum !== undefined || schema.const !== undefined) {
    const count = optionsOf(schema).length;
    return count <= 3 ? "segments" : count <= 12 ? "select" : "search";
  }
  if (type === "string") return schema.format === "text" || (schema.maxLength ?? 0) > 120 ? "text" : "line";
  if (type === "integer" || type === "number") return ["s", "ms"].includes(unitOf(schema)) ? "duration" : "number";
  if (type === "boolean") return "boolean";
  if (type === "object") return objectWidget(schema);
  if (type === "array" && schema.items !== undefined) {
    const item = typeOf(schema.items).type;
    if (item === "string" || item === "number" || item === "integer") return "chips";
    if (item === "object" && isFlat(schema.items)) return "rows";
  }
  return "json";
}

function objectWidget({ properties, additionalProperties }: Schema): Widget {
  if (properties !== undefined && Object.keys(properties).length > 0) return "object";
  if (typeof additionalProperties !== "object") return "json";
  const inside = additionalProperties.additionalProperties;
  const isPairs = isCell(typeof inside === "object" ? inside : additionalProperties);
  return isPairs ? "map" : "json";
}

/** Whether a value fits into one cell of a table: a text, a number, a list of words. */
function isCell(schema: Schema): boolean {
  const { type } = typeOf(schema);
  return type === "string" || type === "integer" || type === "number" || widgetOf(schema, 4) === "chips";
}

function isFlat({ properties = {} }: Schema): boolean {
  const parts = Object.values(properties);
  return parts.length > 0 && parts.length <= 6 && parts.every(isCell);
}

/** A duration as people write it, in the schema's unit: `90`, `90s`, `2 min`. Undefined: not understood. */
export function parseDuration(text: string, unit: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|sec|min|m|h|d)?\s*$/.exec(text);
  if (match === null) return undefined;
  const sizes: Readonly<Record<string, number>> = {
    ms: 1,
    s: 1000,
    sec: 1000,
    min: 60_000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
  };
  const given = match[2] ?? unit;
  const value = (Number(match[1]) * (sizes[given] ?? 1)) / (sizes[unit] ?? 1);
  return Number(value.toFixed(6));
}

/** A label for a key without a title: `system_id` becomes `System id`. */
export function labelOf(key: string, schema: Schema): string {
  if (schema.title !== undefined && schema.title !== key) return schema.title;
  const words = key.replaceAll(/[_-]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * What is wrong with a value, or undefined. `isTyping`: only what more typing cannot repair.
 * What is there, then what is allowed.
 */
export function complaint(
  schema: Schema,
  value: unknown,
  { isRequired = false, isTyping = false }: { readonly isRequired?: boolean; readonly isTyping?: boolean } = {},
): string | undefined {
  if (value === undefined || value === "")
    return isRequired && !isTyping && schema.default === undefined ? "empty, and needed" : undefined;
  if (value === null) return undefined;
  if (typeof value === "string") {
    if (schema.maxLength !== undefined && value.length > schema.maxLength)
      return `${value.length} characters, at most ${schema.maxLength}`;
    if (isTyping) return undefined;
    if (schema.minLength !== undefined && value.length < schema.minLength)
      return `${value.length} characters, at least ${schema.minLength}`;
    if (formatOf(schema) === "regex") return regexComplaint(value);
    if (
      schema.pattern !== undefined &&
      regexComplaint(schema.pattern) === undefined &&
      !new RegExp(schema.pattern, "u").test(value)
    )
      return `does not fit ${schema.pattern}`;
    const { type } = typeOf(schema);
    if ((type === "number" || type === "integer") && schema.enum === undefined) return `“${value}” is not a number`;
    return undefined;
  }
  if (typeof value === "number") {
    if (schema.maximum !== undefined && value > schema.maximum) return `${value}, at most ${schema.maximum}`;
    if (isTyping) return undefined;
    if (schema.minimum !== undefined && value < schema.minimum) return `${value}, at least ${schema.minimum}`;
    if (typeOf(schema).type === "integer" && !Number.isInteger(value)) return `${value} is not a whole number`;
  }
  return undefined;
}

/** The problems of a whole object: path (`rules.2.app`) to what is wrong. */
export function complaints(schema: Schema, value: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [key, part] of Object.entries(schema.properties ?? {})) {
    const text = complaint(part, value[key], { isRequired: schema.required?.includes(key) === true });
    if (text !== undefined) found.set(key, text);
    if (part.items?.properties === undefined || !Array.isArray(value[key])) continue;
    for (const [index, row] of (value[key] as readonly Readonly<Record<string, unknown>>[]).entries())
      for (const [inner, words] of complaints(part.items, row)) found.set(`${key}.${index}.${inner}`, words);
  }
  return found;
}

/** What the server says is wrong, by path with points: `/rules/2/app`, `rules[2].app` and `rules.2.app` are the same. */
export function problemsByPath(problems: readonly Problem[]): ReadonlyMap<string, string> {
  return new Map(
    problems.map(({ path, message }) => [
      path
        .split(/[./[\]]+/)
        .filter((step) => step !== "")
        .join("."),
      message,
    ]),
  );
}

/** What is sent: keys at their default or empty are left out. A secret that was not touched goes back as the mask it came as, which means: as it is. */
export function cleaned(schema: Schema, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(value).filter(([key, part]) => {
    const own = schema.properties?.[key];
    if (part === undefined) return false;
    return own?.default === undefined || JSON.stringify(own.default) !== JSON.stringify(part);
  });
  return Object.fromEntries(entries);
}

/** Groups of a form in the schema's order; fields at their default that are not basic fold away. */
export function groupsOf(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
): { readonly shown: ReadonlyMap<string, readonly string[]>; readonly folded: readonly string[] } {
  const keys = Object.keys(schema.properties ?? {});
  const hasBasic = keys.some((key) => schema.properties?.[key]?.["x-basic"] === true);
  const shown = new Map<string, string[]>();
  const folded: string[] = [];
  for (const key of keys) {
    const part = schema.properties?.[key];
    const isShown =
      !hasBasic || part?.["x-basic"] === true || schema.required?.includes(key) === true || value[key] !== undefined;
    if (!isShown) folded.push(key);
    else {
      const group = part?.["x-group"] ?? "";
      shown.set(group, [...(shown.get(group) ?? []), key]);
    }
  }
  return { shown, folded };
}

function regexComplaint(text: string): string | undefined {
  try {
    void new RegExp(text, "u");
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: /, "");
  }
}
