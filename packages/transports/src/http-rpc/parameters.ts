// What an HTTP request says: query string and form body merged into one map of many values, and the checks that HTTP APIs make of it.

import { isUtf8 } from "node:buffer";

/** By name, all values in order: those of the query string first. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** What is wrong with parameters, as HTTP APIs answer it. Only lists that are not empty are there. */
export interface ParameterProblems {
  readonly unexpected_parameter?: readonly string[];
  readonly missing_parameter?: readonly string[];
}

/** Merges query string and form body; undefined when a body that claims to be a form is not UTF-8. */
export function readParameters(
  query: URLSearchParams,
  body: Buffer,
  contentType: string | undefined,
): Parameters | undefined {
  const parameters = new Map<string, string[]>();
  const add = (pairs: URLSearchParams): void => {
    for (const [name, value] of pairs) {
      const values = parameters.get(name);
      if (values === undefined) parameters.set(name, [value]);
      else values.push(value);
    }
  };
  add(query);
  if (contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/x-www-form-urlencoded") {
    if (!isUtf8(body)) return undefined;
    add(new URLSearchParams(body.toString("utf8")));
  }
  return parameters;
}

/** The first value of each parameter. */
export function firstValues(parameters: Parameters): Record<string, string> {
  const first: Record<string, string> = Object.create(null);
  for (const [name, [value = ""]] of parameters) first[name] = value;
  return first;
}

/** Names what is there and not allowed, and what is needed and not there. Undefined when nothing is wrong. */
export function findProblems(
  parameters: Parameters,
  { allowed, needed }: { readonly allowed: ReadonlySet<string> | "any"; readonly needed: readonly string[] },
): ParameterProblems | undefined {
  const missing = needed.filter((name) => !parameters.has(name));
  const unexpected = allowed === "any" ? [] : [...parameters.keys()].filter((name) => !allowed.has(name));
  if (missing.length + unexpected.length === 0) return undefined;
  return {
    ...(missing.length > 0 && { missing_parameter: missing }),
    ...(unexpected.length > 0 && { unexpected_parameter: unexpected }),
  };
}
