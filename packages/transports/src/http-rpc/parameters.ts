// What an HTTP request says: query string and form body merged into one map of many values, and the checks that HTTP APIs make of it.

import { isUtf8 } from "node:buffer";

/** By name, all values in order: those of the query string first. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** What is wrong with parameters, as HTTP APIs answer it. Only lists that are not empty are there. */
export interface ParameterProblems {
  readonly unexpected_parameter?: readonly string[];
  readonly missing_parameter?: readonly string[];
}

// ASCII without a fragment: what is written otherwise, a URL writes anew before it is taken apart.
const plainTarget = /^[!"$-~]*$/;

/**
 * Returns path and query of a request's target. `usualPath` is recognised without being taken apart as a URL.
 *
 * @throws {TypeError} when it is no URL.
 */
export function readTarget(
  target: string,
  usualPath: string,
): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  if (path === usualPath && plainTarget.test(target)) {
    return { path, query: new URLSearchParams(mark < 0 ? "" : target.slice(mark)) };
  }
  const url = new URL(target, "http://localhost");
  return { path: url.pathname, query: url.searchParams };
}

/** Merges query string and form body; undefined when a body that claims to be a form is not UTF-8. */
export function readParameters(
  query: URLSearchParams,
  body: Buffer,
  contentType: string | undefined,
): Parameters | undefined {
  const parameters = new Map<string, string[]>();
  addTo(parameters, query);
  if (contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/x-www-form-urlencoded") {
    if (!isUtf8(body)) return undefined;
    addTo(parameters, new URLSearchParams(body.toString("utf8")));
  }
  return parameters;
}

function addTo(parameters: Map<string, string[]>, pairs: URLSearchParams): void {
  for (const [name, value] of pairs) {
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
}

/** Writes the first value of each parameter into `fields`. */
export function writeFirstValues(parameters: Parameters, fields: Record<string, unknown>): void {
  for (const [name, [value = ""]] of parameters) fields[name] = value;
}

/** Names what is there and not allowed, and what is needed and not there. Undefined when nothing is wrong. */
export function findProblems(
  parameters: Parameters,
  { allowed, needed }: { readonly allowed: ReadonlySet<string> | "any"; readonly needed: readonly string[] },
): ParameterProblems | undefined {
  // What nearly every request is like: nothing is made for it.
  if (fits(parameters, { allowed, needed })) return undefined;
  const missing = needed.filter((name) => !parameters.has(name));
  const unexpected = allowed === "any" ? [] : [...parameters.keys()].filter((name) => !allowed.has(name));
  return {
    ...(missing.length > 0 && { missing_parameter: missing }),
    ...(unexpected.length > 0 && { unexpected_parameter: unexpected }),
  };
}

function fits(
  parameters: Parameters,
  { allowed, needed }: { readonly allowed: ReadonlySet<string> | "any"; readonly needed: readonly string[] },
): boolean {
  for (const name of needed) if (!parameters.has(name)) return false;
  if (allowed === "any") return true;
  for (const name of parameters.keys()) if (!allowed.has(name)) return false;
  return true;
}
