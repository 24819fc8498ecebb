// Queues by trouble; in the inspector the figures of one and its parked messages by cause.

import type { JSX } from "preact";
import { formatCount, plural } from "../../format.ts";
import { Bar } from "../../parts/bar.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Lamp, lampRank, lampWords } from "../../parts/lamp.tsx";
import { MessageInspector } from "../../parts/message.tsx";
import { Dur, Num, Rate } from "../../parts/num.tsx";
import { Loaded, State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { navigate, path, place, segments, setQuery } from "../../router.ts";
import type { LampState, Queue } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { QueueInspector } from "./queue-inspector.tsx";

function QueueName({ queue }: { readonly queue: Queue }): JSX.Element {
  const dot = queue.name.lastIndexOf(".");
  const isAlone = queue.consumers === 0 && queue.state !== "paused" && queue.state !== "stopped";
  return (
    <>
      <Lamp state={queue.state} size={10} /> <b class="queue-name">{queue.name.slice(0, dot)}</b>
      <span class="quiet-text">{queue.name.slice(dot)}</span> {isAlone ? <span class="failed">no consumer</span> : null}
    </>
  );
}

const columns: readonly Column<Queue>[] = [
  {
    id: "name",
    name: "Queue",
    width: "minmax(150px, 1fr)",
    cell: (queue) => <QueueName queue={queue} />,
    sort: (queue) => queue.name,
    phone: "name",
  },
  {
    id: "waiting",
    name: "Waiting",
    width: "70px",
    align: "right",
    cell: (queue) =>
      (queue.waiting ?? 0) > 0 ? (
        <b>
          <Num value={queue.waiting} />
        </b>
      ) : (
        <Num value={queue.waiting} />
      ),
    sort: (queue) => queue.waiting ?? -1,
    phone: "end",
  },
  {
    id: "oldest",
    name: "Oldest",
    width: "86px",
    align: "right",
    cell: (queue) => <Dur ms={queue.oldest_ms} />,
    sort: (queue) => queue.oldest_ms ?? -1,
    phone: "none",
  },
  {
    id: "in",
    name: "In/min",
    width: "56px",
    align: "right",
    cell: (queue) => <Rate value={queue.in} bare />,
    sort: (queue) => queue.in ?? -1,
    phone: "none",
  },
  {
    id: "out",
    name: "Out/min",
    width: "60px",
    align: "right",
    cell: (queue) => <Rate value={queue.out} bare />,
    sort: (queue) => queue.out ?? -1,
    phone: "none",
  },
  {
    id: "parked",
    name: "Parked",
    width: "62px",
    align: "right",
    cell: (queue) =>
      (queue.parked ?? 0) > 0 ? (
        <b class="parked">
          <Lamp state="parked" size={10} name="" /> {formatCount(queue.parked)}
        </b>
      ) : (
        <Num value={queue.parked} />
      ),
    sort: (queue) => queue.parked ?? -1,
    phone: "least",
  },
];

/** What is wrong, and not only as somebody wants it. */
const troubles: ReadonlySet<LampState> = new Set(["down", "parked", "degraded"]);

/** By trouble, then waiting, then rate; `.event` queues last until they hold something. */
export function byTrouble(queues: readonly Queue[]): readonly Queue[] {
  const rank = ({ name, state, waiting, parked }: Queue): number => {
    if (name.endsWith(".event") && (waiting ?? 0) + (parked ?? 0) === 0) return 20;
    const own = troubles.has(state) ? lampRank(state) : 10;
    return (parked ?? 0) > 0 ? Math.min(lampRank("parked") + 1, own) : own;
  };
  return queues.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (b.parked ?? 0) - (a.parked ?? 0) ||
      (b.waiting ?? 0) - (a.waiting ?? 0) ||
      (b.in ?? 0) - (a.in ?? 0) ||
      a.name.localeCompare(b.name),
  );
}

/** The page. */
export default function QueuesPage(): JSX.Element {
  const queues = useCall<readonly Queue[]>("bus.queues", [], ["bus.changed"]);
  const [, name, part, parkedId] = segments.value;
  const text = place.value.query.get("q") ?? "";
  const all = byTrouble(queues.data ?? []);
  const shown = all.filter((queue) => queue.name.includes(text) || lampWords[queue.state].includes(text));
  const waiting = all.reduce((sum, queue) => sum + (queue.waiting ?? 0), 0);
  const close = (): void => navigate(`/queues${location.search}`);
  return (
    <div class="split">
      <div class="split-list">
        <Bar
          title="Queues"
          note={
            queues.data === undefined ? undefined : `${plural(all.length, "queue")}, ${formatCount(waiting)} waiting`
          }
        >
          <Filter
            label="Filter queues"
            value={text}
            onChange={(value) => setQuery({ q: value })}
            placeholder="Filter"
          />
        </Bar>
        <Loaded of={queues} what="The list of queues">
          {() => (
            <Table
              label="Queues"
              columns={columns}
              rows={shown}
              keyOf={(queue) => queue.name}
              open={name}
              hrefOf={(queue) => `${path("queues", queue.name)}${location.search}`}
              empty={
                <State
                  kind={text === "" ? "empty" : "none"}
                  title={text === "" ? "No queue yet" : `No queue is called ${text}`}
                >
                  <p>
                    {text === "" ? "Queues appear with the first channel." : `Searched ${plural(all.length, "queue")}.`}
                  </p>
                </State>
              }
            />
          )}
        </Loaded>
      </div>
      {name === undefined ? null : part === "parked" && parkedId !== undefined ? (
        <MessageInspector id={parkedId} onClose={() => navigate(path("queues", name))} />
      ) : (
        <QueueInspector key={name} name={name} onClose={close} />
      )}
    </div>
  );
}
