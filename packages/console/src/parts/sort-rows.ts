// The order of a table's rows, as the address has it: by one column, or by two. Pure.

/** What can be sorted by. */
export interface Sortable<Row> {
  readonly id: string;
  /** A value to sort by; without it there is no sorting by this. */
  readonly sort?: (row: Row) => number | string;
}

/** A key of an order. */
export interface SortKey {
  readonly id: string;
  readonly way: "up" | "down";
}

/** The keys in `waiting:down,name:up`, the first one first; at most two. */
export function sortKeys(sort: string | null): readonly SortKey[] {
  return (sort ?? "")
    .split(",")
    .filter((part) => part !== "")
    .slice(0, 2)
    .map((part) => ({ id: part.split(":")[0] ?? "", way: part.endsWith(":down") ? "down" : "up" }));
}

/** The order after a header was chosen: up, then down, then no more; with `isSecond` beside the first key, else in its place. */
export function nextSort(keys: readonly SortKey[], id: string, isSecond: boolean): string | null {
  const at = keys.findIndex((key) => key.id === id);
  const next: SortKey | undefined =
    at === -1 ? { id, way: "up" } : keys[at]?.way === "up" ? { id, way: "down" } : undefined;
  const others = isSecond ? keys.filter((key) => key.id !== id).slice(0, 1) : [];
  const all = at === 0 ? [next, ...others] : [...others, next];
  return all.flatMap((key) => (key === undefined ? [] : `${key.id}:${key.way}`)).join(",") || null;
}

/** Rows in the order of `sort` (`waiting:down,name:up`), or as they come. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Sortable<Row>[],
  sort: string | null,
): readonly Row[] {
  const orders = sortKeys(sort).flatMap(({ id, way }) => {
    const value = columns.find((column) => column.id === id)?.sort;
    return value === undefined ? [] : { value, factor: way === "down" ? -1 : 1 };
  });
  if (orders.length === 0) return rows;
  return rows.toSorted((a, b) => {
    for (const { value, factor } of orders) {
      const difference = factor * compare(value(a), value(b));
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

function compare(one: number | string, other: number | string): number {
  return typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));
}
