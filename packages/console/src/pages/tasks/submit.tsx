// Submits any task: its kind, found by typing, then a form of its schema; or one like a former one.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useKeys } from "../../keys.ts";
import { RoleButton } from "../../parts/ask.tsx";
import { Bar } from "../../parts/bar.tsx";
import { Field, errorsUnder } from "../../parts/field.tsx";
import { Filter } from "../../parts/filter.tsx";
import { ActError, Failed, Loaded, State } from "../../parts/state.tsx";
import { errorsOfArguments } from "../../parts/argument-errors.ts";
import { navigate, path, place, setQuery } from "../../router.ts";
import type { Schema, TaskRecord } from "../../services/types.ts";
import { submitTask, useAct, useCall } from "../../services/use-call.ts";

interface TaskKind {
  readonly description?: string;
  readonly schema?: readonly Schema[] | null;
  readonly roles?: readonly string[];
  readonly allowed?: boolean;
  readonly abortable?: boolean;
  readonly private?: boolean;
}

/** The page. */
export function SubmitPage({ name }: { readonly name: string | undefined }): JSX.Element {
  const kinds = useCall<Readonly<Record<string, TaskKind>>>("discovery.get_tasks");
  const text = place.value.query.get("q") ?? "";
  const crumbs = [
    { name: "Tasks", href: "/tasks" },
    ...(name === undefined ? [] : [{ name: "New", href: "/tasks/new" }]),
  ];
  return (
    <>
      <Bar path={crumbs} title={name ?? "Submit a task"}>
        {name === undefined ? (
          <Filter
            label="Find a kind of task"
            value={text}
            onChange={(value) => setQuery({ q: value })}
            placeholder="Find"
          />
        ) : null}
      </Bar>
      <div class="page">
        <Loaded of={kinds} what="The kinds of tasks">
          {(all) => {
            if (name === undefined) return <Kinds all={all} text={text} />;
            const kind = all[name];
            return kind === undefined ? (
              <State kind="none" title={`There is no task ${name}`}>
                <a href="/tasks/new">All kinds</a>
              </State>
            ) : (
              <SubmitForm key={name} name={name} kind={kind} />
            );
          }}
        </Loaded>
      </div>
    </>
  );
}

function Kinds({
  all,
  text,
}: {
  readonly all: Readonly<Record<string, TaskKind>>;
  readonly text: string;
}): JSX.Element {
  const shown = Object.entries(all)
    .filter(
      ([kind, each]) =>
        each.private !== true && `${kind} ${each.description ?? ""}`.toLowerCase().includes(text.toLowerCase()),
    )
    .toSorted(([one], [other]) => one.localeCompare(other));
  if (shown.length === 0) return <State kind="none" title={`No task is like ${text}`} />;
  return (
    <ul class="class-list">
      {shown.map(([kind, { description }]) => (
        <li key={kind}>
          <a href={path("tasks", "new", kind)}>
            <b>{kind}</b>
            <span class="quiet-text">{description}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function SubmitForm({ name, kind }: { readonly name: string; readonly kind: TaskKind }): JSX.Element {
  const schemas = kind.schema ?? [];
  const like = place.value.query.get("like");
  const former = useCall<TaskRecord>(like === null ? undefined : "task.status", [Number(like)]);
  const [args, setArgs] = useState<readonly unknown[]>([]);
  const act = useAct();
  useEffect(() => {
    if (former.data?.args !== undefined) setArgs(former.data.args);
  }, [former.data]);
  const submit = (): void =>
    void act.run(async () => {
      const id = await submitTask(name, ...Array.from({ length: schemas.length }, (_, index) => args[index] ?? null));
      navigate(path("tasks", String(id)));
    });
  useKeys({ submit });
  const errors = errorsOfArguments(act.error?.extra);
  return (
    <div class="panel form-narrow">
      <p>
        {(kind.description ?? "").replace(/([^.])$/, "$1.")} {kind.abortable === true ? "It can be stopped." : ""}
        {like === null ? "" : ` Filled in like #${like}.`}
      </p>
      {former.error === undefined ? null : <Failed error={former.error} what={`Task #${like}`} again={former.again} />}
      {schemas.length === 0 ? <p class="quiet-text">It takes no arguments.</p> : null}
      {schemas.map((schema, index) => (
        <Field
          key={`${index} ${former.data?.id ?? ""}`}
          id={`arg-${index}`}
          name={schema.title ?? `argument ${index + 1}`}
          schema={schema}
          value={args[index]}
          isRequired
          error={errors.get(String(index))}
          errors={errorsUnder(errors, String(index))}
          onChange={(value) => setArgs(Object.assign([...args], { [index]: value }))}
        />
      ))}
      <ActError error={act.error} />
      <p class="buttons">
        <RoleButton
          role={(kind.roles ?? []).join(" or ")}
          allowed={kind.allowed !== false}
          kind="main"
          disabled={act.isPending}
          onClick={submit}
        >
          {act.isPending ? "Submitting" : "Submit"} <kbd>Ctrl Enter</kbd>
        </RoleButton>
      </p>
    </div>
  );
}
