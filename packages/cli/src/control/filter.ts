// How a condition of a query is written on the command line.

import { CliError } from "../errors.ts";
import { parseValue } from "./arguments.ts";

const operators = ["!=", ">=", "<=", "=", ">", "<", "~"];

/**
 * The condition of `field=value` and the like, or of one JSON array in the form of the protocol.
 *
 * @throws {CliError} CLI_ARGUMENTS_INVALID for anything else.
 */
export function parseFilter(text: string): readonly unknown[] {
  const parsed = text.startsWith("[") ? parseValue(text) : undefined;
  if (Array.isArray(parsed)) return parsed;
  const [, field, operator, value = ""] = /^([^!=<>~[\]]+)(!=|>=|<=|=|>|<|~)(.*)$/s.exec(text) ?? [];
  if (field === undefined || operator === undefined) {
    const expected = `field, one of ${operators.join(" ")}, value; or a JSON array`;
    throw new CliError("CLI_ARGUMENTS_INVALID", `filter ${JSON.stringify(text)}: expected ${expected}`);
  }
  // An expression is a text whatever it looks like.
  return [field.trim(), operator, operator === "~" ? value : parseValue(value)];
}
