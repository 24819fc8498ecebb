// A list of things of one kind: virtual above 100 rows, sorted by its headers, walked with the keyboard. The row under focus never moves: while a
// re-sorting list is looked at, its order is kept. On a phone a row becomes two or three lines (see styles). Rows are links into the inspector.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { navigate, place, setQuery } from "../router.ts";
import { nextSort, type Sortable, sortKeys, sortRows } from "./sort-rows.ts";

/** One column. */
export interface Column<Row> extends Sortable<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Only said, not shown, for columns of signs. */
  readonly isNameHidden?: true;
  readonly align?: "right";
  /** CSS track: `90px`, `minmax(0, 2fr)`. */
  readonly width: string;
  /** Where it stands on a phone. */
  readonly phone?: "sign" | "name" | "end" | "text" | "least" | "none";
}

/** What a table is given. */
export interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Key of the row that is open. */
  readonly open?: string | undefined;
  readonly hrefOf?: ((row: Row) => string) | undefined;
  readonly selected?: ReadonlySet<string> | undefined;
  /** Selects a row or lets it go; with `keys`, those of all rows in order, all between it and the one before. */
  readonly onSelect?: ((key: string, keys?: readonly string[]) => void) | undefined;
  readonly empty?: ComponentChildren;
  /** Said on top of the rows, as for rows that are held back. */
  readonly banner?: ComponentChildren;
  readonly onScrolled?: (fromTop: number) => void;
  readonly sortable?: boolean;
}

const rowHeight = 32;
const phoneRowHeight = 76;
const mostRows = 60;

