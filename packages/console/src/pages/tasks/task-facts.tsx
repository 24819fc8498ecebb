// What is known of one task besides its progress: who asked, its locks and who else wants them, its subtasks, arguments, output, result or error.

import type { JSX } from "preact";
import { Code, toJson } from "../../parts/code.tsx";
import { Time } from "../../parts/num.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Loaded } from "../../parts/state.tsx";
import { isOver, taskLamp, taskWords } from "../../parts/work.tsx";
import { path } from "../../router.ts";
import type { TaskRecord } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";

const events = ["task.updated", "task.changed"];

/** The facts. */
export function TaskFacts({ id }: { readonly id: number }): JSX.Element {
  const task = useCall<TaskRecord>("task.status", [id], events);
  return (
    <Loaded of={task} what="The task" lines={2}>
      {(data) => (
        <>
          <Facts task={data} />
          <Subtasks id={id} />
          <h3>Arguments</h3>
          <Code value={toJson(data.args ?? [])} language="json" label="Arguments" />
          {data.result === undefined || data.result === null ? null : (
            <>
              <h3>Result</h3>
              <Code value={toJson(data.result)} language="json" copy label="Result" />
            </>
          )}
          {typeof data.error?.stacktrace === "string" ? (
            <Code value={data.error.stacktrace} language="text" foldAt={4} label="Stack" />
          ) : null}
          {typeof data.output === "string" && data.output !== "" ? (
            <>
              <h3>Output, the last 200 lines</h3>
              <Code value={data.output.split("\n").slice(-200).join("\n")} language="text" foldAt={0} label="Output" />
            </>
          ) : null}
          <p>
            <a class="button" href={`${path("tasks", "new", data.name)}?like=${id}`}>
              Submit one like it…
            </a>
          </p>
        </>
      )}
    </Loaded>
  );
}

function Facts({ task }: { readonly task: TaskRecord }): JSX.Element {
  const locks = task.resources ?? [];
  const others = useOthersOn(task);
  return (
    <dl class="facts">
      <dt>kind</dt>
      <dd class="mono">{task.name}</dd>
      <dt>who asked</dt>
      <dd>
        {task.user ?? "the gateway itself"}
        {task.parent === null || task.parent === undefined ? null : (
          <>
            , as part of <a href={path("tasks", String(task.parent))}>#{task.parent}</a>
          </>
        )}
      </dd>
      <dt>asked</dt>
      <dd>
        <Time at={task.created_at} />
      </dd>
      {task.started_at === null || task.started_at === undefined ? null : (
        <>
          <dt>begun</dt>
          <dd>
            <Time at={task.started_at} />
          </dd>
        </>
      )}
      {task.finished_at === null || task.finished_at === undefined ? null : (
        <>
          <dt>ended</dt>
          <dd>
            <Time at={task.finished_at} />
          </dd>
        </>
      )}
      <dt>{task.state === "WAITING" ? "waits for" : "holds"}</dt>
      <dd>
        {locks.length === 0 ? "no lock" : locks.join(", ")}
        {others.map((other) => (
          <span key={other.id}>
            , {other.state === "WAITING" ? "wanted by" : "held by"}{" "}
            <a href={path("tasks", String(other.id))}>#{other.id}</a>
          </span>
        ))}
      </dd>
    </dl>
  );
}

/** Other tasks under way that want one of the same locks. */
function useOthersOn(task: TaskRecord): readonly TaskRecord[] {
  const locks = new Set(task.resources ?? []);
  const isWanted = locks.size > 0 && !isOver(task.state);
  const running = useCall<readonly TaskRecord[]>(
    isWanted ? "task.query" : undefined,
    [[["state", "in", ["WAITING", "EXECUTING", "ROLLBACK"]]], {}],
    ["task.*"],
  );
  if (!isWanted) return [];
  return (running.data ?? []).filter(
    (other) => other.id !== task.id && (other.resources ?? []).some((lock) => locks.has(lock)),
  );
}

function Subtasks({ id }: { readonly id: number }): JSX.Element | null {
  const children = useCall<readonly TaskRecord[]>("task.query", [[["parent", "=", id]], { sort: ["id"] }], events);
  const list = (children.data ?? []).filter(({ parent }) => parent === id);
  if (list.length === 0) return null;
  return (
    <>
      <h3>Its subtasks</h3>
      <ul class="related">
        {list.map((child) => (
          <li key={child.id}>
            <a href={path("tasks", String(child.id))}>
              <Lamp state={taskLamp(child.state)} size={10} /> <span class="related-text">{taskWords(child)}</span>{" "}
              <code>#{child.id}</code>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
