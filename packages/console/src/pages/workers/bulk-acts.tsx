// Starts, stops, pauses or restarts several objects at once: one question with what it costs together, then a task for each.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount, formatRate, plural } from "../../format.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { ActError } from "../../parts/state.tsx";
import { taskLamp, taskWords } from "../../parts/work.tsx";
import { frame, hasRole } from "../../services/live.ts";
import type { TaskRecord, Worker, WorkerKind } from "../../services/types.ts";
import { submitTask, useAct, useCall } from "../../services/use-call.ts";
import { type WorkerAct, actWords, fits, goesAtOnce } from "./acts.ts";

const acts: readonly WorkerAct[] = ["start", "resume", "pause", "restart", "stop"];
const mostShown = 8;

/** The bar; nothing while nothing is selected and no task is shown. */
export function BulkActs({
  kind,
  chosen,
  onClear,
}: {
  readonly kind: WorkerKind;
  readonly chosen: readonly Worker[];
  readonly onClear: () => void;
}): JSX.Element | null {
  const [asked, setAsked] = useState<WorkerAct | undefined>();
  const [tasks, setTasks] = useState<readonly number[]>([]);
  const act = useAct();
  const targetsOf = (each: WorkerAct): readonly Worker[] => chosen.filter((worker) => fits(each, worker.state));
  const submit = async (each: WorkerAct): Promise<void> => {
    const ids: number[] = [];
    for (const { name } of targetsOf(each)) ids.push(await submitTask(`worker.${each}`, { name }));
    setTasks(ids);
    setAsked(undefined);
    onClear();
  };
  if (chosen.length === 0 && tasks.length === 0) return null;
  return (
    <div class="select-area">
      {asked === undefined ? null : (
        <Ask
          level={1}
          title={`${actWords[asked].verb} ${plural(targetsOf(asked).length, kind)}?`}
          verb={`${actWords[asked].verb} ${formatCount(targetsOf(asked).length)}`}
          doing={actWords[asked].doing}
          note="a task for each"
          onYes={() => submit(asked)}
          onNo={() => setAsked(undefined)}
        >
          <p>
            {costOf(targetsOf(asked))} {actWords[asked].after}
          </p>
        </Ask>
      )}
      {tasks.length === 0 ? null : (
        <ul class="task-lines" aria-label="Tasks asked for">
          {tasks.slice(0, mostShown).map((id) => (
            <TaskLine key={id} id={id} />
          ))}
        </ul>
      )}
      {tasks.length === 0 ? null : (
        <p class="tail-note">
          {tasks.length > mostShown ? <a href="/tasks">{plural(tasks.length - mostShown, "more task")}</a> : null}{" "}
          <button type="button" class="link" onClick={() => setTasks([])}>
            Close
          </button>
        </p>
      )}
      <ActError error={act.error} />
      {chosen.length === 0 ? null : (
        <div class="select-bar" role="region" aria-label="Selected">
          <span>
            <b>{formatCount(chosen.length)}</b> selected
          </span>
          {acts.map((each) => {
            const count = targetsOf(each).length;
            if (count === 0) return null;
            return (
              <RoleButton
                key={each}
                role="operator"
                allowed={hasRole("operator")}
                disabled={act.isPending || asked !== undefined}
                onClick={() => (goesAtOnce(each) ? void act.run(() => submit(each)) : setAsked(each))}
              >
                {actWords[each].verb} {formatCount(count)}
                {goesAtOnce(each) ? "" : "…"}
              </RoleButton>
            );
          })}
          <button type="button" class="quiet" onClick={onClear}>
            Clear
          </button>
        </div>
      )}
    </div>
  );
}

function TaskLine({ id }: { readonly id: number }): JSX.Element {
  const task = useCall<TaskRecord>("task.status", [id], ["task.progress", "task.updated", "task.changed"]);
  const { data } = task;
  return (
    <li>
      {data === undefined ? null : (
        <>
          <Lamp state={taskLamp(data.state)} size={10} /> {taskWords(data)},{" "}
          <span class={data.state === "FAILED" ? "failed" : "quiet-text"}>
            {data.state.toLowerCase()}
            {data.error === null || data.error === undefined ? "" : `: ${data.error.message}`}
          </span>{" "}
        </>
      )}
      <a href={`/tasks/${id}`}>#{id}</a>
    </li>
  );
}

function costOf(workers: readonly Worker[]): string {
  const sum = (pick: "in" | "out" | "waiting"): number =>
    workers.reduce((all, { name }) => all + (frame.value?.workers[name]?.[pick] ?? 0), 0);
  return `Together ${formatRate(sum("in"))} messages a minute come in and ${formatRate(sum("out"))} go out there; ${formatCount(sum("waiting"))} wait now.`;
}
