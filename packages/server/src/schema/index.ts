// The door to schemas: definitions, checking, and short ways to write them.

export { type ArgumentsSchema, compileArguments } from "./arguments.ts";
export {
  allOf,
  anyOf,
  array,
  forbidden,
  no,
  object,
  type ObjectOptions,
  oneOf,
  oneOfValues,
  readOnly,
  ref,
  required,
  tuple,
} from "./build.ts";
export { FileArgument, type JsonSchema } from "./json-schema.ts";
export { type CheckOptions, type CompiledSchema, type RegisterOptions, SchemaRegistry } from "./registry.ts";
