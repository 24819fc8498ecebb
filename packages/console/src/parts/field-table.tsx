// A table whose rows are edited in place: a list of small objects, or pairs. The rules of a router are one, with what is known of each beside it.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { textOf } from "../format.ts";
import { keyHint, useKeys } from "../keys.ts";
import { mapData } from "../services/live.ts";
import type { Schema } from "../services/types.ts";
import { optionsOf } from "./form-model.ts";
import {
  type CellColumn,
  type Row,
  cellNames,
  cellText,
  columnsOf,
  isOrdered,
  movedRow,
  rowProblems,
  rowsOf,
  valueOfRows,
  newRow,
  withCell,
} from "./form-rows.ts";
import { Lamp } from "./lamp.tsx";

/** What is known of a row besides its cells. */
export interface RowNote {
  /** Stands in front: the rule's number. */
  readonly number?: number | undefined;
  readonly isMarked?: boolean | undefined;
  readonly shown: ComponentChildren;
}

/** What such a table is given. */
export interface TableFieldProps {
  readonly id: string;
  readonly label: string;
  /** What one row is called. */
  readonly noun?: string;
  readonly schema: Schema;
  readonly value: unknown;
  /** From the server: `2.app` to words. */
  readonly errors?: ReadonlyMap<string, string>;
  readonly note?: { readonly title: string; readonly of: (row: Row, index: number) => RowNote | undefined } | undefined;
  /** Whether `n` adds a row here. */
  readonly hasKey?: boolean;
  /** Without it the rows are only shown. */
  readonly onChange?: ((value: unknown) => void) | undefined;
}

const shownAtFirst = 200;

/** The table. */
export function TableField(props: TableFieldProps): JSX.Element {
  const { id, label, noun = "row", schema, value, errors, note, hasKey = false, onChange } = props;
  const [rows, setRows] = useRows(schema, value, onChange);
  const [editing, setEditing] = useState<number | undefined>();
  const [isAll, setAll] = useState(false);
  const columns = columnsOf(schema);
  const own = rowProblems(schema, rows);
  const isEditable = onChange !== undefined;
  const hasOrder = isOrdered(schema);
  const add = (): void => {
    setAll(true);
    setRows([...rows, newRow(columns)]);
    setEditing(rows.length);
  };
  const move = (index: number, by: number): void => {
    const next = movedRow(rows, index, by);
    if (next === rows) return;
    setRows(next);
    if (editing === index) setEditing(index + by);
    refocus(id, index + by);
  };
  useKeys(hasKey && isEditable ? { new: add } : {});
  const shown = isAll ? rows : rows.slice(0, shownAtFirst);
  return (
    <div class="rules-wrap" id={id} tabIndex={-1}>
      {rows.length === 0 ? null : (
        <table class="rules" aria-label={label}>
          <thead>
            <tr>
              {note === undefined ? null : <th scope="col">Rule</th>}
              {columns.map(({ key, title }) => (
                <th scope="col" key={key}>
                  {title}
                </th>
              ))}
              {note === undefined ? null : <th scope="col">{note.title}</th>}
              {isEditable ? <th scope="col">Change</th> : null}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <TableRow
                key={index}
                id={id}
                index={index}
                row={row}
                columns={columns}
                noun={noun}
                note={note?.of(row, index)}
                hasNotes={note !== undefined}
                isEditing={isEditable && editing === index}
                isLast={index === rows.length - 1}
                errorOf={(key) => {
                  // What is still empty in the row under edit is not wrong yet.
                  const isNew = editing === index && cellText(row[key]) === "";
                  return (isNew ? undefined : own.get(`${index}.${key}`)) ?? errors?.get(`${index}.${key}`);
                }}
                {...(isEditable
                  ? {
                      acts: {
                        edit: (isOn: boolean) => setEditing(isOn ? index : undefined),
                        change: (next: Row) => setRows(rows.map((each, at) => (at === index ? next : each))),
                        move: hasOrder ? (by: number) => move(index, by) : undefined,
                        remove: () => {
                          setEditing(undefined);
                          setRows(rows.filter((_, at) => at !== index));
                        },
                      },
                    }
                  : {})}
              />
            ))}
          </tbody>
        </table>
      )}
      {rows.length > shown.length ? (
        <p>
          <button type="button" class="link" onClick={() => setAll(true)}>
            {rows.length - shown.length} more
          </button>
        </p>
      ) : null}
      {isEditable ? (
        <p class="rule-add">
          <button type="button" class="small" onClick={add}>
            Add a {noun} {hasKey ? <kbd>{keyHint("new")}</kbd> : null}
          </button>
        </p>
      ) : rows.length === 0 ? (
        <p class="quiet-text">none</p>
      ) : null}
    </div>
  );
}

interface RowActsProps {
  readonly edit: (isOn: boolean) => void;
  readonly change: (row: Row) => void;
  /** Absent where order does not count. */
  readonly move: ((by: number) => void) | undefined;
  readonly remove: () => void;
}

interface TableRowProps {
  readonly id: string;
  readonly index: number;
  readonly row: Row;
  readonly columns: readonly CellColumn[];
  readonly noun: string;
  readonly note: RowNote | undefined;
  readonly hasNotes: boolean;
  readonly isEditing: boolean;
  readonly isLast: boolean;
  readonly errorOf: (key: string) => string | undefined;
  readonly acts?: RowActsProps;
}

