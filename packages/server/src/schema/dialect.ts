// Turns a schema of our dialect into one that ajv understands (draft 7 with the keywords of keywords.ts), and refuses what could hurt: schemas
// may come from connected daemons.

import { ServerError } from "../errors.ts";
import { compileRegex } from "../regex.ts";
import { extendedTypes, keyword, linearPrefix } from "./keywords.ts";

/** Where a schema comes from. */
export interface TranslateOptions {
  /** The name under which it is registered; undefined for an anonymous one. */
  readonly name?: string;
  /** True when it comes from a client rather than from code in this process. Its patterns then run in linear time. */
  readonly foreign?: boolean;
}

/** A schema as ajv gets it. */
export type TranslatedSchema = boolean | Record<string, unknown>;

const maxNodes = 2_000;
const maxDepth = 64;

interface State {
  readonly foreign: boolean;
  nodes: number;
}

/** The reference under which ajv knows a named definition. */
export function definitionId(name: string): string {
  return `schema:${encodeURIComponent(name)}`;
}

/** The name behind a {@link definitionId}. */
export function definitionName(id: string): string {
  return decodeURIComponent(id.slice("schema:".length));
}

/**
 * Translates one schema.
 *
 * @throws {ServerError} SCHEMA_INVALID naming the place: not a schema, more than 2,000 subschemas or 64 levels, a bad pattern, a reference that is
 * not a definition's name. REGEX_INVALID for a foreign pattern that is not RE2 syntax.
 */
export function translate(schema: unknown, options: TranslateOptions = {}): TranslatedSchema {
  const place = options.name ?? "schema";
  const result = translateNode(schema, { place, depth: 0, state: { foreign: options.foreign === true, nodes: 0 } });
  if (typeof result === "boolean" || options.name === undefined) return result;
  if (result["additionalProperties"] === false) {
    result["properties"] = { ...(result["properties"] as object), "%type": { enum: [options.name] } };
  }
  return { ...result, [keyword.budget]: true };
}

interface Context {
  readonly place: string;
  readonly depth: number;
  readonly state: State;
}

function translateNode(schema: unknown, context: Context): TranslatedSchema {
  const { place, depth, state } = context;
  if (++state.nodes > maxNodes) throw invalid(place, `has more than ${maxNodes} subschemas`);
  if (depth > maxDepth) throw invalid(place, `is nested deeper than ${maxDepth} levels`);
  if (typeof schema === "boolean") return schema;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema))
    throw invalid(place, "expected a schema object");
  const given = schema as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const translator = translators.get(key);
    if (translator !== undefined)
      result[key] = translator(value, { place: `${place}/${key}`, depth: depth + 1, state });
    else if (plain.has(key)) result[key] = value;
  }
  translateType(result, place);
  translateLimits(result);
  translateReadOnly(result);
  translateDiscriminator(given, result, context);
  return allowTypeMember(result);
}

/**
 * Keywords that are taken as they are. All others say nothing about values, or are seen to elsewhere; ajv would take what lies in them for schemas,
 * whose `$id` could be that of somebody's definition.
 */
const plain: ReadonlySet<string> = new Set(
  (
    "type enum const format default readOnly required multipleOf minimum maximum exclusiveMinimum exclusiveMaximum " +
    "minLength maxLength minItems maxItems uniqueItems minProperties maxProperties"
  ).split(" "),
);

type Translator = (value: unknown, context: Context) => unknown;

const one: Translator = translateNode;
const list: Translator = (value, context) => {
  if (!Array.isArray(value)) throw invalid(context.place, "expected an array of schemas");
  return value.map((item, index) => translateNode(item, { ...context, place: `${context.place}/${index}` }));
};
const map: Translator = (value, context) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(context.place, "expected an object of schemas");
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    if (key === "__proto__") throw invalid(context.place, "a property may not be named __proto__");
    return [key, translateNode(item, { ...context, place: `${context.place}/${key}` })];
  });
  return Object.fromEntries(entries);
};

const itemsOf: Translator = (value, context) => (Array.isArray(value) ? list(value, context) : one(value, context));

const patterns: Translator = (value, context) => {
  const entries = Object.entries(map(value, context) as object);
  return Object.fromEntries(entries.map(([pattern, item]) => [translatePattern(pattern, context), item]));
};

/** By property: a schema, or a list of names. */
const dependencies: Translator = (value, context) => {
  const entries = Object.entries(value ?? {});
  const schemas = Object.fromEntries(entries.filter(([, item]) => !Array.isArray(item)));
  return {
    ...Object.fromEntries(entries.filter(([, item]) => Array.isArray(item))),
    ...(map(schemas, context) as object),
  };
};

