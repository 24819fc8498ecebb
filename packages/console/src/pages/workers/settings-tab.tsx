// The settings of a worker: the form of its class, what saving will do, the difference, a try before saving. A draft without secrets stays in the browser;
// somebody else's change meanwhile is shown beside one's own.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatCount, plural } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { CompareLink, Conflict } from "../../parts/form-conflict.tsx";
import type { Values } from "../../parts/form-merge.ts";
import { Form } from "../../parts/form.tsx";
import { cleaned, complaints, problemsByPath } from "../../parts/form-model.ts";
import { Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { guardLeaving } from "../../router.ts";
import { frame, hasRole } from "../../services/live.ts";
import { readSetting, writeSetting } from "../../services/settings.ts";
import type { ConfigPreview, Problem, Schema, Worker } from "../../services/types.ts";
import { type CallError, call, submitTask, useCall } from "../../services/use-call.ts";
import { changedKeys, draftOf, readDraft, withDraft } from "./changes.ts";
import { confirmLeaving } from "./leaving.ts";
import { Consequences, Origin } from "./settings-side.tsx";
import { TryConfig } from "./settings-try.tsx";

/** The tab. */
export function SettingsTab({ worker, again }: { readonly worker: Worker; readonly again: () => void }): JSX.Element {
  const schema = useCall<Schema>("config.schema", [worker.class]);
  return (
    <Loaded of={schema} what="The form">
      {(data) => <Editor key={worker.name} worker={worker} schema={data} again={again} />}
    </Loaded>
  );
}

interface EditorProps {
  readonly worker: Worker;
  readonly schema: Schema;
  readonly again: () => void;
}

function Editor({ worker, schema, again }: EditorProps): JSX.Element {
  const edit = useEdit(worker, schema);
  const { base, value, changed, isOutdated } = edit;
  const [isSubmitted, setSubmitted] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [task, setTask] = useState<number | undefined>();
  const config = cleaned(schema, value);
  const { preview, problems } = useServerCheck(worker, config, changed.length > 0);
  const wrong = complaints(schema, value);
  const can = hasRole("operator");
  const save = (): void => {
    setSubmitted(true);
    if (wrong.size === 0 && problems.size === 0 && changed.length > 0 && !isOutdated) setAsking(true);
  };
  const discard = (): void => {
    edit.discard();
    setAsking(false);
    setSubmitted(false);
  };
  useKeys({ save: () => (can ? save() : false) });
  return (
    <>
      <div class="page settings-side">
        <div>
          {isOutdated ? (
            <Conflict
              key={worker.revision}
              name={worker.name}
              schema={schema}
              before={base}
              theirs={worker.config ?? {}}
              yours={value}
              onGoOn={edit.rebase}
              onDrop={discard}
            />
          ) : null}
          <Form
            id="settings"
            schema={schema}
            value={value}
            serverErrors={problems}
            isSubmitted={isSubmitted}
            onChange={(next) => {
              edit.change(next);
              setAsking(false);
            }}
          />
        </div>
        <aside aria-label="If you save">
          <h2>If you save</h2>
          {changed.length === 0 ? <p class="quiet-text">Nothing has changed.</p> : null}
          {changed.length > 0 && preview !== undefined ? (
            <Consequences preview={preview} changes={changed.length} schema={schema} before={base} after={config} />
          ) : null}
          {isAsking && !isOutdated ? (
            <SaveAsk
              worker={worker}
              config={config}
              revision={edit.revision}
              changes={changed.length}
              preview={preview}
              onNo={() => setAsking(false)}
              onConflict={() => {
                setAsking(false);
                again();
              }}
              onTask={(id) => {
                discard();
                setTask(id);
                again();
              }}
            />
          ) : null}
          {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
          <TryConfig name={worker.name} className={worker.class} config={config} />
          <Origin worker={worker} />
        </aside>
      </div>
      <footer class="settings-foot">
        <span>
          {isOutdated ? <CompareLink /> : null}
          {problems.size + wrong.size > 0
            ? `${plural(new Set([...problems.keys(), ...wrong.keys()]).size, "problem")}, `
            : ""}
          {changed.length === 0 ? "no unsaved changes" : plural(changed.length, "unsaved change")}
        </span>
        <button type="button" class="quiet" disabled={changed.length === 0} onClick={discard}>
          Discard changes
        </button>
        <RoleButton
          role="operator"
          allowed={can}
          kind="main"
          disabled={changed.length === 0 || isOutdated}
          onClick={save}
        >
          Save and restart <kbd>Ctrl S</kbd>
        </RoleButton>
      </footer>
    </>
  );
}

interface Edit {
  readonly value: Values;
  /** What was there when the editing began. */
  readonly base: Values;
  readonly revision: string | undefined;
  readonly changed: readonly string[];
  /** Somebody else saved since. */
  readonly isOutdated: boolean;
  readonly change: (value: Values) => void;
  readonly discard: () => void;
  /** Goes on from what is there now. */
  readonly rebase: (value: Values) => void;
}

interface EditState {
  readonly value: Values;
  readonly base: Values;
  readonly revision: string | undefined;
}

/** The values under edit, and what they are based on; kept in the browser. */
function useEdit(worker: Worker, schema: Schema): Edit {
  const draftName = `draft.${worker.name}`;
  const saved = worker.config ?? {};
  const [state, setState] = useState<EditState | undefined>(() => {
    const draft = readDraft(readSetting(draftName));
    if (draft === undefined) return undefined;
    const { value, isOld } = withDraft(saved, draft);
    // A draft of other values than are there now counts as made before somebody else's change.
    return { value, base: isOld ? { ...saved, ...draft.before } : saved, revision: isOld ? "" : worker.revision };
  });
  const base = state?.base ?? saved;
  const value = state?.value ?? saved;
  const changed = changedKeys(schema, base, value);
  const isDirty = changed.length > 0;
  useEffect(() => {
    writeSetting(draftName, isDirty ? JSON.stringify(draftOf(schema, base, value)) : null);
  }, [JSON.stringify(value)]);
  useEffect(() => (isDirty ? guardLeaving(() => confirmLeaving(true)) : undefined), [isDirty]);
  return {
    value,
    base,
    revision: state?.revision ?? worker.revision,
    changed,
    isOutdated: isDirty && state !== undefined && state.revision !== worker.revision,
    change: (next) =>
      setState(
        isDirty && state !== undefined
          ? { ...state, value: next }
          : { value: next, base: saved, revision: worker.revision },
      ),
    discard: () => setState(undefined),
    rebase: (next) => setState({ value: next, base: saved, revision: worker.revision }),
  };
}

interface SaveAskProps {
  readonly worker: Worker;
  readonly config: Values;
  readonly revision: string | undefined;
  readonly changes: number;
  readonly preview: ConfigPreview | undefined;
  readonly onNo: () => void;
  readonly onConflict: () => void;
  readonly onTask: (id: number) => void;
}

function SaveAsk(props: SaveAskProps): JSX.Element {
  const { worker, config, revision, changes, preview, onNo, onConflict, onTask } = props;
  const { name } = worker;
  const waiting = frame.value?.workers[name]?.waiting ?? worker.waiting;
  const save = async (): Promise<void> => {
    try {
      onTask(await submitTask("worker.update", { name, config, ...(revision === undefined ? {} : { revision }) }));
    } catch (error) {
      if ((error as CallError).code !== "ESTALE") throw error;
      onConflict();
    }
  };
  return (
    <Ask
      level={1}
      title={`Save ${plural(changes, "change")} and restart ${name}?`}
      verb="Save and restart"
      doing="Saving"
      onYes={save}
      onNo={onNo}
    >
      <p>
        {preview?.sentences.join(" ")} <b>{formatCount(waiting)}</b> {waiting === 1 ? "waits" : "wait"} in its queues
        now.
      </p>
    </Ask>
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
      call<{ readonly problems: readonly Problem[] }>("config.validate", asked).then(
        (answer) => (isOver ? undefined : setProblems(problemsByPath(answer.problems))),
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
