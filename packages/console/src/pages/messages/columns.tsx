// The columns of the list of messages, and the choice of those that are shown, which this browser remembers.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatAddress, formatDuration, oneLine, shortId } from "../../format.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { messageLamp } from "../../parts/message.tsx";
import { Time } from "../../parts/num.tsx";
import type { Column } from "../../parts/table.tsx";
import { readSetting, writeSetting } from "../../services/settings.ts";
import type { MessageRow } from "../../services/types.ts";

/** Always shown: without them a row says nothing. */
const fixed: ReadonlySet<string> = new Set(["time", "way", "text"]);
/** Shown where nobody has chosen. */
const usual: ReadonlySet<string> = new Set([...fixed, "channel", "person", "state", "took"]);

const all: readonly Column<MessageRow>[] = [
  {
    id: "time",
    name: "Time",
    width: "92px",
    cell: (row) => <Time at={row.at} exact="ms" />,
    sort: (row) => row.at.getTime(),
    phone: "least",
  },
  {
    id: "way",
    name: "Way",
    isNameHidden: true,
    width: "10px",
    cell: (row) => (
      <i
        class={row.direction === "in" ? "arrow-in" : "arrow-out"}
        role="img"
        aria-label={row.direction === "in" ? "from people" : "to people"}
      />
    ),
    phone: "sign",
  },
  {
    id: "channel",
    name: "Channel",
    width: "minmax(64px, 100px)",
    cell: (row) => row.channel,
    sort: (row) => row.channel,
    phone: "least",
  },
  {
    id: "person",
    name: "Person",
    width: "minmax(112px, 136px)",
    cell: (row) => formatAddress(row.person),
    sort: (row) => row.person,
    phone: "name",
  },
  { id: "text", name: "Text", width: "minmax(80px, 1fr)", cell: (row) => oneLine(row.content), phone: "text" },
  {
    id: "state",
    name: "State",
    width: "minmax(80px, 96px)",
    cell: (row) => <StateWord row={row} />,
    sort: (row) => row.state,
    phone: "end",
  },
  {
    id: "took",
    name: "Took",
    width: "minmax(56px, 78px)",
    align: "right",
    cell: (row) => formatDuration(row.took_ms),
    sort: (row) => row.took_ms ?? -1,
  },
  more("line", "Line", (row) => (row.direction === "in" ? row.to_addr : row.from_addr)),
  more("router", "Router", (row) => row.router),
  more("rule", "Rule", (row) => (row.rule === null ? null : String(row.rule))),
  more("application", "Application", (row) => row.application),
  more("session", "Session", (row) => row.session_event),
  more("provider", "Provider", (row) => row.provider),
  more("tags", "Tags", (row) => row.tags.join(", ")),
  more("error", "Error", (row) => row.error),
  more("id", "Id", (row) => shortId(row.id)),
];

/** A column of plain text that is shown when somebody asks for it. */
function more(id: string, name: string, text: (row: MessageRow) => string | null): Column<MessageRow> {
  return { id, name, width: "minmax(48px, 110px)", cell: (row) => text(row) || "–", sort: (row) => text(row) ?? "" };
}

function StateWord({ row }: { readonly row: MessageRow }): JSX.Element {
  const lamp = messageLamp(row.state);
  return lamp === undefined ? (
    <span class="quiet-text">{row.state}</span>
  ) : (
    <span class={row.state}>
      <Lamp state={lamp} size={10} name="" /> {row.state}
    </span>
  );
}

/** Which columns are shown, and whether that is being chosen. */
export interface Choice {
  readonly columns: readonly Column<MessageRow>[];
  readonly choose: (id: string, isShown: boolean) => void;
  readonly isOpen: boolean;
  readonly setOpen: (isOpen: boolean) => void;
}

/** True for a column that is shown where nobody has chosen, and where there is little room. */
export function isUsual({ id }: Column<MessageRow>): boolean {
  return usual.has(id);
}

/** The choice of this browser. */
export function useColumnChoice(): Choice {
  const [shown, setShown] = useState<ReadonlySet<string>>(() => {
    const kept = readSetting("columns.messages");
    return kept === undefined ? usual : new Set([...fixed, ...kept.split(" ")]);
  });
  const [isOpen, setOpen] = useState(false);
  const choose = (id: string, isShown: boolean): void => {
    const next = new Set(shown);
    if (isShown) next.add(id);
    else next.delete(id);
    setShown(next);
    writeSetting("columns.messages", [...next].join(" "));
  };
  return { columns: all.filter(({ id }) => shown.has(id)), choose, isOpen, setOpen };
}

/** The choice, to be made. */
export function ColumnChoice({ choice: { columns, choose, setOpen } }: { readonly choice: Choice }): JSX.Element {
  return (
    <fieldset class="columns-choice not-phone">
      <legend class="unseen">Columns</legend>
      {all
        .filter(({ id }) => !fixed.has(id))
        .map(({ id, name }) => (
          <label key={id}>
            <input
              type="checkbox"
              checked={columns.some((column) => column.id === id)}
              onChange={(event) => choose(id, event.currentTarget.checked)}
            />{" "}
            {name}
          </label>
        ))}
      <button type="button" class="quiet small" onClick={() => setOpen(false)}>
        Close
      </button>
    </fieldset>
  );
}
