// `@switchboard/messaging/config`: how classes declare what may be configured, and how a configuration is read.

// Declaring.
export {
  type ClassType,
  type ConfigFields,
  type ConfigOf,
  type ConfigurableClass,
  type DictType,
  type Fallback,
  type FieldDeclaration,
  type FieldOptions,
  fieldsOf,
  type ListType,
  type LoadedClass,
  type NumberType,
  type PlainType,
  type SectionType,
  type StaticConfigOf,
  summaryOf,
  type TextType,
  type TypeName,
  type ValueOf,
  type ValueType,
} from "./fields.ts";
export { checkDeclaration } from "./declaration.ts";
export type { ClientEndpoint, ServerEndpoint } from "./endpoint.ts";
export { PythonPattern } from "../python-regex/pattern.ts";
export { expandTemplate } from "../python-regex/expand.ts";

// Reading.
export { loadConfigFile, parseConfig } from "./yaml-file.ts";
export { pythonTags } from "./python-yaml.ts";
export { type ConfigLocation, type ConfigPath, ConfigSource, type Locate } from "./source.ts";
export { type ClassLoader, overrideConfig, readConfig, type ReadOptions, readStaticConfig } from "./read-config.ts";
export { formatIssue } from "./report.ts";

// Telling people and programs what there is.
export { nearestName } from "../near-names.ts";
export { configHelp } from "./help.ts";
export { configSchema, type JsonSchema } from "./json-schema.ts";
