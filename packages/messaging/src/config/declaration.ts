// Checks that a declaration of fields is one: a mistake in a class should be found by its first test, not by a user.

import { ConfigError } from "../errors.ts";
import type { ConfigFields, FieldDeclaration, FieldOptions, TypeName, ValueType } from "./fields.ts";

const options: Readonly<Record<keyof FieldOptions, true>> = {
  doc: true,
  required: true,
  default: true,
  static: true,
  nullable: true,
  secret: true,
  unit: true,
  deprecated: true,
  fallbacks: true,
};

const typeProperties: Readonly<Record<TypeName, readonly string[]>> = {
  text: ["choices"],
  int: ["min", "max"],
  float: ["min", "max"],
  bool: [],
  list: ["of"],
  dict: ["of", "needs"],
  names: [],
  url: [],
  regex: [],
  class: ["kind"],
  serverEndpoint: [],
  clientEndpoint: [],
  section: ["fields"],
};

/**
 * Checks a declaration, sections included.
 *
 * @throws {ConfigError} CONFIG_DECLARATION_INVALID, naming field and property.
 */
export function checkDeclaration(fields: ConfigFields, within = ""): void {
  for (const [name, field] of Object.entries(fields)) {
    const path = within === "" ? name : `${within}.${name}`;
    checkType(field, path, Object.keys(options));
    if (typeof field.doc !== "string" || field.doc === "") throw wrong(path, "has no doc");
    if (field.required === true && field.default !== undefined)
      throw wrong(path, "is required, so its default is never used");
    for (const other of (field.fallbacks ?? []).flatMap((fallback) => Object.values(fallback))) {
      if (!Object.hasOwn(fields, other)) throw wrong(path, `falls back on ${other}, which is not a field`);
    }
  }
}

function checkType(type: ValueType | FieldDeclaration, path: string, alsoAllowed: readonly string[]): void {
  const properties = Object.hasOwn(typeProperties, type.type) ? typeProperties[type.type] : undefined;
  if (properties === undefined) throw wrong(path, `has the type ${JSON.stringify(type.type)}, which does not exist`);
  const unknown = Object.keys(type).find(
    (key) => key !== "type" && !properties.includes(key) && !alsoAllowed.includes(key),
  );
  if (unknown !== undefined) throw wrong(path, `has the property ${unknown}, which ${type.type} fields have not`);
  if ("of" in type && type.of !== undefined) {
    if (type.of.type === "class") throw wrong(path, "holds classes, which only fields and sections can");
    checkType(type.of, `${path}[]`, []);
  }
  if (type.type === "section") checkDeclaration(type.fields, path);
}

function wrong(path: string, what: string): ConfigError {
  return new ConfigError("CONFIG_DECLARATION_INVALID", `field ${path} ${what}`, { details: { field: path } });
}
