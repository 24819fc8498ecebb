// Tasks: what runs, what ran, one with its progress and end; submit any of them in a form of its schema.

import type { JSX } from "preact";
import { useKeys } from "../../keys.ts";
import { Bar, Segments } from "../../parts/bar.tsx";
import { Inspector } from "../../parts/inspector.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Time } from "../../parts/num.tsx";
import { Loaded, State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Work, taskLamp, taskWords } from "../../parts/work.tsx";
import { navigate, path, place, segments, setQuery } from "../../router.ts";
import type { TaskRecord } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { SubmitPage } from "./submit.tsx";
import { TaskFacts } from "./task-facts.tsx";

const shows = [
  { value: "all", name: "All", states: undefined },
  { value: "now", name: "Now", states: ["CREATED", "WAITING", "EXECUTING", "ROLLBACK"] },
  { value: "failed", name: "Failed", states: ["FAILED", "ABORTED"] },
] as const;
type Show = (typeof shows)[number]["value"];

const columns: readonly Column<TaskRecord>[] = [
  {
    id: "id",
    name: "Task",
    width: "52px",
    cell: (task) => <code>#{task.id}</code>,
    sort: (task) => task.id,
    phone: "least",
  },
  {
    id: "what",
    name: "What",
    width: "minmax(0, 1fr)",
    cell: (task) => <b>{taskWords(task)}</b>,
    sort: (task) => task.name,
    phone: "name",
  },
  {
    id: "state",
    name: "State",
    width: "104px",
    cell: (task) => (
      <>
        <Lamp state={taskLamp(task.state)} size={10} name="" /> {task.state.toLowerCase()}
      </>
    ),
    sort: (task) => task.state,
    phone: "end",
  },
  {
    id: "percent",
    name: "Done",
    width: "60px",
    align: "right",
    cell: (task) =>
      task.progress?.percentage === null || task.progress === null || task.progress === undefined
        ? "–"
        : `${Math.round(task.progress.percentage)} %`,
    phone: "none",
  },
  {
    id: "who",
    name: "Who",
    width: "96px",
    cell: (task) => task.user ?? "–",
    sort: (task) => task.user ?? "",
    phone: "least",
  },
  {
    id: "at",
    name: "Asked",
    width: "96px",
    align: "right",
    cell: (task) => <Time at={task.created_at} />,
    sort: (task) => task.created_at?.getTime() ?? 0,
    phone: "least",
  },
];

/** The page. */
export default function TasksPage(): JSX.Element {
  const [, id, name] = segments.value;
  const show = shows.find(({ value }) => value === place.value.query.get("show")) ?? shows[0];
  const filter = show.states === undefined ? [] : [["state", "in", show.states]];
  const tasks = useCall<readonly TaskRecord[]>("task.query", [filter, { limit: 500, sort: ["-id"] }], ["task.*"]);
  useKeys({ new: () => navigate("/tasks/new") });
  if (id === "new") return <SubmitPage name={name} />;
  return (
    <div class="split">
      <div class="split-list">
        <Bar title="Tasks">
          <Segments<Show>
            label="Which tasks"
            options={shows}
            value={show.value}
            onChange={(value) => setQuery({ show: value === "all" ? null : value })}
          />
          <a class="button" href="/tasks/new">
            Submit a task <kbd>N</kbd>
          </a>
        </Bar>
        <Loaded of={tasks} what="The list of tasks">
          {(rows) => (
            <Table
              label="Tasks"
              columns={columns}
              rows={rows}
              keyOf={(task) => String(task.id)}
              open={id}
              hrefOf={(task) => `${path("tasks", String(task.id))}${location.search}`}
              empty={
                show.states === undefined ? (
                  <State kind="empty" title="No task yet">
                    <p>Whatever changes the gateway runs as a task, with progress, and is remembered here.</p>
                    <a class="button main" href="/tasks/new">
                      Submit a task
                    </a>
                  </State>
                ) : (
                  <State kind="none" title={show.value === "now" ? "No task runs or waits" : "No task has failed"} />
                )
              }
            />
          )}
        </Loaded>
      </div>
      {id === undefined ? null : (
        <Inspector title={`Task #${id}`} onClose={() => navigate(`/tasks${location.search}`)}>
          <Work key={id} id={Number(id)} />
          <TaskFacts key={`facts-${id}`} id={Number(id)} />
        </Inspector>
      )}
    </div>
  );
}
