// A page that is one list read by one call: title, columns, what it says when it is empty. Plugins and Sessions are such pages.

import type { ComponentChildren, JSX } from "preact";
import { plural } from "../format.ts";
import { useCall } from "../services/use-call.ts";
import { Bar } from "./bar.tsx";
import { Loaded, State } from "./state.tsx";
import { type Column, Table } from "./table.tsx";

/** The page. */
export function SimpleListPage<Row>({
  title,
  noun,
  method,
  columns,
  keyOf,
  on = [],
  about,
  acts,
}: {
  readonly title: string;
  readonly noun: string;
  readonly method: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly on?: readonly string[];
  readonly about: string;
  readonly acts?: ComponentChildren;
}): JSX.Element {
  const list = useCall<readonly Row[]>(method, [], on);
  return (
    <>
      <Bar title={title} note={list.data === undefined ? undefined : plural(list.data.length, noun)}>
        {acts}
      </Bar>
      <Loaded of={list} what={`The list of ${title.toLowerCase()}`}>
        {(rows) => (
          <Table
            label={title}
            columns={columns}
            rows={rows}
            keyOf={keyOf}
            empty={
              <State kind="empty" title={`No ${noun}`}>
                {<p>{about}</p>}
              </State>
            }
          />
        )}
      </Loaded>
    </>
  );
}
