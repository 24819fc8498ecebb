// Short ways to write schemas in plugins.

import type { JsonSchema } from "./json-schema.ts";

/** A reference to a named definition. */
export function ref(name: string): JsonSchema {
  return { $ref: name };
}

/** Fits when all of the schemas do. */
export function allOf(...schemas: readonly JsonSchema[]): JsonSchema {
  return { allOf: schemas };
}

/** Fits when at least one of the schemas does. */
export function anyOf(...schemas: readonly JsonSchema[]): JsonSchema {
  return { anyOf: schemas };
}

/** Fits when exactly one of the schemas does. */
export function oneOf(...schemas: readonly JsonSchema[]): JsonSchema {
  return { oneOf: schemas };
}

/** Fits when the schema does not. */
export function no(schema: JsonSchema): JsonSchema {
  return { not: schema };
}

/** Fits objects that have all of these properties. */
export function required(...names: readonly string[]): JsonSchema {
  return { required: names };
}

/** Fits objects that have none of these properties. */
export function forbidden(...names: readonly string[]): JsonSchema {
  return { not: { anyOf: names.map((name) => ({ required: [name] })) } };
}

/** An array whose items all fit one schema. */
export function array(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** An array with one schema for each item. */
export function tuple(...items: readonly JsonSchema[]): JsonSchema {
  return { type: "array", items, minItems: items.length, maxItems: items.length };
}

/** One of the values given. */
export function oneOfValues(...values: readonly unknown[]): JsonSchema {
  return { enum: values };
}

/** What else an {@link object} schema says. */
export interface ObjectOptions {
  /** Names that must be there; `"all"`: every property that is not read-only. Default none. */
  readonly required?: readonly string[] | "all";
  /** False: no other properties. Default true. */
  readonly additionalProperties?: boolean;
}

/** An object with these properties. */
export function object(properties: Readonly<Record<string, JsonSchema>>, options: ObjectOptions = {}): JsonSchema {
  const writable = Object.keys(properties).filter((name) => {
    const schema = properties[name];
    return typeof schema !== "object" || schema["readOnly"] !== true;
  });
  const names = options.required === "all" ? writable : (options.required ?? []);
  return {
    type: "object",
    properties,
    ...(names.length > 0 ? { required: names } : undefined),
    ...(options.additionalProperties === false ? { additionalProperties: false } : undefined),
  };
}

/** The schema, for a property that callers cannot set. */
export function readOnly(schema: JsonSchema): JsonSchema {
  return typeof schema === "boolean" ? { readOnly: true } : { ...schema, readOnly: true };
}
