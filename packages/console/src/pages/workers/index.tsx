// Channels, routers and applications: three lists of one shape, and the pages of one object. Which kind is the first part of the path.

import type { JSX } from "preact";
import { plural } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Bar } from "../../parts/bar.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Lamp, lampRank, lampWords } from "../../parts/lamp.tsx";
import { Num, Rate, Time } from "../../parts/num.tsx";
import { Loaded, State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { navigate, path, place, segments, setQuery } from "../../router.ts";
import { frame } from "../../services/live.ts";
import type { Measures, Worker, WorkerKind } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { CreatePage } from "./create.tsx";
import { WorkerPage } from "./worker-page.tsx";

const kinds: Readonly<Record<string, { readonly kind: WorkerKind; readonly title: string; readonly about: string }>> = {
  channels: { kind: "channel", title: "Channels", about: "A channel is a line people can reach you on." },
  routers: { kind: "router", title: "Routers", about: "A router decides which application gets a message." },
  applications: { kind: "application", title: "Applications", about: "An application answers what people write." },
};

/** The pages under `/channels`, `/routers` and `/applications`. */
export default function WorkersPage(): JSX.Element {
  const [first = "channels", name] = segments.value;
  if (name === "new") return <CreatePage plural={first} kind={kinds[first]?.kind ?? "channel"} />;
  if (name !== undefined)
    return <WorkerPage key={`${first}/${name}`} plural={first} title={kinds[first]?.title ?? first} name={name} />;
  return <WorkerList plural={first} />;
}

const measures = (worker: Worker): Measures =>
  frame.value?.workers[worker.name] ?? {
    ...worker.rates,
    waiting: worker.waiting,
    oldest_ms: worker.oldest_ms,
    parked: worker.parked,
  };

const columns: readonly Column<Worker>[] = [
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
    cell: (worker) => <Rate value={measures(worker).in} bare />,
    sort: (worker) => measures(worker).in ?? -1,
    phone: "least",
  },
  {
    id: "out",
    name: "Out/min",
    width: "70px",
    align: "right",
    cell: (worker) => <Rate value={measures(worker).out} bare />,
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

function WorkerList({ plural: first }: { readonly plural: string }): JSX.Element {
  const { title, about, kind } = kinds[first] ?? { title: first, about: "", kind: "channel" };
  const list = useCall<readonly Worker[]>(`${first}.query`, [], ["workers.changed"]);
  const text = place.value.query.get("q") ?? "";
  const create = `/${first}/new`;
  useKeys({ new: () => navigate(create) });
  const shown = (list.data ?? [])
    .filter((worker) =>
      [worker.name, worker.label, worker.address ?? "", lampWords[worker.lamp]].some((part) =>
        part.toLowerCase().includes(text.toLowerCase()),
      ),
    )
    .toSorted((a, b) => lampRank(a.lamp) - lampRank(b.lamp) || a.name.localeCompare(b.name));
  return (
    <>
      <Bar title={title} note={list.data === undefined ? undefined : plural(list.data.length, kind)}>
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
            columns={columns}
            rows={shown}
            keyOf={(worker) => worker.name}
            hrefOf={(worker) => path(first, worker.name)}
            empty={
              <State
                kind={text === "" ? "empty" : "none"}
                title={text === "" ? `No ${kind} yet` : `No ${kind} fits ${text}`}
              >
                <p>{text === "" ? about : `Searched ${plural(list.data?.length ?? 0, kind)}.`}</p>
                <a class="button main" href={create}>
                  Add a {kind}
                </a>
              </State>
            }
          />
        )}
      </Loaded>
    </>
  );
}
