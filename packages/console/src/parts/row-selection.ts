// Which rows of a list are selected. Pure.

/** Some rows, by their keys. */
export interface RowSelection {
  readonly ids: ReadonlySet<string>;
  /** Where Shift goes on from. */
  readonly last: string | undefined;
}

/** The beginning. */
export const noRows: RowSelection = { ids: new Set(), last: undefined };

/** The selection after a row was chosen; with `rows` all between the row chosen before and this one. */
export function withRow({ ids: before, last }: RowSelection, id: string, rows?: readonly string[]): RowSelection {
  const ids = new Set(before);
  const [from, to] = [rows?.indexOf(last ?? "") ?? -1, rows?.indexOf(id) ?? -1];
  if (rows !== undefined && from >= 0 && to >= 0) {
    for (const each of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) ids.add(each);
  } else if (!ids.delete(id)) ids.add(id);
  return { ids, last: id };
}
