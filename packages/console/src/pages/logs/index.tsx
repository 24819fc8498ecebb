// The gateway's log, by level, worker and text.

import type { JSX } from "preact";
import { Bar, Segments } from "../../parts/bar.tsx";
import { Filter } from "../../parts/filter.tsx";
import { place, setQuery } from "../../router.ts";
import { workers } from "../../services/live.ts";
import { LogList } from "./log-list.tsx";

const levels = ["debug", "info", "warn", "error"] as const;

/** The page. */
export default function LogsPage(): JSX.Element {
  const query = place.value.query;
  const level = levels.find((each) => each === query.get("level")) ?? "info";
  const worker = query.get("worker") ?? "";
  return (
    <>
      <Bar title="Logs">
        <Filter
          label="Filter the log"
          value={query.get("q") ?? ""}
          onChange={(value) => setQuery({ q: value })}
          placeholder="Filter"
        />
        <select
          aria-label="From"
          class="from-worker"
          value={worker}
          onChange={(event) => setQuery({ worker: event.currentTarget.value })}
        >
          <option value="">everything</option>
          {(workers.value ?? []).map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <Segments
          label="Least level"
          options={levels}
          value={level}
          onChange={(value) => setQuery({ level: value === "info" ? null : value })}
        />
      </Bar>
      <LogList level={level} text={query.get("q") ?? ""} {...(worker === "" ? {} : { worker })} />
    </>
  );
}
