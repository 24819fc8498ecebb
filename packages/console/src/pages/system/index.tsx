// System: what runs, since when, how much it uses, where its files and ports are.

import type { JSX } from "preact";
import { formatAbout, formatBytes, formatDuration, formatMoment, textOf } from "../../format.ts";
import { Bar } from "../../parts/bar.tsx";
import { Figure } from "../../parts/figure.tsx";
import { RangeChoice } from "../../parts/range-choice.tsx";
import { Loaded } from "../../parts/state.tsx";
import { now } from "../../services/clock.ts";
import { latencyMs } from "../../services/connection.ts";
import type { SystemInfo } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { usePlaceWindow } from "../../services/use-history.ts";
import { Traffic } from "./traffic.tsx";

/** The page. */
export default function SystemPage(): JSX.Element {
  const info = useCall<SystemInfo>("system.info");
  return (
    <>
      <Bar title="System">
        <RangeChoice value={usePlaceWindow()} />
      </Bar>
      <div class="page">
        <Loaded of={info} what="The system">
          {(data) => {
            const delay =
              typeof data.event_loop_delay_ms === "number" ? data.event_loop_delay_ms : data.event_loop_delay_ms?.p99;
            return (
              <>
                <div class="figures">
                  <Figure
                    label="Running for"
                    value={formatAbout(now.value.getTime() - data.started_at.getTime())}
                    note={`since ${formatMoment(data.started_at, now.value)}`}
                  />
                  <Figure
                    label="Memory"
                    value={formatBytes(data.memory.rss_bytes)}
                    note={`heap ${formatBytes(data.memory.heap_used_bytes)}`}
                  />
                  <Figure label="Event loop" value={formatDuration(delay)} note="p99 of its delay" />
                  <Figure label="Round trip" value={formatDuration(latencyMs.value)} note="from this browser" />
                </div>
                <Traffic />
                <div class="two">
                  <Facts
                    title="Gateway"
                    values={{
                      name: data.gateway,
                      environment: data.environment,
                      version: data.version,
                      "Node.js": data.node,
                      boot: data.boot_id,
                    }}
                  />
                  <Facts title="Bus" values={data.bus} />
                  <Facts title="Datastore" values={data.datastore} />
                  <Facts title="Folders" values={data.folders} />
                  <Facts title="Ports" values={data.ports} />
                </div>
              </>
            );
          }}
        </Loaded>
      </div>
    </>
  );
}

function Facts({
  title,
  values,
}: {
  readonly title: string;
  readonly values: Readonly<Record<string, unknown>> | undefined;
}): JSX.Element {
  return (
    <section class="panel">
      <h2>{title}</h2>
      <dl class="facts">
        {Object.entries(values ?? {}).map(([name, value]) => (
          <div class="fact" key={name}>
            <dt>{name.replaceAll("_", " ")}</dt>
            <dd class="mono">
              {name.endsWith("_bytes") && typeof value === "number"
                ? formatBytes(value)
                : typeof value === "object"
                  ? JSON.stringify(value)
                  : textOf(value)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
