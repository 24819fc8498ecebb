// The universal query over a list in memory. The datastore uses its second half for what comes back from SQL.

import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import { compareSortKeys, sortKey } from "./compare.ts";
import { parseFilter } from "./filter.ts";
import { compileFilter } from "./match.ts";
import { parseParams, type ResolvedQueryParams, type SortField } from "./params.ts";
import { type FieldPath, valueAt, without } from "./path.ts";

/** What only code in the same process can ask for. */
export interface QueryHooks {
  /** Transforms each object after `reverse`; null drops it. */
  readonly callback?: (object: object) => object | null;
}

/**
 * What a query gives, as far as its parameters tell when it is written: a number, an object or null, an array of objects; unknown where only
 * the values of the parameters decide.
 */
export type QueryResult<Params, Item> = Params extends null | undefined
  ? Item[]
  : Params extends { readonly count: true }
    ? number
    : "count" extends keyof Params
      ? unknown
      : "select" extends keyof Params
        ? unknown
        : Params extends { readonly single: true }
          ? Item | null
          : "single" extends keyof Params
            ? unknown
            : Item[];

/**
 * Answers a query over objects in memory: an array; one object (or value) or null with `single`; a number with `count`.
 *
 * Order: objects that sort equal keep their order in the list. Fields may be getters: one that is neither filtered on, sorted by, selected nor
 * kept by `exclude` is not read.
 *
 * @throws {ServerError} DATASTORE_QUERY_INVALID, REGEX_INVALID, REGEX_COSTLY.
 */
export function queryList<
  Item extends object,
  const Params extends (QueryParams & QueryHooks) | null | undefined = undefined,
>(list: Iterable<Item>, filter?: QueryFilter, params?: Params): QueryResult<Params, Item> {
  const matches = compileFilter(parseFilter(filter));
  const resolved = parseParams(params);
  const found: object[] = [];
  for (const object of list) if (matches(object)) found.push(object);
  const result = resolved.count
    ? found.length
    : project(cut(sortObjects(found, resolved.sort), resolved), resolved, params?.callback);
  return result as QueryResult<Params, Item>;
}

/** Sorts by fields, most significant first. Does not change the list given. */
export function sortObjects(objects: readonly object[], fields: readonly SortField[]): readonly object[] {
  const [first, ...others] = fields;
  if (first === undefined) return objects;
  const { path, descending } = first;
  const rows = objects.map((object) => ({ object, key: sortKey(valueAt(object, path)) }));
  const sign = descending ? -1 : 1;
  rows.sort((a, b) => sign * compareSortKeys(a.key, b.key) || compareObjects(a.object, b.object, others));
  return rows.map(({ object }) => object);
}

// The keys of further fields are looked up only where the first one does not decide.
function compareObjects(a: object, b: object, fields: readonly SortField[]): number {
  for (const { path, descending } of fields) {
    const result = compareSortKeys(sortKey(valueAt(a, path)), sortKey(valueAt(b, path)));
    if (result !== 0) return descending ? -result : result;
  }
  return 0;
}

/** Applies `offset` and `limit`. */
export function cut(objects: readonly object[], { offset, limit }: ResolvedQueryParams): readonly object[] {
  return objects.slice(offset, offset + limit);
}

/** Applies what comes after the cut: `reverse`, the callback, `exclude`, `select`, `single`. */
export function project(
  objects: readonly object[],
  params: ResolvedQueryParams,
  callback?: QueryHooks["callback"],
): unknown {
  let rows = params.reverse ? objects.toReversed() : objects;
  if (callback !== undefined) rows = rows.map((row) => callback(row)).filter((row) => row !== null);
  if (params.exclude.length > 0) rows = rows.map((row) => without(row, params.exclude));
  const values = params.select === undefined ? rows : select(rows, params.select, params.selectsValues);
  return params.single ? (values[0] ?? null) : values;
}

function select(rows: readonly object[], paths: readonly FieldPath[], values: boolean): readonly unknown[] {
  const selected = rows.map((row) => paths.map((path) => valueAt(row, path)));
  return values ? selected.map(([value]) => value).filter((value) => value !== null) : selected;
}
