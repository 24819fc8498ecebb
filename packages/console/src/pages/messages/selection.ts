// Which messages are selected: some rows, or all that a query finds, which are many more than the rows that are loaded. Pure.

import { type RowSelection, noRows, withRow } from "../../parts/row-selection.ts";

/** What the server is told of a selection: rows by id, or a query with its range. */
export interface MessageChoice {
  readonly ids?: readonly string[];
  readonly query?: string;
  readonly from?: Date;
  readonly to?: Date;
}

/** Nothing, some rows, or all that match. */
export type Selection =
  | ({ readonly kind: "rows" } & RowSelection)
  | { readonly kind: "match"; readonly choice: MessageChoice; readonly count: number };

/** The beginning. */
export const nothingSelected: Selection = { kind: "rows", ...noRows };

/** How many are selected. */
export function selectedCount(selection: Selection): number {
  return selection.kind === "rows" ? selection.ids.size : selection.count;
}

/** The selection after a row was chosen; with `rows` all between the row chosen before and this one. */
export function toggled(selection: Selection, id: string, rows?: readonly string[]): Selection {
  return { kind: "rows", ...withRow(selection.kind === "rows" ? selection : noRows, id, rows) };
}

/** What the server is told. */
export function choiceOf(selection: Selection): MessageChoice {
  return selection.kind === "rows" ? { ids: [...selection.ids] } : selection.choice;
}