const reference: Translator = (value, { place }) => {
  if (typeof value === "string" && value !== "" && !value.startsWith("#")) return definitionId(value);
  throw invalid(place, "expected the name of a definition");
};

/** Keywords whose value holds schemas, references or patterns. */
const translators: ReadonlyMap<string, Translator> = new Map([
  ...["not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "additionalItems"].map(
    (key): [string, Translator] => [key, one],
  ),
  ...["allOf", "anyOf", "oneOf"].map((key): [string, Translator] => [key, list]),
  ["items", itemsOf],
  ["properties", map],
  ["patternProperties", patterns],
  ["dependencies", dependencies],
  ["pattern", translatePattern],
  ["$ref", reference],
]);

function translatePattern(value: unknown, { place, state }: Context): string {
  if (typeof value !== "string") throw invalid(place, "expected a regular expression");
  if (state.foreign) {
    compileRegex(value);
    return linearPrefix + value;
  }
  try {
    void new RegExp(value);
  } catch (cause) {
    throw invalid(place, cause instanceof Error ? cause.message : String(cause));
  }
  return value;
}

const plainTypes: ReadonlySet<unknown> = new Set(["null", "boolean", "integer", "number", "string", "array", "object"]);

function translateType(result: Record<string, unknown>, place: string): void {
  const { type } = result;
  if (type === undefined) return;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  const unknown = types.find((item) => !plainTypes.has(item) && !extendedTypes.has(item as string));
  if (unknown !== undefined || types.length === 0)
    throw invalid(`${place}/type`, `unknown type ${JSON.stringify(unknown ?? type)}`);
  // "object" is among them, because to ajv a Date would be one.
  if (types.every((item) => plainTypes.has(item) && item !== "object")) return;
  delete result["type"];
  result[keyword.type] = types;
}

/** Draft 4 says `minimum: 5, exclusiveMinimum: true`; since draft 6 it is `exclusiveMinimum: 5`. */
function translateLimits(result: Record<string, unknown>): void {
  for (const [limit, exclusive] of [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ] as const) {
    if (typeof result[exclusive] !== "boolean") continue;
    if (result[exclusive] && limit in result) {
      result[exclusive] = result[limit];
      delete result[limit];
    } else delete result[exclusive];
  }
}

function translateReadOnly(result: Record<string, unknown>): void {
  const { properties, required } = result as { properties?: Record<string, TranslatedSchema>; required?: unknown };
  if (properties === undefined) return;
  const names = Object.keys(properties).filter((name) => isReadOnly(properties[name]));
  if (names.length === 0) return;
  result[keyword.readOnly] = names;
  if (!Array.isArray(required)) return;
  // What callers cannot give cannot be asked of them.
  result["required"] = required.filter((name) => !names.includes(name as string));
  if ((result["required"] as unknown[]).length === 0) delete result["required"];
}

function isReadOnly(schema: TranslatedSchema | undefined): boolean {
  return typeof schema === "object" && schema["readOnly"] === true;
}

/** `oneOf` with a discriminator: the property says which branch applies, by the name it refers to. */
function translateDiscriminator(
  given: Readonly<Record<string, unknown>>,
  result: Record<string, unknown>,
  { place }: Context,
): void {
  const property = given["discriminator"];
  if (typeof property !== "string" || property === "__proto__" || !Array.isArray(given["oneOf"])) return;
  const refs = given["oneOf"].map((branch: unknown) => (branch as { $ref?: unknown } | null)?.$ref);
  if (!refs.every((ref) => typeof ref === "string"))
    throw invalid(place, "a discriminator needs a oneOf of references");
  const branches = refs.map((ref) => ({
    if: { [keyword.type]: ["object"], required: [property], properties: { [property]: { const: ref } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits a schema
    then: { $ref: definitionId(ref) },
  }));
  const chosen = { [keyword.type]: ["object"], required: [property], properties: { [property]: { enum: refs } } };
  delete result["oneOf"];
  result["allOf"] = [...((result["allOf"] as unknown[] | undefined) ?? []), chosen, ...branches];
}

/** Objects may say what they are, `{"%type": "Name", …}`, even where nothing further is allowed. */
function allowTypeMember(result: Record<string, unknown>): Record<string, unknown> {
  if (result["additionalProperties"] !== false) return result;
  const { properties } = result as { properties?: Record<string, unknown> };
  return { ...result, properties: { "%type": { type: "string" }, ...properties } };
}

function invalid(place: string, message: string): ServerError {
  return new ServerError("SCHEMA_INVALID", `${place.slice(0, 200)}: ${message}`);
}
