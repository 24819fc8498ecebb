// Which messages are selected: some rows, or all that a query finds, which are many more than the rows that are loaded. Pure.

/** What the server is told of a selection: rows by id, or a query with its range. */
export interface MessageChoice {
  readonly ids?: readonly string[];
  readonly query?: string;
  readonly from?: Date;
  readonly to?: Date;
}

/** Nothing, some rows, or all that match. */
export type Selection =
  | {
      readonly kind: "rows";
      readonly ids: ReadonlySet<string>;
      /** Where Shift goes on from. */ readonly last: string | undefined;
    }
  | { readonly kind: "match"; readonly choice: MessageChoice; readonly count: number };

/** The beginning. */
export const nothingSelected: Selection = { kind: "rows", ids: new Set(), last: undefined };

/** How many are selected. */
export function selectedCount(selection: Selection): number {
  return selection.kind === "rows" ? selection.ids.size : selection.count;
}

/** The selection after a row was chosen; with `rows` all between the row chosen before and this one. */
export function toggled(selection: Selection, id: string, rows?: readonly string[]): Selection {
  const before = selection.kind === "rows" ? selection : { ids: new Set<string>(), last: undefined };
  const ids = new Set(before.ids);
  const [from, to] = [rows?.indexOf(before.last ?? "") ?? -1, rows?.indexOf(id) ?? -1];
  if (rows !== undefined && from >= 0 && to >= 0) {
    for (const each of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) ids.add(each);
  } else if (!ids.delete(id)) ids.add(id);
  return { kind: "rows", ids, last: id };
}

/** What the server is told. */
export function choiceOf(selection: Selection): MessageChoice {
  return selection.kind === "rows" ? { ids: [...selection.ids] } : selection.choice;
}
