// Channels, routers or applications as a list: state, rates with their course, what waits. Several can be started, stopped, paused or restarted at once.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Bar } from "../../parts/bar.tsx";
import { Spark } from "../../parts/figure.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Lamp, lampRank, lampWords } from "../../parts/lamp.tsx";
import { Num, Rate, Time } from "../../parts/num.tsx";
import { noRows, withRow } from "../../parts/row-selection.ts";
import { Loaded, State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { navigate, path, place, setQuery } from "../../router.ts";
import { frame } from "../../services/live.ts";
import type { Measures, Worker } from "../../services/types.ts";
import { useCall, useEvery } from "../../services/use-call.ts";
import { BulkActs } from "./bulk-acts.tsx";
import { kindOf } from "./kinds.ts";

const measures = (worker: Worker): Measures =>
  frame.value?.workers[worker.name] ?? {
    ...worker.rates,
    waiting: worker.waiting,
    oldest_ms: worker.oldest_ms,
    parked: worker.parked,
  };

const baseColumns: readonly Column<Worker>[] = [
  {
    id: "name",
    name: "Name",
    width: "minmax(140px, 1fr)",
    cell: (worker) => (
      <>
        <Lamp state={worker.lamp} size={10} /> <b>{worker.name}</b>
      </>
    ),
    sort: (worker) => worker.name,
    phone: "name",
  },
  {
    id: "state",
    name: "State",
    width: "110px",
    cell: (worker) => (worker.lamp === "ok" ? worker.state : lampWords[worker.lamp]),
    sort: (worker) => lampRank(worker.lamp),
    phone: "end",
  },
  {
    id: "kind",
    name: "Kind and address",
    width: "minmax(150px, 1fr)",
    cell: (worker) =>
      [worker.label, worker.address].filter((part) => part !== undefined && part !== null && part !== "").join(" · "),
    sort: (worker) => worker.label,
    phone: "text",
  },
  {
    id: "in",
    name: "In/min",
    width: "70px",
    align: "right",
    cell: (worker) => (
      <>
        <i class="arrow-in phone-only" role="img" aria-label="in" /> <Rate value={measures(worker).in} bare />
      </>
    ),
    sort: (worker) => measures(worker).in ?? -1,
    phone: "least",
  },
  {
    id: "out",
    name: "Out/min",
    width: "70px",
    align: "right",
    cell: (worker) => (
      <>
        <i class="arrow-out phone-only" role="img" aria-label="out" /> <Rate value={measures(worker).out} bare />
      </>
    ),
    sort: (worker) => measures(worker).out ?? -1,
    phone: "least",
  },
  {
    id: "waiting",
    name: "Waiting",
    width: "80px",
    align: "right",
    cell: (worker) => <Num value={measures(worker).waiting} />,
    sort: (worker) => measures(worker).waiting ?? -1,
    phone: "none",
  },
  {
    id: "parked",
    name: "Parked",
    width: "70px",
    align: "right",
    cell: (worker) => <Num value={measures(worker).parked} />,
    sort: (worker) => measures(worker).parked ?? -1,
    phone: "none",
  },
  {
    id: "since",
    name: "Since",
    width: "110px",
    align: "right",
    cell: (worker) => <Time at={worker.since} />,
    sort: (worker) => worker.since.getTime(),
    phone: "none",
  },
];

type Series = Readonly<Record<string, readonly (number | null)[]>>;

/** The last ten minutes of each, in and out; none for very many: their list is looked through, not read. */
function useCourses(names: readonly string[]): Series {
  const isWanted = names.length > 0 && names.length <= 100;
  const wanted = names.flatMap((name) => [`workers.${name}.in`, `workers.${name}.out`]);
  const series = useCall<Series>(isWanted ? "metrics.series" : undefined, [wanted, 60]);
  useEvery(10_000, () => (isWanted ? series.again() : undefined));
  return series.data ?? {};
}

function columnsWith(courses: Series): readonly Column<Worker>[] {
  if (Object.keys(courses).length === 0) return baseColumns;
  const known = (name: string): readonly number[] =>
    (courses[name] ?? []).filter((value): value is number => value !== null);
  const course: Column<Worker> = {
    id: "course",
    name: "10 min",
    width: "90px",
    cell: ({ name }) => {
      const [into, out] = [known(`workers.${name}.in`), known(`workers.${name}.out`)];
      const isOut = Math.max(0, ...out) > Math.max(0, ...into);
      return <Spark values={isOut ? out : into} meaning={isOut ? "out" : "in"} width={88} height={20} />;
    },
    phone: "none",
  };
  const at = baseColumns.findIndex(({ id }) => id === "in");
  return [...baseColumns.slice(0, at), course, ...baseColumns.slice(at)];
}

/** The list. */
export function WorkerList({ plural: first }: { readonly plural: string }): JSX.Element {
  const { title, about, kind } = kindOf(first);
  const list = useCall<readonly Worker[]>(`${first}.query`, [], ["workers.changed"]);
  const [selection, setSelection] = useState(noRows);
  const { ids } = selection;
  const text = place.value.query.get("q") ?? "";
  const create = `/${first}/new`;
  const all = list.data ?? [];
  const courses = useCourses(all.map(({ name }) => name));
  const shown = all
    .filter((worker) =>
      [worker.name, worker.label, worker.address ?? "", lampWords[worker.lamp]].some((part) =>
        part.toLowerCase().includes(text.toLowerCase()),
      ),
    )
    .toSorted((a, b) => lampRank(a.lamp) - lampRank(b.lamp) || a.name.localeCompare(b.name));
  useKeys({
    new: () => navigate(create),
    selectAll: () => setSelection({ ids: new Set(shown.map(({ name }) => name)), last: undefined }),
    close: () => (ids.size === 0 ? false : setSelection(noRows)),
  });
  return (
    <>
      <Bar title={title} note={list.data === undefined ? undefined : plural(all.length, kind)}>
        <Filter
          label={`Filter ${first}`}
          value={text}
          onChange={(value) => setQuery({ q: value })}
          placeholder="Filter"
        />
        <a class="button" href={create}>
          New {kind} <kbd>N</kbd>
        </a>
      </Bar>
      <Loaded of={list} what={`The list of ${first}`}>
        {() => (
          <Table
            label={title}
            columns={columnsWith(courses)}
            rows={shown}
            keyOf={(worker) => worker.name}
            hrefOf={(worker) => path(first, worker.name)}
            selected={ids}
            onSelect={(name, keys) => setSelection(withRow(selection, name, keys))}
            empty={
              <State
                kind={text === "" ? "empty" : "none"}
                title={text === "" ? `No ${kind} yet` : `No ${kind} fits ${text}`}
              >
                <p>{text === "" ? about : `Searched ${plural(all.length, kind)}.`}</p>
                <a class="button main" href={create}>
                  Add a {kind}
                </a>
              </State>
            }
          />
        )}
      </Loaded>
      <BulkActs kind={kind} chosen={all.filter(({ name }) => ids.has(name))} onClear={() => setSelection(noRows)} />
    </>
  );
}
