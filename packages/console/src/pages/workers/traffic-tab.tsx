// What goes through a worker: its figures with their course, its lines, its queues.

import type { JSX } from "preact";
import { formatAbout, formatCount, formatRate } from "../../format.ts";
import { Figure } from "../../parts/figure.tsx";
import { RangeChoice } from "../../parts/range-choice.tsx";
import { path } from "../../router.ts";
import { frame, mapData } from "../../services/live.ts";
import type { Queue, Worker } from "../../services/types.ts";
import { useCall, useQueueNews } from "../../services/use-call.ts";
import { useHistory, usePlaceWindow } from "../../services/use-history.ts";

/** One of its queues, with what waits and is parked in it. */
function QueueLine({ name }: { readonly name: string }): JSX.Element {
  const queue = useCall<Queue>("bus.queue", [name]);
  useQueueNews(({ queues, parked }) => {
    if (queues.includes(name) || parked.includes(name)) queue.again();
  });
  const { waiting, parked } = queue.data ?? {};
  return (
    <li>
      <a href={path("queues", name)}>
        <span class="related-text">{name}</span>
        {(parked ?? 0) === 0 ? null : (
          <span class="num parked">
            <i class="square" /> {formatCount(parked)} parked
          </span>
        )}
        <span class="num measured">{formatCount(waiting)} waiting</span>
      </a>
    </li>
  );
}

/** The tab. */
export function Traffic({ worker }: { readonly worker: Worker }): JSX.Element {
  const range = usePlaceWindow();
  const nameOf = (what: string): string => `workers.${worker.name}.${what}`;
  const history = useHistory(["in", "out", "failed", "waiting", "parked"].map(nameOf), range);
  const course = (what: string): readonly (number | null)[] | undefined => history.data?.series[nameOf(what)];
  const own = frame.value?.workers[worker.name];
  const queues = [...(worker.connectors?.inbound ?? []), ...(worker.connectors?.outbound ?? [])];
  const lines = (mapData.value?.lines ?? []).filter(({ from, to }) => from === worker.name || to === worker.name);
  return (
    <>
      <p class="section-head">
        <span class="section-acts">
          <RangeChoice value={range} />
        </span>
      </p>
      <div class="figures">
        <Figure label="In" value={formatRate(own?.in)} unit="/min" meaning="in" values={course("in")} />
        <Figure label="Out" value={formatRate(own?.out)} unit="/min" meaning="out" values={course("out")} />
        <Figure label="Failed" value={formatRate(own?.failed)} unit="/min" meaning="failed" values={course("failed")} />
        <Figure
          label="Waiting"
          value={formatCount(own?.waiting)}
          unit="now"
          values={course("waiting")}
          note={own?.oldest_ms === null || own?.oldest_ms === undefined ? "" : `oldest ${formatAbout(own.oldest_ms)}`}
        />
        <Figure label="Parked" value={formatCount(own?.parked)} unit="now" meaning="parked" values={course("parked")} />
      </div>
      <div class="two">
        <section class="panel">
          <h2>Lines</h2>
          {lines.length === 0 ? <p class="quiet-text">Nothing is connected.</p> : null}
          <ul class="related">
            {lines.map((line) => (
              <li key={line.id}>
                <a
                  href={path(
                    line.from === worker.name
                      ? worker.kind === "channel"
                        ? "routers"
                        : "applications"
                      : worker.kind === "router"
                        ? "channels"
                        : "routers",
                    line.from === worker.name ? line.to : line.from,
                  )}
                >
                  <b>{line.from}</b> → <b>{line.to}</b>
                  <span class="related-text" />
                  <span class="num measured">
                    <i class="arrow-in" /> {formatRate(frame.value?.lines[line.id]?.in)} <i class="arrow-out" />{" "}
                    {formatRate(frame.value?.lines[line.id]?.out)}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </section>
        <section class="panel">
          <h2>Queues</h2>
          <ul class="related">
            {queues.map((queue) => (
              <QueueLine key={queue} name={queue} />
            ))}
          </ul>
        </section>
        <section class="panel">
          <h2>Worker</h2>
          <dl class="facts">
            <dt>class</dt>
            <dd class="mono">{worker.class}</dd>
            <dt>process</dt>
            <dd>
              {worker.process}
              {worker.pid === null ? "" : `, pid ${worker.pid}`}
            </dd>
            <dt>restarts</dt>
            <dd>{worker.restarts}</dd>
          </dl>
        </section>
      </div>
    </>
  );
}