function TableRow(props: TableRowProps): JSX.Element {
  const { id, index, row, columns, noun, note, hasNotes, isEditing, isLast, errorOf, acts } = props;
  const name = `${noun} ${note?.number ?? index + 1}`;
  return (
    <tr
      data-row={index}
      class={note?.isMarked === true ? "rule-decides" : ""}
      onKeyDown={(event) => {
        if (acts?.move === undefined || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
        event.preventDefault();
        acts.move(event.key === "ArrowUp" ? -1 : 1);
      }}
    >
      {hasNotes ? <td class="num">{note?.number ?? "–"}</td> : null}
      {columns.map((column) => {
        const error = errorOf(column.key);
        return (
          <td key={column.key}>
            {isEditing && acts !== undefined ? (
              <Cell
                id={`${id}-${index}-${column.key}`}
                column={column}
                name={`${column.title} of ${name}`}
                value={row[column.key]}
                hasError={error !== undefined}
                isFirst={column === columns[0]}
                onInput={(text) => acts.change(withCell(row, column, text))}
                onDone={() => {
                  acts.edit(false);
                  refocus(id, index);
                }}
              />
            ) : (
              <CellText column={column} value={row[column.key]} />
            )}
            {error === undefined ? null : (
              <span class="field-error">
                <Lamp state="down" size={10} name="" /> {error}
              </span>
            )}
          </td>
        );
      })}
      {hasNotes ? <td class="num">{note?.shown}</td> : null}
      {acts === undefined ? null : (
        <td class="rule-acts">
          <RowActs name={name} isEditing={isEditing} isFirst={index === 0} isLast={isLast} acts={acts} />
        </td>
      )}
    </tr>
  );
}

function RowActs({
  name,
  isEditing,
  isFirst,
  isLast,
  acts,
}: {
  readonly name: string;
  readonly isEditing: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly acts: RowActsProps;
}): JSX.Element {
  const { move } = acts;
  return (
    <>
      <button
        type="button"
        class="link"
        onClick={() => acts.edit(!isEditing)}
        aria-label={isEditing ? `${name} is done` : `Edit ${name}`}
      >
        {isEditing ? "done" : "edit"}
      </button>
      {move === undefined ? null : (
        <>
          <button
            type="button"
            class="link"
            disabled={isFirst}
            title="Alt with arrow up"
            onClick={() => move(-1)}
            aria-label={`Move ${name} up`}
          >
            ↑
          </button>
          <button
            type="button"
            class="link"
            disabled={isLast}
            title="Alt with arrow down"
            onClick={() => move(1)}
            aria-label={`Move ${name} down`}
          >
            ↓
          </button>
        </>
      )}
      <button type="button" class="link" onClick={acts.remove} aria-label={`Remove ${name}`}>
        remove
      </button>
    </>
  );
}

/** The rows, kept here while two of them have one key: the value could only hold one of them. */
function useRows(
  schema: Schema,
  value: unknown,
  onChange: ((value: unknown) => void) | undefined,
): readonly [rows: readonly Row[], set: (rows: readonly Row[]) => void] {
  const given = JSON.stringify(value ?? null);
  const [kept, setKept] = useState<{ readonly rows: readonly Row[]; readonly said: string }>(() => ({
    rows: rowsOf(schema, value),
    said: given,
  }));
  const isMine = kept.said === given;
  const rows = isMine ? kept.rows : rowsOf(schema, value);
  useEffect(() => {
    if (!isMine) setKept({ rows: rowsOf(schema, value), said: given });
  }, [given]);
  const set = (next: readonly Row[]): void => {
    const meant = valueOfRows(schema, next);
    setKept({ rows: next, said: JSON.stringify(meant) });
    onChange?.(meant);
  };
  return [rows, set];
}

// After the row has moved in the page, its first button has the focus again.
function refocus(id: string, index: number): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`#${CSS.escape(id)} tr[data-row="${index}"] .rule-acts button`)?.focus(),
  );
}

function CellText({ column, value }: { readonly column: CellColumn; readonly value: unknown }): JSX.Element {
  const text = cellText(value);
  if (text === "") return <span class="quiet-text">{column.isRequired ? "empty" : "any"}</span>;
  return <code>{text}</code>;
}

interface CellProps {
  readonly id: string;
  readonly column: CellColumn;
  readonly name: string;
  readonly value: unknown;
  readonly hasError: boolean;
  readonly isFirst: boolean;
  readonly onInput: (text: string) => void;
  readonly onDone: () => void;
}

function Cell({ id, column, name, value, hasError, isFirst, onInput, onDone }: CellProps): JSX.Element {
  const names = cellNames(column, mapData.value?.nodes ?? []);
  const first = useRef<HTMLElement | null>(null);
  const [text, setText] = useState(cellText(value));
  // Before anything else can be typed.
  useLayoutEffect(() => {
    if (isFirst) first.current?.focus();
  }, []);
  if (optionsOf(column.schema).length > 0) {
    return (
      <select
        ref={(node) => void (first.current = node)}
        aria-label={name}
        value={cellText(value)}
        onChange={(event) => onInput(event.currentTarget.value)}
      >
        {column.isRequired ? null : <option value="">any</option>}
        {names.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    );
  }
  return (
    <>
      <input
        ref={(node) => void (first.current = node)}
        class="mono"
        aria-label={name}
        aria-invalid={hasError}
        placeholder={column.isRequired ? "" : "any"}
        title={textOf(column.schema.description ?? "")}
        list={names.length === 0 ? undefined : id}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          onInput(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation();
          onDone();
        }}
      />
      {names.length === 0 ? null : (
        <datalist id={id}>
          {names.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </>
  );
}
