// Lines of the log: newest first, by level and worker, followed while they come. Used by Logs and by the objects' own tabs.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatMoment, textOf } from "../../format.ts";
import { Code, toJson } from "../../parts/code.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Time } from "../../parts/num.tsx";
import { Loaded, State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Inspector } from "../../parts/inspector.tsx";
import { navigate, place, setQuery } from "../../router.ts";
import { now } from "../../services/clock.ts";
import type { LogRow } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";

const columns: readonly Column<LogRow>[] = [
  { id: "time", name: "Time", width: "104px", cell: (row) => <Time at={row.at} exact="ms" />, phone: "least" },
  { id: "level", name: "Level", width: "84px", cell: (row) => <Level level={row.level} />, phone: "end" },
  { id: "worker", name: "From", width: "minmax(90px, 130px)", cell: (row) => row.worker, phone: "name" },
  { id: "text", name: "Text", width: "minmax(0, 1fr)", cell: (row) => <LogText row={row} />, phone: "text" },
];

function Level({ level }: { readonly level: LogRow["level"] }): JSX.Element {
  if (level !== "error" && level !== "fatal" && !level.startsWith("warn"))
    return <span class="quiet-text">{level}</span>;
  return (
    <span class={level.startsWith("warn") ? "log-warning" : "log-error"}>
      <Lamp state={level.startsWith("warn") ? "degraded" : "down"} size={10} name="" /> {level}
    </span>
  );
}

// What a line says besides its text, shortly: the worker stands in its own column.
function LogText({ row }: { readonly row: LogRow }): JSX.Element {
  const fields = Object.entries((row.fields ?? {}) as Readonly<Record<string, unknown>>).filter(
    ([key, value]) => key !== "worker" && value !== null && value !== undefined,
  );
  return (
    <>
      {row.message}{" "}
      <span class="quiet-text">
        {fields
          .slice(0, 4)
          .map(([key, value]) => `${key} ${textOf(value).slice(0, 60)}`)
          .join(", ")}
      </span>
    </>
  );
}

/** The list. */
export function LogList({
  worker,
  level,
  text,
}: {
  readonly worker?: string;
  readonly level?: string;
  readonly text?: string;
}): JSX.Element {
  const [limit] = useState(500);
  const query = {
    limit,
    ...(worker === undefined ? {} : { worker }),
    ...(level === undefined ? {} : { level }),
    ...(text === undefined || text === "" ? {} : { text }),
  };
  const logs = useCall<readonly LogRow[]>("logs.query", [query], ["logs.changed"]);
  const open = place.value.query.get("line") ?? undefined;
  const row = logs.data?.find(({ id }) => String(id) === open);
  return (
    <Loaded of={logs} what="The log">
      {(rows) => (
        <div class="split">
          <div class="split-list">
            <Table
              label="Log"
              columns={columns}
              rows={rows}
              keyOf={(line) => String(line.id)}
              open={open}
              sortable={false}
              hrefOf={(line) => {
                const next = new URLSearchParams(place.value.query);
                next.set("line", String(line.id));
                return `${place.value.path}?${next.toString()}`;
              }}
              empty={
                <State kind="none" title="No line fits">
                  <button type="button" onClick={() => navigate(place.value.path)}>
                    Drop the filters
                  </button>
                </State>
              }
            />
          </div>
          {row === undefined ? null : (
            <Inspector
              title={row.worker}
              note={formatMoment(row.at, now.peek(), "ms")}
              onClose={() => setQuery({ line: null }, {})}
            >
              <p>
                <Level level={row.level} /> {row.message}
              </p>
              <Code value={toJson(row)} language="json" copy label="Line" />
            </Inspector>
          )}
        </div>
      )}
    </Loaded>
  );
}
