// The map as a table: the same lines and figures, sortable; offered to screen readers first.

import type { JSX } from "preact";
import { path } from "../router.ts";
import type { MapData, MapLine, MetricsFrame, Worker } from "../services/types.ts";
import { Dur, Num, Rate } from "./num.tsx";
import { Lamp, lampRank, worstLamp } from "./lamp.tsx";
import { type Column, Table } from "./table.tsx";

/** The table of lines. */
export function BoardTable({
  map,
  workers,
  frame,
  onlyTrouble,
}: {
  readonly map: MapData;
  readonly workers: readonly Worker[];
  readonly frame: MetricsFrame | undefined;
  readonly onlyTrouble: boolean;
}): JSX.Element {
  const lampOf = (line: MapLine): Worker["lamp"] =>
    worstLamp(workers.filter(({ name }) => name === line.from || name === line.to).map(({ lamp }) => lamp));
  const rows = map.lines.filter((line) => !onlyTrouble || !["ok", "stopped"].includes(lampOf(line)));
  const measures = (line: MapLine): MetricsFrame["lines"][string] | undefined => frame?.lines[line.id];
  const columns: readonly Column<MapLine>[] = [
    {
      id: "state",
      name: "State",
      width: "70px",
      cell: (line) => <Lamp state={lampOf(line)} />,
      sort: (line) => lampRank(lampOf(line)),
      phone: "none",
    },
    {
      id: "from",
      name: "From",
      width: "minmax(120px, 1fr)",
      cell: (line) => <b>{line.from}</b>,
      sort: (line) => line.from,
      phone: "name",
    },
    {
      id: "to",
      name: "To",
      width: "minmax(120px, 1fr)",
      cell: (line) => line.to,
      sort: (line) => line.to,
      phone: "text",
    },
    {
      id: "in",
      name: "In/min",
      width: "80px",
      align: "right",
      cell: (line) => <Rate value={measures(line)?.in} bare />,
      sort: (line) => measures(line)?.in ?? -1,
      phone: "least",
    },
    {
      id: "out",
      name: "Out/min",
      width: "80px",
      align: "right",
      cell: (line) => <Rate value={measures(line)?.out} bare />,
      sort: (line) => measures(line)?.out ?? -1,
      phone: "least",
    },
    {
      id: "waiting",
      name: "Waiting",
      width: "90px",
      align: "right",
      cell: (line) => <Num value={measures(line)?.waiting} />,
      sort: (line) => measures(line)?.waiting ?? -1,
      phone: "end",
    },
    {
      id: "oldest",
      name: "Oldest",
      width: "110px",
      align: "right",
      cell: (line) => <Dur ms={measures(line)?.oldest_ms} />,
      sort: (line) => measures(line)?.oldest_ms ?? -1,
      phone: "none",
    },
    {
      id: "parked",
      name: "Parked",
      width: "80px",
      align: "right",
      cell: (line) => <Num value={measures(line)?.parked} />,
      sort: (line) => measures(line)?.parked ?? -1,
      phone: "none",
    },
  ];
  return (
    <Table
      label="Lines"
      columns={columns}
      rows={rows}
      keyOf={(line) => line.id}
      hrefOf={(line) => path("queues", line.outbound_queue)}
    />
  );
}
