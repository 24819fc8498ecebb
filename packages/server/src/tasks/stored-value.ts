// What is kept and shown of arguments and results: the same data without secrets, and such that every datastore can hold it.

import { maskedText, maskUrls, Password, RegexText } from "@switchboard/protocol";
import { isSecretName } from "../auth/audit-log.ts";
import { isStorableText } from "../datastore/text.ts";
import { FileArgument, type JsonSchema } from "../schema/index.ts";

const maxDepth = 60;
/** U+0000 and halves of surrogate pairs. */
// oxlint-disable-next-line no-control-regex -- it is the character that is meant
const unstorable = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * A copy of any value that can be stored and shown: secrets and passwords in URLs masked, files as `{fd: name}`, member names beginning with `$` beginning with `%`,
 * what is no data as text or null.
 */
export function toStored(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case "string":
      return storableText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "object":
      return value === null ? null : storedObject(value, depth);
    case "undefined":
    case "function":
    case "symbol":
      break;
  }
  return null;
}

function storedObject(value: object, depth: number): unknown {
  if (value instanceof Password) return maskedText;
  if (value instanceof Date) return isStorableDate(value) ? value : null;
  if (value instanceof FileArgument) return { fd: storableText(value.name) };
  if (value instanceof Uint8Array) return value;
  if (value instanceof RegexText) return new RegexText(storableText(value.pattern));
  if (value instanceof Error) return storableText(String(value));
  if (depth >= maxDepth) return "…";
  if (Array.isArray(value)) return value.map((item) => toStored(item, depth + 1));
  if (value instanceof Set) return Array.from(value, (item) => toStored(item, depth + 1));
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.flatMap(([key, item]: [unknown, unknown]) => {
      const name = storableText(String(key)).replace(/^\$+/, (signs) => "%".repeat(signs.length));
      return name === "__proto__" || item === undefined ? [] : [[name, toStored(item, depth + 1)]];
    }),
  );
}

function storableText(text: string): string {
  const safe = maskUrls(text);
  return isStorableText(safe) ? safe : safe.replaceAll(unstorable, "\ufffd");
}

function isStorableDate(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999;
}

/** Where named schemas are looked up. */
export interface SchemaNames {
  get(name: string): JsonSchema | undefined;
}

/**
 * A copy of `value` in which everything is masked that its schema calls a secret: `x-secret: true`, or of type `password`; and texts whose member is
 * called like one, `web_password`, since of options of somebody else's class no schema tells. Branches of `anyOf` and the like all count, whichever
 * fits: better too much is hidden than too little.
 */
export function maskSecrets(value: unknown, schema: JsonSchema, names: SchemaNames): unknown {
  return mask(value, { schema, names, depth: 0 });
}

interface Place {
  readonly schema: unknown;
  readonly names: SchemaNames;
  readonly depth: number;
}

function mask(value: unknown, { schema, names, depth }: Place): unknown {
  if (depth > maxDepth) return value;
  const says = typeof schema === "object" && schema !== null && !Array.isArray(schema);
  const keywords: Readonly<Record<string, unknown>> = says ? { ...schema } : {};
  if (keywords["x-secret"] === true || keywords["type"] === "password") return maskedText;
  const at = (part: unknown): Place => ({ schema: part, names, depth: depth + 1 });
  let masked = value;
  const { $ref } = keywords;
  if (typeof $ref === "string") masked = mask(masked, at(names.get($ref)));
  for (const joiner of ["allOf", "anyOf", "oneOf"]) {
    const branches = keywords[joiner];
    if (Array.isArray(branches)) for (const branch of branches) masked = mask(masked, at(branch));
  }
  if (Array.isArray(masked)) return maskItems(masked, keywords, at);
  if (typeof masked !== "object" || masked === null || Object.getPrototypeOf(masked) !== Object.prototype)
    return masked;
  return maskMembers(masked as Readonly<Record<string, unknown>>, keywords, at);
}

function maskItems(
  list: readonly unknown[],
  { items, additionalItems }: Readonly<Record<string, unknown>>,
  at: (part: unknown) => Place,
): unknown[] {
  if (!Array.isArray(items)) return list.map((item) => mask(item, at(items)));
  return list.map((item, index) => mask(item, at(index < items.length ? items[index] : additionalItems)));
}

function maskMembers(
  object: Readonly<Record<string, unknown>>,
  { properties, additionalProperties }: Readonly<Record<string, unknown>>,
  at: (part: unknown) => Place,
): Readonly<Record<string, unknown>> {
  const known = (properties ?? {}) as Readonly<Record<string, unknown>>;
  const members = Object.entries(object).map(([key, item]) => [
    key,
    typeof item === "string" && isSecretName(key)
      ? maskedText
      : mask(item, at(Object.hasOwn(known, key) ? known[key] : additionalProperties)),
  ]);
  return Object.fromEntries(members) as Readonly<Record<string, unknown>>;
}