/** The table. */
export function Table<Row>(props: TableProps<Row>): JSX.Element {
  const { label, columns, keyOf, hrefOf, open, selected, onSelect, empty, banner, onScrolled, sortable = true } = props;
  const box = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState<Scroll>({ top: 0, height: 800, isPhone: false });
  const scrolled = useRef(onScrolled);
  scrolled.current = onScrolled;
  const [focused, setFocused] = useState<string | undefined>(open);
  const rows = sortable ? sortRows(props.rows, columns, place.value.query.get("sort")) : props.rows;
  const height = scroll.isPhone ? phoneRowHeight : rowHeight;
  const isVirtual = rows.length > 100;
  const count = isVirtual ? Math.min(mostRows, Math.ceil(scroll.height / height) + 12) : rows.length;
  const first = isVirtual ? Math.max(0, Math.min(Math.floor(scroll.top / height) - 6, rows.length - count)) : 0;
  const shown = rows.slice(first, first + count);
  const current = rows.some((row) => keyOf(row) === focused) ? focused : rows.slice(0, 1).map(keyOf)[0];

  useLayoutEffect(() => {
    const node = box.current;
    if (node === null) return;
    const measure = (): number => {
      // On a phone, and within a page, it is not the list that scrolls but what is around it.
      const isOwn = getComputedStyle(node).overflowY !== "visible";
      const top = isOwn ? node.scrollTop : Math.max(0, -node.getBoundingClientRect().top);
      const next = { top, height: isOwn ? node.clientHeight : innerHeight, isPhone: innerWidth < 760 };
      setScroll((before) => (isSameScroll(before, next) ? before : next));
      return top;
    };
    const onScroll = ({ target }: Event): void => {
      if (target instanceof Node && target.contains(node)) scrolled.current?.(measure());
    };
    const observer = new ResizeObserver(() => void measure());
    observer.observe(node);
    document.addEventListener("scroll", onScroll, { capture: true, passive: true });
    return () => {
      observer.disconnect();
      document.removeEventListener("scroll", onScroll, { capture: true });
    };
  }, []);

  const focusRow = (key: string | undefined): void => {
    if (key === undefined) return;
    setFocused(key);
    const at = rows.findIndex((row) => keyOf(row) === key);
    const node = box.current;
    if (node !== null && at >= 0 && isVirtual) {
      if (at * height < node.scrollTop) node.scrollTop = at * height;
      else if ((at + 2) * height > node.scrollTop + node.clientHeight)
        node.scrollTop = (at + 2) * height - node.clientHeight;
    }
    requestAnimationFrame(() =>
      box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: isVirtual }),
    );
  };
  // Coming back from the inspector the focus is on the row that was open.
  const lastOpen = useRef(open);
  useEffect(() => {
    if (open === undefined && lastOpen.current !== undefined) focusRow(lastOpen.current);
    lastOpen.current = open;
  }, [open]);

  const keys = (): readonly string[] => rows.map(keyOf);
  const step = (by: number, event: KeyboardEvent): unknown => {
    const at = rows.findIndex((row) => keyOf(row) === current);
    const isInside = box.current?.contains(document.activeElement) === true;
    const next = rows[isInside ? at + by : Math.max(0, at)];
    if (next === undefined) return undefined;
    if (event.shiftKey && isInside && onSelect !== undefined) {
      if (current !== undefined && selected?.has(current) !== true) onSelect(current);
      onSelect(keyOf(next), keys());
    }
    focusRow(keyOf(next));
    // With an inspector open, the list drives it.
    return open === undefined || hrefOf === undefined ? undefined : navigate(hrefOf(next), { replace: true });
  };
  const select = (): unknown => {
    const isInside = box.current?.contains(document.activeElement) === true;
    return onSelect === undefined || !isInside || current === undefined ? false : onSelect(current);
  };
  useKeys({
    next: (event) => step(1, event),
    previous: (event) => step(-1, event),
    select,
    open: () => {
      // Where nothing is chosen yet it is the first row's.
      const isFree = current === undefined && document.activeElement === document.body;
      const row = isFree ? rows[0] : rows.find((row) => keyOf(row) === current);
      const isInside = box.current?.contains(document.activeElement) === true;
      // With an inspector open, Enter outside of the list is the inspector's.
      if (row === undefined || hrefOf === undefined || (open !== undefined && !isInside)) return false;
      return navigate(hrefOf(row));
    },
    ...(onSelect === undefined ? {} : { hold: select }),
  });

  const isSelectable = onSelect !== undefined;
  const template = [...(isSelectable ? ["18px"] : []), ...columns.map(({ width }) => width)].join(" ");
  return (
    <div
      class={isSelectable ? "table table-selectable" : "table"}
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length + (isSelectable ? 1 : 0)}
      aria-multiselectable={isSelectable ? true : undefined}
      style={{ "--columns": template }}
    >
      <div class="table-head" role="row" aria-rowindex={1}>
        {isSelectable ? (
          <div role="columnheader" class="cell">
            <span class="unseen">Selected</span>
          </div>
        ) : null}
        {columns.map((column) => (
          <Head key={column.id} column={column} sortable={sortable && column.sort !== undefined} />
        ))}
      </div>
      {banner === undefined || banner === null ? null : (
        <div role="row">
          <div role="gridcell">{banner}</div>
        </div>
      )}
      <div class="table-body" role="rowgroup" ref={box}>
        {rows.length === 0 ? (
          <div role="row" aria-rowindex={2}>
            <div role="gridcell">{empty}</div>
          </div>
        ) : null}
        {first > 0 ? <div class="table-space" role="presentation" style={{ height: `${first * height}px` }} /> : null}
        {shown.map((row, index) => {
          const key = keyOf(row);
          const isSelected = selected?.has(key) === true;
          return (
            <div
              key={key}
              class={`row ${key === open ? "row-open" : ""} ${isSelected ? "row-selected" : ""}`}
              role="row"
              data-key={key}
              aria-rowindex={first + index + 2}
              aria-selected={isSelectable ? isSelected : key === open}
              tabIndex={key === current ? 0 : -1}
              onFocus={() => setFocused(key)}
              onClick={(event) => {
                if (hrefOf === undefined || (event.target as Element).closest("a, button, .cell-select") !== null)
                  return;
                if (getSelection()?.toString() === "" || getSelection() === null) navigate(hrefOf(row));
              }}
            >
              {isSelectable ? (
                // The whole cell, so that a finger that misses the box does not open the row.
                <div
                  role="gridcell"
                  class="cell cell-select"
                  onClick={(event) => onSelect(key, event.shiftKey ? keys() : undefined)}
                >
                  <input
                    type="checkbox"
                    tabIndex={-1}
                    checked={isSelected}
                    aria-label={`Select row ${first + index + 1}`}
                  />
                </div>
              ) : null}
              {columns.map((column) => (
                <div
                  key={column.id}
                  role="gridcell"
                  class={`cell cell-${column.phone ?? "none"} ${column.align === "right" ? "cell-right" : ""}`}
                >
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
        {isVirtual ? (
          <div
            class="table-space"
            role="presentation"
            style={{ height: `${Math.max(0, rows.length - first - count) * height}px` }}
          />
        ) : null}
      </div>
    </div>
  );
}

interface Scroll {
  readonly top: number;
  readonly height: number;
  readonly isPhone: boolean;
}

function isSameScroll(one: Scroll, other: Scroll): boolean {
  return one.top === other.top && one.height === other.height && one.isPhone === other.isPhone;
}

function Head<Row>({ column, sortable }: { readonly column: Column<Row>; readonly sortable: boolean }): JSX.Element {
  const keys = sortKeys(place.value.query.get("sort"));
  const at = sortable ? keys.findIndex(({ id }) => id === column.id) : -1;
  const way = keys[at]?.way;
  const sorted = at === 0 ? (way === "down" ? ("descending" as const) : ("ascending" as const)) : undefined;
  return (
    <div role="columnheader" class={`cell ${column.align === "right" ? "cell-right" : ""}`} aria-sort={sorted}>
      {sortable ? (
        <button
          type="button"
          class="head-sort"
          title={at === 0 ? undefined : "With Shift: sort by it second"}
          onClick={(event) => setQuery({ sort: nextSort(keys, column.id, event.shiftKey) })}
        >
          {column.name}
          {way === undefined ? null : (
            <span>
              <span aria-hidden>{way === "down" ? " ↓" : " ↑"}</span>
              {at === 0 ? null : <span class="sort-second">2</span>}
            </span>
          )}
        </button>
      ) : (
        <span class={column.isNameHidden === true ? "unseen" : ""}>{column.name}</span>
      )}
    </div>
  );
}
