// The question before a channel, router or application is taken away: what its queues hold, who is connected to it. Its name is typed.

import type { JSX } from "preact";
import { formatCount, plural as count } from "../../format.ts";
import { Ask } from "../../parts/ask.tsx";
import { Loaded } from "../../parts/state.tsx";
import { navigate, path } from "../../router.ts";
import { mapData } from "../../services/live.ts";
import type { Queue, Worker } from "../../services/types.ts";
import { submitTask, useCall } from "../../services/use-call.ts";

/** What the question is given. */
export interface RemoveQuestionProps {
  readonly worker: Worker;
  readonly plural: string;
  readonly onNo: () => void;
}

/** The question. */
export function RemoveQuestion({ worker, plural, onNo }: RemoveQuestionProps): JSX.Element {
  const queues = useCall<readonly Queue[]>("bus.queues");
  const { name, revision } = worker;
  const others = (mapData.value?.lines ?? [])
    .filter(({ from, to }) => from === name || to === name)
    .map(({ from, to }) => (from === name ? to : from));
  return (
    <Loaded of={queues} what="What it holds" lines={2}>
      {(all) => {
        const own = all.filter(({ worker: reader }) => reader === name);
        const sum = (pick: "waiting" | "parked"): number => own.reduce((total, queue) => total + (queue[pick] ?? 0), 0);
        return (
          <Ask
            level={2}
            title={`Remove ${name}?`}
            verb={`Remove ${name}`}
            doing="Removing"
            type={name}
            cancel="Keep it"
            note="runs as a task"
            onYes={async () => {
              const id = await submitTask("worker.remove", { name, ...(revision === undefined ? {} : { revision }) });
              navigate(path("tasks", String(id)));
            }}
            onNo={onNo}
          >
            <p>
              It is stopped, and its configuration is forgotten.{" "}
              {others.length === 0
                ? "Nothing is connected to it."
                : `Connected to it: ${[...new Set(others)].join(", ")}; what they send to it waits from then on.`}{" "}
              Its queues hold <b>{count(sum("waiting"), "message")}</b> and <b>{formatCount(sum("parked"))}</b> parked:
              they stay there, and nobody reads them until a {worker.kind} of this name is made again.
            </p>
            <p>
              <a href={path(plural, name, "settings")}>Its settings</a> have a copy of its configuration to keep.
            </p>
          </Ask>
        );
      }}
    </Loaded>
  );
}
