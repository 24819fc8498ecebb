// The settings of a worker: the form of its class, what saving will do, the difference. A draft without secrets stays in the browser.

import { changedKeys, withoutSecrets } from "./changes.ts";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { plural } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { Diff } from "../../parts/diff.tsx";
import { Form } from "../../parts/form.tsx";
import { cleaned, complaints } from "../../parts/form-model.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { guardLeaving } from "../../router.ts";
import { hasRole } from "../../services/live.ts";
import { readSetting, writeSetting } from "../../services/settings.ts";
import type { ConfigPreview, Problem, Schema, Worker } from "../../services/types.ts";
import { call, submitTask, useCall } from "../../services/use-call.ts";

type Values = Readonly<Record<string, unknown>>;

/** The tab. */
export function SettingsTab({ worker, again }: { readonly worker: Worker; readonly again: () => void }): JSX.Element {
  const schema = useCall<Schema>("config.schema", [worker.class]);
  return (
    <Loaded of={schema} what="The form">
      {(data) => <Editor key={worker.name} worker={worker} schema={data} again={again} />}
    </Loaded>
  );
}

function Editor({
  worker,
  schema,
  again,
}: {
  readonly worker: Worker;
  readonly schema: Schema;
  readonly again: () => void;
}): JSX.Element {
  const before = worker.config ?? {};
  const draftName = `draft.${worker.name}`;
  const [value, setValue] = useState<Values>(() => ({ ...before, ...readDraft(draftName) }));
  const [isSubmitted, setSubmitted] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [task, setTask] = useState<number | undefined>();
  const config = cleaned(schema, value, before);
  const changed = changedKeys(schema, before, value);
  const { preview, problems } = useServerCheck(worker, config, changed.length > 0);
  const wrong = complaints(schema, value);
  const can = hasRole("operator");
  useEffect(() => {
    writeSetting(draftName, changed.length === 0 ? null : JSON.stringify(withoutSecrets(schema, value, changed)));
  }, [value]);
  useEffect(() => {
    if (changed.length === 0) return;
    return guardLeaving(() => confirmLeaving());
  }, [changed.length === 0]);
  const save = (): void => {
    setSubmitted(true);
    if (wrong.size === 0 && problems.size === 0 && changed.length > 0) setAsking(true);
  };
  useKeys({ save: () => (can ? save() : false) });
  return (
    <>
      <div class="page settings-side">
        <Form
          id="settings"
          schema={schema}
          value={value}
          serverErrors={problems}
          isSubmitted={isSubmitted}
          onChange={setValue}
        />
        <aside aria-label="If you save">
          <h2>If you save</h2>
          {changed.length === 0 ? <p class="quiet-text">Nothing has changed.</p> : null}
          {changed.length > 0 && preview !== undefined ? (
            <Consequences preview={preview} changes={changed.length} />
          ) : null}
          <p class="quiet-text">
            From {worker.config_source ?? worker.source}
            {worker.source.includes("changed") ? ", changed at run time" : ""}.
          </p>
          {isAsking ? (
            <Ask
              level={1}
              title={`Save ${plural(changed.length, "change")} and restart ${worker.name}?`}
              verb="Save and restart"
              doing="Saving"
              onYes={async () => {
                const id = await submitTask("worker.update", { name: worker.name, config });
                writeSetting(draftName, null);
                setTask(id);
                setAsking(false);
                setSubmitted(false);
                setValue({ ...before, ...withoutSecrets(schema, value, changed) });
                again();
              }}
              onNo={() => setAsking(false)}
            >
              <p>{preview?.sentences.join(" ")}</p>
            </Ask>
          ) : null}
          {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
        </aside>
      </div>
      <footer class="settings-foot">
        <span>
          {problems.size + wrong.size > 0
            ? `${plural(new Set([...problems.keys(), ...wrong.keys()]).size, "problem")}, `
            : ""}
          {changed.length === 0 ? "no unsaved changes" : plural(changed.length, "unsaved change")}
        </span>
        <button type="button" class="quiet" disabled={changed.length === 0} onClick={() => setValue(before)}>
          Discard changes
        </button>
        <RoleButton role="operator" allowed={can} kind="main" disabled={changed.length === 0} onClick={save}>
          Save and restart <kbd>Ctrl S</kbd>
        </RoleButton>
      </footer>
    </>
  );
}

function Consequences({
  preview,
  changes,
}: {
  readonly preview: ConfigPreview;
  readonly changes: number;
}): JSX.Element {
  return (
    <>
      <ul class="consequences">
        {preview.sentences.map((sentence, index) => (
          <li key={sentence}>
            <Lamp state={index === 0 && preview.restarts.length > 0 ? "starting" : "ok"} name="" /> {sentence}
          </li>
        ))}
      </ul>
      <h3>{plural(changes, "change")}</h3>
      <Diff before={preview.diff.before} after={preview.diff.after} />
    </>
  );
}

/** Asks the server 400 ms after the last change, without blocking. */
function useServerCheck(
  worker: Worker,
  config: Values,
  isWanted: boolean,
): { readonly preview: ConfigPreview | undefined; readonly problems: ReadonlyMap<string, string> } {
  const [preview, setPreview] = useState<ConfigPreview | undefined>();
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const key = JSON.stringify(config);
  useEffect(() => {
    if (!isWanted) {
      setProblems(new Map());
      return;
    }
    let isOver = false;
    const timer = setTimeout(() => {
      const asked = { name: worker.name, class: worker.class, config };
      call<{ problems: readonly Problem[] }>("config.validate", asked).then(
        (answer) =>
          isOver
            ? undefined
            : setProblems(new Map(answer.problems.map(({ path, message }) => [path.replace(/^\//, ""), message]))),
        () => undefined,
      );
      call<ConfigPreview>("config.preview", asked).then(
        (answer) => (isOver ? undefined : setPreview(answer)),
        () => undefined,
      );
    }, 400);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key, isWanted]);
  return { preview, problems };
}

function readDraft(name: string): Values {
  try {
    return JSON.parse(readSetting(name) ?? "{}") as Values;
  } catch {
    return {};
  }
}

// The browser's own question: the draft is kept either way.
function confirmLeaving(): boolean {
  return confirm("There are unsaved changes. They stay in this browser as a draft. Leave this page?");
}
