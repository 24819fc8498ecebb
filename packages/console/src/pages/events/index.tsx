// Events as they come, by mask; hold, inspect. Memory keeps 2,000.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { formatCount, formatMoment, plural } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Bar } from "../../parts/bar.tsx";
import { Code, toJson } from "../../parts/code.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Inspector } from "../../parts/inspector.tsx";
import { Time } from "../../parts/num.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { place, setQuery } from "../../router.ts";
import { now, presentTime } from "../../services/clock.ts";
import { useCall, useEvents } from "../../services/use-call.ts";

interface EventRow {
  readonly id: string;
  readonly at: Date;
  readonly name: string;
  readonly args: unknown;
}

interface EventType {
  readonly description?: string;
  readonly schema?: unknown;
}

const mostEvents = 2000;
let lastId = 0;
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
  const [isListing, setListing] = useState(false);
  const open = place.value.query.get("event") ?? undefined;
  const types = useCall<Readonly<Record<string, EventType>>>("discovery.get_event_types");
  useEvents(mask, (args, name) => {
    setCount((value) => value + 1);
    rows.value = [{ id: String(++lastId), at: presentTime(), name, args }, ...rows.peek()].slice(0, mostEvents);
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
          The newest is on top; the last {formatCount(mostEvents)} are kept.{" "}
          <button type="button" class="link" aria-expanded={isListing} onClick={() => setListing(!isListing)}>
            {plural(Object.keys(types.data ?? {}).length, "type")} of events
          </button>
        </p>
        {isListing ? (
          <ul class="event-types">
            {Object.entries(types.data ?? {}).map(([name, { description }]) => (
              <li key={name}>
                <button type="button" class="link" onClick={() => setQuery({ mask: name })}>
                  {name}
                </button>{" "}
                <span class="quiet-text">{description}</span>
              </li>
            ))}
          </ul>
        ) : null}
        <Table
          label="Events"
          columns={columns}
          rows={shown}
          keyOf={(event) => event.id}
          open={open}
          sortable={false}
          hrefOf={(event) => {
            const next = new URLSearchParams(place.value.query);
            next.set("event", event.id);
            return `/events?${next.toString()}`;
          }}
          empty={
            <State kind="none" title="No event yet">
              <p>
                {mask === "*" ? (
                  "Events"
                ) : (
                  <>
                    Events that fit <code>{mask}</code>
                  </>
                )}{" "}
                appear here as they happen.
              </p>
            </State>
          }
        />
      </div>
      {row === undefined ? null : (
        <Inspector
          title={row.name}
          note={formatMoment(row.at, now.peek(), "ms")}
          onClose={() => setQuery({ event: null })}
        >
          <p>{types.data?.[row.name]?.description ?? "Nothing is said about events of this type."}</p>
          <p class="buttons">
            <button type="button" onClick={() => setQuery({ mask: row.name })}>
              Only these
            </button>
          </p>
          <Code value={toJson(row.args)} language="json" copy label="Event" />
          {types.data?.[row.name]?.schema === undefined || types.data[row.name]?.schema === null ? null : (
            <>
              <h3>Schema of the type</h3>
              <Code value={toJson(types.data[row.name]?.schema)} language="json" label="Schema" />
            </>
          )}
        </Inspector>
      )}
    </div>
  );
}
