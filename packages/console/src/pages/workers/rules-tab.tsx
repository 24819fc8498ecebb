// A router's rules: shown, edited in their own table, tried on a message before they are saved, saved with the consequence said before. Somebody else's
// change meanwhile is shown beside one's own.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { plural } from "../../format.ts";
import { keyHint, useKeys } from "../../keys.ts";
import { RoleButton } from "../../parts/ask.tsx";
import { CompareLink, Conflict } from "../../parts/form-conflict.tsx";
import type { Values } from "../../parts/form-merge.ts";
import { complaints } from "../../parts/form-model.ts";
import { Rules } from "../../parts/rules.tsx";
import { Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { guardLeaving } from "../../router.ts";
import { hasRole } from "../../services/live.ts";
import type { RuleSet, Schema, Worker } from "../../services/types.ts";
import { useCall } from "../../services/use-call.ts";
import { confirmLeaving } from "./leaving.ts";
import { RulesAsk } from "./rules-ask.tsx";
import { RouterTables } from "./rules-table.tsx";
import { changedOptions, useDraftRules } from "./rules-draft.ts";
import { TryMessage, useTries } from "./try-message.tsx";

/** The tab. */
export function RulesTab({ worker }: { readonly worker: Worker }): JSX.Element {
  const rules = useCall<RuleSet>("routers.rules", [worker.name], ["workers.changed"]);
  return (
    <Loaded of={rules} what={`The rules of ${worker.name}`}>
      {(data) =>
        data.schema === undefined || data.schema === null ? (
          <FixedRules worker={worker} rules={data} />
        ) : (
          <RulesEditor worker={worker} rules={data} schema={data.schema} again={rules.again} />
        )
      }
    </Loaded>
  );
}

// A router that is not ours to change: its rules, if it tells any.
function FixedRules({ worker, rules }: { readonly worker: Worker; readonly rules: RuleSet }): JSX.Element {
  const tries = useTries(worker.name);
  return (
    <section class="panel">
      <TryMessage router={worker.name} tries={tries} />
      <div class="rules-wrap">
        <Rules rules={rules.rules} isFirstMatch={rules.first_match} explanation={tries.why} />
      </div>
    </section>
  );
}

interface EditorProps {
  readonly worker: Worker;
  readonly rules: RuleSet;
  readonly schema: Schema;
  readonly again: () => void;
}

function RulesEditor({ worker, rules, schema, again }: EditorProps): JSX.Element {
  const settings = rules.settings ?? {};
  // What was there when the editing began; undefined: nothing is edited.
  const [base, setBase] = useState<RuleSet | undefined>();
  const [draft, setDraft] = useState<Values | undefined>();
  const [step, setStep] = useState<"edit" | "ask">("edit");
  const [isSubmitted, setSubmitted] = useState(false);
  const [task, setTask] = useState<number | undefined>();
  const section = useRef<HTMLElement>(null);
  const can = hasRole("operator");
  const shown = draft ?? settings;
  const changed = changedOptions((base ?? rules).settings ?? {}, shown);
  const isDirty = Object.keys(changed).length > 0;
  const tries = useTries(worker.name, isDirty ? shown : undefined);
  const drafted = useDraftRules(worker, isDirty ? shown : undefined);
  const isOutdated = isDirty && base !== undefined && base.revision !== rules.revision;
  useEffect(() => (isDirty ? guardLeaving(() => confirmLeaving(false)) : undefined), [isDirty]);

  const edit = (next: Values): void => {
    if (base === undefined || !isDirty) setBase(rules);
    setDraft(next);
    setStep("edit");
  };
  const discard = (): void => {
    setDraft(undefined);
    setBase(undefined);
    setStep("edit");
    setSubmitted(false);
  };
  const wrong = complaints(schema, shown);
  const problems = new Map([...(isSubmitted ? wrong : []), ...drafted.problems]);
  const ask = (): unknown => {
    if (!isDirty || !can) return false;
    setSubmitted(true);
    return wrong.size + drafted.problems.size > 0 ? undefined : setStep("ask");
  };
  useKeys({ save: ask });
  return (
    <section class="panel rules-editor" ref={section} tabIndex={-1}>
      <TryMessage router={worker.name} tries={tries} />
      {isOutdated ? (
        <Conflict
          key={rules.revision}
          name={worker.name}
          schema={schema}
          before={base.settings ?? {}}
          theirs={settings}
          yours={shown}
          onGoOn={(values) => {
            setBase(rules);
            setDraft(values);
            setStep("edit");
          }}
          onDrop={discard}
        />
      ) : null}
      <RouterTables
        key={task}
        rules={drafted.rules ?? rules}
        schema={schema}
        settings={shown}
        why={tries.isTried ? tries.why : undefined}
        errors={problems}
        isSubmitted={isSubmitted}
        onChange={can ? edit : undefined}
      />
      {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
      {step === "ask" && isDirty && !isOutdated ? (
        <RulesAsk
          worker={worker}
          settings={shown}
          change={changed}
          revision={base?.revision}
          onNo={() => setStep("edit")}
          onConflict={() => {
            setStep("edit");
            again();
          }}
          onTask={(id) => {
            discard();
            setTask(id);
            // The row that was edited is closed, and the focus with it.
            requestAnimationFrame(() => section.current?.focus({ preventScroll: true }));
          }}
        />
      ) : null}
      {isDirty && (step === "edit" || isOutdated) ? (
        <footer class="settings-foot">
          <span>
            {isOutdated ? <CompareLink /> : null}
            {problems.size === 0 ? "" : `${plural(problems.size, "problem")}, `}
            {plural(Object.keys(changed).length, "option")} changed, not saved
          </span>
          <button type="button" class="quiet" onClick={discard}>
            Discard changes
          </button>
          <RoleButton role="operator" allowed={can} kind="main" disabled={isOutdated} onClick={() => void ask()}>
            Save rules… <kbd>{keyHint("save")}</kbd>
          </RoleButton>
        </footer>
      ) : null}
    </section>
  );
}
