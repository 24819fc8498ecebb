// The parameters of a method or task: brings arguments, given by position or by name, into one checked list.

import { type CallArguments, errno, type ValidationEntry } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { CheckOptions, SchemaRegistry } from "./registry.ts";

/** The compiled parameters of one method or task. */
export interface ArgumentsSchema {
  /** As discovery shows them: `{type: "array", items: [schemas]}`. */
  readonly schema: JsonSchema;
  /**
   * The arguments by position, defaults filled in, read-only properties removed. Changes the values given in place.
   *
   * By name, parameters go by their schema's `title`; one left out in the middle is undefined. Trailing ones may be missing unless `mandatory`.
   *
   * @throws {ServerError} SCHEMA_MISMATCH with the list of problems in `extra`: `path` is the argument's index, then property names; it is empty
   * when the list itself is wrong. SCHEMA_INVALID, SCHEMA_COSTLY, REGEX_COSTLY as {@link CompiledSchema.problems}.
   */
  bind(args: CallArguments, options?: CheckOptions): unknown[];
}

/**
 * Prepares one schema per positional parameter.
 *
 * @throws {ServerError} SCHEMA_INVALID, REGEX_INVALID.
 */
export function compileArguments(registry: SchemaRegistry, schemas: readonly JsonSchema[]): ArgumentsSchema {
  const complete = registry.compile(schemas.length === 0 ? true : { items: schemas });
  // With something left out, by index instead: a list cannot lack an item in its middle.
  const sparse = registry.compile({ properties: Object.fromEntries(schemas.entries()) });

  return {
    schema: { type: "array", items: schemas },
    bind(args, options) {
      if (Array.isArray(args) && args.length === schemas.length && !args.includes(undefined)) {
        refuse(complete.problems(args, options));
        return args as unknown[];
      }
      const isList = args === null || Array.isArray(args);
      const list = isList ? ((args ?? []) as readonly unknown[]) : arrange(schemas, args as NamedArguments);
      const unknown = isList ? [] : unknownNames(schemas, args as NamedArguments);
      refuse([...missing(schemas, list), ...tooMany(schemas, list), ...unknown]);
      return bindSparse(list, options);
    },
  };

  function bindSparse(list: readonly unknown[], options?: CheckOptions): unknown[] {
    const given = Object.fromEntries([...list.entries()].filter(([, value]) => value !== undefined));
    refuse(
      sparse.problems(given, options).map(({ path: [first, ...rest], message, code }) => {
        return { path: [Number(first), ...rest], message, code };
      }),
    );
    const last = Math.max(-1, ...Object.keys(given).map(Number));
    return Array.from({ length: last + 1 }, (_, index) => given[index]);
  }
}

type NamedArguments = Readonly<Record<string, unknown>>;

function arrange(schemas: readonly JsonSchema[], args: NamedArguments): unknown[] {
  const titles = schemas.map(titleOf);
  return titles.map((title) => (title !== undefined && Object.hasOwn(args, title) ? args[title] : undefined));
}

function unknownNames(schemas: readonly JsonSchema[], args: NamedArguments): ValidationEntry[] {
  const titles = new Set(schemas.map(titleOf));
  const unknown = Object.keys(args).filter((name) => !titles.has(name));
  return unknown.slice(0, 10).map((name) => problem([], `no parameter is named ${JSON.stringify(name.slice(0, 60))}`));
}

function missing(schemas: readonly JsonSchema[], list: readonly unknown[]): ValidationEntry[] {
  return schemas.flatMap((schema, index) => {
    const isMandatory = typeof schema === "object" && schema["mandatory"] === true;
    if (!isMandatory || list[index] !== undefined) return [];
    return [problem([index], `expected ${titleOf(schema) ?? "a value"}, got nothing`)];
  });
}

function tooMany(schemas: readonly JsonSchema[], list: readonly unknown[]): ValidationEntry[] {
  if (list.length <= schemas.length) return [];
  return [problem([], `expected at most ${schemas.length} arguments, got ${list.length}`)];
}

function titleOf(schema: JsonSchema): string | undefined {
  const title = typeof schema === "object" ? schema["title"] : undefined;
  return typeof title === "string" ? title : undefined;
}

function problem(path: readonly (string | number)[], message: string): ValidationEntry {
  return { path, message, code: errno.EINVAL };
}

function refuse(problems: readonly ValidationEntry[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const where = first.path.length === 0 ? "" : `${first.path.join(".")}: `;
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  throw new ServerError("SCHEMA_MISMATCH", `arguments: ${where}${first.message}${more}`, { extra: problems });
}
