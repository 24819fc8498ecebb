// The universal query, `query(filter, params)`, that every collection-like service offers. Types only: the server evaluates it.

/** How a field is compared. docs/protocol.md#queries says what each one means. */
export type QueryOperator =
  "=" | "!=" | ">" | "<" | ">=" | "<=" | "~" | "in" | "nin" | "contains" | "ncontains" | "match";

/**
 * One condition: a comparison `[field, operator, value]`, one whose value is an ISO 8601 text to be read as a time
 * (`[field, operator, value, "timestamp"]`), or a logical form over other conditions.
 */
export type QueryElement =
  | readonly [field: string, operator: QueryOperator, value: unknown]
  | readonly [field: string, operator: QueryOperator, value: string, conversion: "timestamp"]
  | readonly [joiner: "and" | "or" | "nor", elements: readonly QueryElement[]];

/** All elements must hold. Null is the same as empty. */
export type QueryFilter = readonly QueryElement[] | null;

/** What happens to the objects that match, in this order: sort, offset, limit, reverse, exclude, select, then single or count. */
export interface QueryParams {
  /** Fields, most significant first; a leading `-` sorts descending. Nulls come first in ascending order. */
  readonly sort?: string | readonly string[] | null;
  /** Older spelling of the direction of a single `sort` field. */
  readonly dir?: "asc" | "desc";
  /** Objects to skip; 0 or null: none. */
  readonly offset?: number | null;
  /** Objects at most; 0 or null: all. */
  readonly limit?: number | null;
  /** True: turns the list, already cut, round. */
  readonly reverse?: boolean;
  /** True: the first object, or null. */
  readonly single?: boolean;
  /** True: the number of matches, whatever `offset` and `limit` say. Wins over `single`. */
  readonly count?: boolean;
  /** A field: its values instead of objects, nulls dropped. Several: arrays of their values. */
  readonly select?: string | readonly string[] | null;
  /** Fields to remove from each object. */
  readonly exclude?: string | readonly string[] | null;
}
