// A declaration as text for a terminal: what `--help` prints about a class.

import { describeType } from "./describe-type.ts";
import type { ConfigFields, FieldDeclaration } from "./fields.ts";

/** Returns two lines per field: its name, type and default; then, indented, what it is for. Sections follow, indented further. */
export function configHelp(fields: ConfigFields, indent = ""): string {
  return Object.entries(fields)
    .map(([name, field]) => {
      const lines = [`${indent}${name}: ${facts(field).join(", ")}`, `${indent}    ${field.doc}`];
      const nested = field.type === "section" ? field.fields : memberFields(field);
      if (nested !== undefined) lines.push(configHelp(nested, `${indent}    `));
      return lines.join("\n");
    })
    .join("\n");
}

function facts(field: FieldDeclaration): string[] {
  const { unit, required, secret, deprecated, fallbacks } = field;
  const facts = [describeType(field) + (unit === undefined ? "" : ` (${unit})`)];
  if (required === true) facts.push("required");
  else if (secret === true && field.default !== undefined) facts.push("default not shown");
  else if (field.default !== undefined) facts.push(`default ${JSON.stringify(field.default)}`);
  if (field.static === true) facts.push("static");
  if (fallbacks !== undefined) {
    facts.push(`or ${fallbacks.map((fallback) => Object.values(fallback).join(" and ")).join(", or ")}`);
  }
  if (deprecated === true) facts.push("deprecated");
  else if (typeof deprecated === "string") facts.push(`deprecated: use ${deprecated}`);
  return facts;
}

function memberFields(field: FieldDeclaration): ConfigFields | undefined {
  return (field.type === "list" || field.type === "dict") && field.of?.type === "section" ? field.of.fields : undefined;
}
