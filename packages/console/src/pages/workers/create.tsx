// A new channel, router or application: choose a class, fill in its form, create.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useKeys } from "../../keys.ts";
import { RoleButton } from "../../parts/ask.tsx";
import { Bar } from "../../parts/bar.tsx";
import { errorsOfArguments } from "../../parts/argument-errors.ts";
import { errorsUnder } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { cleaned, complaints, problemsByPath } from "../../parts/form-model.ts";
import { ActError, Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { path, place } from "../../router.ts";
import { hasRole } from "../../services/live.ts";
import type { Problem, Schema, WorkerKind } from "../../services/types.ts";
import { call, submitTask, useAct, useCall } from "../../services/use-call.ts";
import { TryConfig } from "./settings-try.tsx";

interface ClassInfo {
  readonly name: string;
  readonly kind: string;
  readonly summary: string | null;
  readonly vumi_names?: readonly string[];
}

// The registry's word for a channel's class is transport, for a router's worker dispatcher.
const kindsOf: Readonly<Record<WorkerKind, ReadonlySet<string>>> = {
  channel: new Set(["channel", "transport"]),
  router: new Set(["router", "dispatcher"]),
  application: new Set(["application"]),
};

/** The page. */
export function CreatePage({ plural, kind }: { readonly plural: string; readonly kind: WorkerKind }): JSX.Element {
  const chosen = place.value.query.get("class");
  const classes = useCall<readonly ClassInfo[]>("config.classes");
  const title = plural.charAt(0).toUpperCase() + plural.slice(1);
  return (
    <>
      <Bar
        path={[
          { name: title, href: `/${plural}` },
          ...(chosen === null ? [] : [{ name: "New", href: `/${plural}/new` }]),
        ]}
        title={chosen ?? `New ${kind}`}
      />
      <div class="page">
        {chosen === null ? (
          <Loaded of={classes} what="The kinds">
            {(all) => (
              <ul class="class-list">
                {all
                  .filter((each) => kindsOf[kind].has(each.kind))
                  .map(({ name, summary, vumi_names: [other] = [] }) => (
                    <li key={name}>
                      <a href={`/${plural}/new?class=${name}`}>
                        <b>{name}</b>
                        <span class="quiet-text">{summary ?? other ?? ""}</span>
                      </a>
                    </li>
                  ))}
              </ul>
            )}
          </Loaded>
        ) : (
          <NewWorker plural={plural} className={chosen} />
        )}
      </div>
    </>
  );
}

function NewWorker({ plural, className }: { readonly plural: string; readonly className: string }): JSX.Element {
  const schema = useCall<Schema>("config.schema", [className]);
  const [name, setName] = useState("");
  const [value, setValue] = useState<Readonly<Record<string, unknown>>>({});
  const [isSubmitted, setSubmitted] = useState(false);
  const [errors, setErrors] = useState<ReadonlyMap<string, string>>(new Map());
  const [task, setTask] = useState<number | undefined>();
  const act = useAct();
  const create = (): void => {
    setSubmitted(true);
    const form = schema.data;
    if (form === undefined || name === "" || complaints(form, value).size > 0) return;
    void act.run(async () => {
      const config = cleaned(form, value);
      const { problems } = await call<{ problems: readonly Problem[] }>("config.validate", {
        class: className,
        config,
      });
      setErrors(problemsByPath(problems));
      if (problems.length === 0) setTask(await submitTask("worker.create", { name, class: className, config }));
    });
  };
  const refused = errorsUnder(errorsOfArguments(act.error?.extra), "0.config") ?? new Map<string, string>();
  // Most channels and applications name their queues as they are called themselves.
  const rename = (next: string): void => {
    setName(next);
    const hasName = schema.data?.properties?.["transport_name"] !== undefined;
    const isOwn = value["transport_name"] === undefined || value["transport_name"] === name;
    if (hasName && isOwn) setValue({ ...value, transport_name: next.toLowerCase() });
  };
  useKeys({ save: create });
  if (task !== undefined) {
    return (
      <>
        <Work id={task} />
        <p>
          <a href={path(plural, name)}>Open {name}</a>
        </p>
      </>
    );
  }
  return (
    <Loaded of={schema} what="The form">
      {(form) => (
        <div class="panel form-narrow">
          <label class="field">
            Name
            <input
              value={name}
              onInput={(event) => rename(event.currentTarget.value)}
              aria-invalid={isSubmitted && name === ""}
            />
            <span class="field-help">
              What it is called on the map and in queues: {name === "" ? "name" : name}.inbound,{" "}
              {name === "" ? "name" : name}.outbound.
            </span>
          </label>
          <Form
            id="new"
            schema={form}
            value={value}
            serverErrors={refused.size > 0 ? refused : errors}
            isSubmitted={isSubmitted}
            onChange={setValue}
          />
          <TryConfig className={className} config={cleaned(form, value)} />
          <ActError error={act.error} />
          <p class="buttons">
            <RoleButton
              role="operator"
              allowed={hasRole("operator")}
              kind="main"
              disabled={act.isPending}
              onClick={create}
            >
              {act.isPending ? "Creating" : "Create and start"} <kbd>Ctrl S</kbd>
            </RoleButton>
          </p>
        </div>
      )}
    </Loaded>
  );
}
