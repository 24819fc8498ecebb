// How arguments on the command line become values.

import { CliError } from "../errors.ts";

/** JSON where it is JSON (`5`, `true`, `null`, `{"a":1}`, `"5"`), else the text as it is. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The arguments of a call: each word by {@link parseValue}, or one JSON array or object for all of them. */
export function parseArguments(
  words: readonly string[],
  all: string | undefined,
): readonly unknown[] | Record<string, unknown> {
  if (all === undefined) return words.map((word) => parseValue(word));
  const value = parseValue(all);
  if (words.length === 0 && typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new CliError("CLI_ARGUMENTS_INVALID", "--args: expected a JSON array or object, and no arguments beside it");
}

/**
 * The member of an object that `name=value` stands for, the value by {@link parseValue}.
 *
 * @throws {CliError} CLI_ARGUMENTS_INVALID without a name and a `=`.
 */
export function parseMember(text: string): readonly [name: string, value: unknown] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), parseValue(text.slice(at + 1))];
  throw new CliError("CLI_ARGUMENTS_INVALID", `${JSON.stringify(text)}: expected name=value`);
}
