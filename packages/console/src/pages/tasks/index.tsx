// Tasks: what runs, what ran, one with its progress and end; submit any of them in a form of its schema.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useKeys } from "../../keys.ts";
import { Bar } from "../../parts/bar.tsx";
import { Code, toJson } from "../../parts/code.tsx";
import { Field } from "../../parts/field.tsx";
import { Inspector } from "../../parts/inspector.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { Time } from "../../parts/num.tsx";
import { ActError, Loaded, State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Work, taskLamp, taskWords } from "../../parts/work.tsx";
import { navigate, path, segments } from "../../router.ts";
import type { Schema, TaskRecord } from "../../services/types.ts";
import { submitTask, useAct, useCall } from "../../services/use-call.ts";

const columns: readonly Column<TaskRecord>[] = [
  {
    id: "id",
    name: "Task",
    width: "70px",
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
    width: "130px",
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
    width: "70px",
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
    width: "110px",
    cell: (task) => task.user ?? "–",
    sort: (task) => task.user ?? "",
    phone: "least",
  },
  {
    id: "at",
    name: "Asked",
    width: "120px",
    align: "right",
    cell: (task) => <Time at={task.created_at} />,
    sort: (task) => task.created_at?.getTime() ?? 0,
    phone: "least",
  },
];

/** The page. */
export default function TasksPage(): JSX.Element {
  const [, id, name] = segments.value;
  const tasks = useCall<readonly TaskRecord[]>("task.query", [[], { limit: 200, sort: ["-id"] }], ["task.*"]);
  useKeys({ new: () => navigate("/tasks/new") });
  if (id === "new") return <SubmitPage name={name} />;
  return (
    <div class="split">
      <div class="split-list">
        <Bar title="Tasks">
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
              hrefOf={(task) => path("tasks", String(task.id))}
              empty={
                <State kind="empty" title="No task yet">
                  <p>Whatever changes the gateway runs as a task, with progress, and is remembered here.</p>
                </State>
              }
            />
          )}
        </Loaded>
      </div>
      {id === undefined ? null : (
        <Inspector title={`Task #${id}`} onClose={() => navigate("/tasks")}>
          <Work key={id} id={Number(id)} />
          <TaskFacts id={Number(id)} />
        </Inspector>
      )}
    </div>
  );
}

function TaskFacts({ id }: { readonly id: number }): JSX.Element {
  const task = useCall<TaskRecord>("task.status", [id], ["task.updated", "task.changed"]);
  return (
    <Loaded of={task} what="The task" lines={2}>
      {(data) => (
        <>
          <dl class="facts">
            <dt>kind</dt>
            <dd class="mono">{data.name}</dd>
            <dt>who asked</dt>
            <dd>{data.user ?? "the gateway itself"}</dd>
            <dt>holds</dt>
            <dd>
              {data.resources === undefined || data.resources.length === 0 ? "no lock" : data.resources.join(", ")}
            </dd>
          </dl>
          <h3>Arguments</h3>
          <Code value={toJson(data.args ?? [])} language="json" label="Arguments" />
          {data.result === undefined || data.result === null ? null : (
            <>
              <h3>Result</h3>
              <Code value={toJson(data.result)} language="json" copy label="Result" />
            </>
          )}
          {data.error?.stacktrace === undefined ? null : (
            <Code value={data.error.stacktrace} language="text" foldAt={4} label="Stack" />
          )}
          {data.output === undefined ? null : (
            <Code value={data.output.split("\n").slice(-200).join("\n")} language="text" foldAt={0} label="Output" />
          )}
        </>
      )}
    </Loaded>
  );
}

interface TaskKind {
  readonly description?: string;
  readonly schema?: readonly Schema[] | null;
}

function SubmitPage({ name }: { readonly name: string | undefined }): JSX.Element {
  const kinds = useCall<Readonly<Record<string, TaskKind>>>("discovery.get_tasks");
  return (
    <>
      <Bar path={[{ name: "Tasks", href: "/tasks" }]} title={name ?? "Submit a task"} />
      <div class="page">
        <Loaded of={kinds} what="The kinds of tasks">
          {(all) =>
            name === undefined ? (
              <ul class="class-list">
                {Object.entries(all).map(([kind, { description }]) => (
                  <li key={kind}>
                    <a href={path("tasks", "new", kind)}>
                      <b>{kind}</b>
                      <span class="quiet-text">{description}</span>
                    </a>
                  </li>
                ))}
              </ul>
            ) : (
              <SubmitForm name={name} kind={all[name] ?? {}} />
            )
          }
        </Loaded>
      </div>
    </>
  );
}

function SubmitForm({ name, kind }: { readonly name: string; readonly kind: TaskKind }): JSX.Element {
  const schemas = kind.schema ?? [];
  const [args, setArgs] = useState<readonly unknown[]>([]);
  const act = useAct();
  const submit = (): void =>
    void act.run(async () => {
      const id = await submitTask(name, ...Array.from({ length: schemas.length }, (_, index) => args[index] ?? null));
      navigate(path("tasks", String(id)));
    });
  useKeys({ submit });
  return (
    <div class="panel form-narrow">
      <p>{kind.description}</p>
      {schemas.map((schema, index) => (
        <Field
          key={index}
          id={`arg-${index}`}
          name={schema.title ?? `argument ${index + 1}`}
          schema={schema}
          value={args[index]}
          isRequired
          onChange={(value) => setArgs(Object.assign([...args], { [index]: value }))}
        />
      ))}
      <ActError error={act.error} />
      <p class="buttons">
        <button type="button" class="main" disabled={act.isPending} onClick={submit}>
          {act.isPending ? "Submitting" : "Submit"} <kbd>Ctrl Enter</kbd>
        </button>
      </p>
    </div>
  );
}
