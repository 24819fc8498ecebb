// A declaration as JSON Schema: the form that the console draws and the control plane checks with. It describes values as one should write
// them; the reader accepts a little more (numbers as text), as Vumi does.

import type { ConfigFields, FieldDeclaration, NumberType, TypeName, TypeNamed, ValueType } from "./fields.ts";

/** A JSON Schema (2020-12). `x-kind` is our type's name, `x-unit` what is counted, `x-static` true for what is fixed at the start. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Returns the schema of a configuration with these fields. Unknown keys are allowed: they belong to middleware and routers. */
export function configSchema(fields: ConfigFields): JsonSchema {
  const required = Object.entries(fields)
    .filter(([, field]) => field.required === true && field.fallbacks === undefined)
    .map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)])),
    ...(required.length > 0 && { required }),
  };
}

function fieldSchema(field: FieldDeclaration): JsonSchema {
  const { doc, secret, unit, deprecated, required, nullable } = field;
  const schema = typeSchema(field);
  const mayBeNull = nullable ?? (required !== true && (field.default === undefined || field.default === null));
  return {
    ...schema,
    ...(mayBeNull && withNull(schema)),
    description: doc,
    ...(field.default !== undefined && secret !== true && { default: field.default }),
    ...(secret === true && { writeOnly: true }),
    ...(unit !== undefined && { "x-unit": unit }),
    ...(field.static === true && { "x-static": true }),
    ...(deprecated !== undefined && deprecated !== false && { deprecated: true }),
  };
}

const schemas: { readonly [Name in TypeName]: (type: TypeNamed<Name>) => JsonSchema } = {
  text: ({ choices }) => ({ type: "string", ...(choices !== undefined && { enum: choices }) }),
  int: (type) => ({ type: "integer", ...limits(type) }),
  float: (type) => ({ type: "number", ...limits(type) }),
  bool: () => ({ type: "boolean" }),
  list: ({ of }) => ({ type: "array", ...(of !== undefined && { items: typeSchema(of) }) }),
  dict: ({ of, needs }) => ({
    type: "object",
    ...(of !== undefined && { additionalProperties: typeSchema(of) }),
    ...(needs !== undefined && { required: needs }),
  }),
  names: () => ({ type: ["array", "string"], items: { type: "string" } }),
  url: () => ({ type: "string", format: "uri" }),
  regex: () => ({ type: "string" }),
  class: ({ kind }) => ({ type: "string", ...(kind !== undefined && { "x-class": kind }) }),
  section: ({ fields }) => configSchema(fields),
  serverEndpoint: () => ({ type: "string" }),
  clientEndpoint: () => ({ type: "string" }),
};

function typeSchema(type: ValueType): JsonSchema {
  // The table has the schema of this very type under its name.
  const schema = schemas[type.type] as (type: ValueType) => JsonSchema;
  return { ...schema(type), "x-kind": type.type };
}

function limits({ min, max }: NumberType<"int" | "float">): JsonSchema {
  return { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) };
}

function withNull({ type, enum: choices }: JsonSchema): JsonSchema {
  const types = Array.isArray(type) ? type : [type];
  return { type: [...types, "null"], ...(Array.isArray(choices) && { enum: [...choices, null] }) };
}
