// Reads a query's parameters, which come from outside, into a checked form.

import { ServerError } from "../../errors.ts";
import { type FieldPath, parsePath } from "./path.ts";

/** One field to sort by. */
export interface SortField {
  readonly path: FieldPath;
  readonly descending: boolean;
}

/** Checked parameters: nothing is optional. */
export interface ResolvedQueryParams {
  readonly sort: readonly SortField[];
  readonly offset: number;
  /** `Infinity` when there is none. */
  readonly limit: number;
  readonly reverse: boolean;
  readonly single: boolean;
  readonly count: boolean;
  /** Undefined: whole objects. */
  readonly select: readonly FieldPath[] | undefined;
  /** True: the values of the one path in `select`, nulls dropped. False: arrays of values. */
  readonly selectsValues: boolean;
  readonly exclude: readonly FieldPath[];
}

const maxFields = 100;

/**
 * Reads parameters; null and undefined are the same as none, and unknown ones are ignored.
 *
 * @throws {ServerError} DATASTORE_QUERY_INVALID naming the parameter.
 */
export function parseParams(params: unknown): ResolvedQueryParams {
  if (params !== null && params !== undefined && (typeof params !== "object" || Array.isArray(params))) {
    throw new ServerError("DATASTORE_QUERY_INVALID", "params: expected an object");
  }
  const { sort, dir, offset, limit, reverse, single, count, select, exclude } = (params ?? {}) as Readonly<
    Record<string, unknown>
  >;
  return {
    sort: parseSort(sort, dir),
    offset: parseCount(offset, "offset") ?? 0,
    limit: parseCount(limit, "limit") ?? Infinity,
    reverse: parseFlag(reverse, "reverse"),
    single: parseFlag(single, "single"),
    count: parseFlag(count, "count"),
    select: select === null || select === undefined ? undefined : paths(select, "select"),
    selectsValues: typeof select === "string",
    exclude: exclude === null || exclude === undefined ? [] : paths(exclude, "exclude"),
  };
}

function parseSort(sort: unknown, dir: unknown): SortField[] {
  if (sort === null || sort === undefined) return [];
  const fields = texts(sort, "sort").map((field) => ({
    path: parsePath(field.startsWith("-") ? field.slice(1) : field),
    descending: field.startsWith("-"),
  }));
  const [first] = fields;
  if (dir === "desc" && fields.length === 1 && first !== undefined)
    return [{ ...first, descending: !first.descending }];
  return fields;
}

function paths(value: unknown, name: string): FieldPath[] {
  return texts(value, name).map(parsePath);
}

function texts(value: unknown, name: string): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > maxFields || !list.every((item) => typeof item === "string")) {
    throw new ServerError(
      "DATASTORE_QUERY_INVALID",
      `params.${name}: expected a field or an array of at most ${maxFields} fields`,
    );
  }
  return list as string[];
}

function parseCount(value: unknown, name: string): number | undefined {
  if (value === null || value === undefined || value === 0) return undefined;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new ServerError("DATASTORE_QUERY_INVALID", `params.${name}: expected an integer of 0 or more`);
}

function parseFlag(value: unknown, name: string): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === "boolean") return value;
  throw new ServerError("DATASTORE_QUERY_INVALID", `params.${name}: expected true or false`);
}
