// Events as they come, by mask; hold, inspect. Memory keeps 2,000.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { formatCount } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Bar } from "../../parts/bar.tsx";
import { Code, toJson } from "../../parts/code.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Inspector } from "../../parts/inspector.tsx";
import { Time } from "../../parts/num.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { place, setQuery } from "../../router.ts";
import { presentTime } from "../../services/clock.ts";
import { useCall, useEvents } from "../../services/use-call.ts";

interface EventRow {
  readonly id: string;
  readonly at: Date;
  readonly name: string;
  readonly args: unknown;
}

const mostEvents = 2000;
const columns: readonly Column<EventRow>[] = [
  { id: "time", name: "Time", width: "104px", cell: (row) => <Time at={row.at} exact="ms" />, phone: "least" },
  { id: "name", name: "Event", width: "minmax(120px, 200px)", cell: (row) => <b>{row.name}</b>, phone: "name" },
  {
    id: "args",
    name: "Says",
    width: "minmax(0, 1fr)",
    cell: (row) => <code>{JSON.stringify(row.args).slice(0, 200)}</code>,
    phone: "text",
  },
];

/** The page. */
export default function EventsPage(): JSX.Element {
  const mask = place.value.query.get("mask") ?? "*";
  const rows = useMemo(() => signal<readonly EventRow[]>([]), []);
  const [held, setHeld] = useState<readonly EventRow[] | undefined>();
  const [count, setCount] = useState(0);
  const [open, setOpen] = useState<string | undefined>();
  const types = useCall<Readonly<Record<string, unknown>>>("discovery.get_event_types");
  useEvents(mask, (args, name) => {
    setCount((value) => value + 1);
    rows.value = [{ id: String(performance.now()), at: presentTime(), name, args }, ...rows.peek()].slice(
      0,
      mostEvents,
    );
  });
  const toggle = (): void => setHeld(held === undefined ? rows.peek() : undefined);
  useKeys({ hold: toggle });
  const shown = held ?? rows.value;
  const row = shown.find(({ id }) => id === open);
  return (
    <div class="split">
      <div class="split-list">
        <Bar title="Events" note={`${formatCount(count)} since this page is open`}>
          <Filter
            label="Mask"
            value={mask === "*" ? "" : mask}
            onChange={(value) => setQuery({ mask: value === "" ? null : value })}
            placeholder="mask, as task.*"
          />
          <button type="button" onClick={toggle} aria-pressed={held !== undefined}>
            {held === undefined ? "Hold" : "Resume"} <kbd>Space</kbd>
          </button>
        </Bar>
        <p class="tail-note quiet-text">
          {Object.keys(types.data ?? {}).length} types are known; the newest event is on top, the last{" "}
          {formatCount(mostEvents)} are kept.
        </p>
        <Table
          label="Events"
          columns={columns}
          rows={shown}
          keyOf={(event) => event.id}
          open={open}
          sortable={false}
          onSelect={setOpen}
          empty={
            <State kind="none" title="No event yet">
              <p>Events that fit {mask} appear here as they happen.</p>
            </State>
          }
        />
      </div>
      {row === undefined ? null : (
        <Inspector title={row.name} onClose={() => setOpen(undefined)}>
          <Code value={toJson(row.args)} language="json" copy label="Event" />
        </Inspector>
      )}
    </div>
  );
}
