// The tabs of a router: its rules, which can be changed, and where a given message would go.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatRate, plural, textOf } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { Rules } from "../../parts/rules.tsx";
import { Failed, Loaded } from "../../parts/state.tsx";
import { Work } from "../../parts/work.tsx";
import { path, place, setQuery } from "../../router.ts";
import { frame, hasRole, mapData } from "../../services/live.ts";
import type { Explanation, MessageDetail, Rule, RuleSet, Worker } from "../../services/types.ts";
import { call, submitTask, useCall } from "../../services/use-call.ts";

interface RulesPreview {
  readonly of: number;
  readonly changed: number;
  readonly moves: readonly { readonly to: string; readonly count: number }[];
  readonly per_minute: number | null;
}

/** The rules, and what saving them would do. */
export function RulesTab({ worker }: { readonly worker: Worker }): JSX.Element {
  const rules = useCall<RuleSet>("routers.rules", [worker.name], ["workers.changed"]);
  const [draft, setDraft] = useState<readonly Rule[] | undefined>();
  const [isAsking, setAsking] = useState(false);
  const [task, setTask] = useState<number | undefined>();
  const targets = (mapData.value?.lines ?? []).filter(({ from }) => from === worker.name).map(({ to }) => to);
  const isEditable = canBeEdited(worker);
  const can = hasRole("operator") && isEditable;
  useKeys({
    save: () => (draft === undefined ? false : setAsking(true)),
    new: () =>
      rules.data === undefined || !can
        ? false
        : setDraft([...(draft ?? rules.data.rules), newRule((draft ?? rules.data.rules).length + 1, targets[0] ?? "")]),
  });
  return (
    <Loaded of={rules} what={`The rules of ${worker.name}`}>
      {(data) => (
        <section class="panel">
          <div class="rules-wrap">
            <Rules
              rules={draft ?? data.rules}
              isFirstMatch={data.first_match}
              targets={targets}
              {...(can ? { onChange: setDraft } : {})}
            />
          </div>
          {isEditable ? null : (
            <p>
              <a href={path("routers", worker.name, "settings")}>Change these rules in Settings</a>
            </p>
          )}
          <p class="buttons">
            {isEditable ? (
              <RoleButton
                role="operator"
                allowed={can}
                onClick={() =>
                  setDraft([...(draft ?? data.rules), newRule((draft ?? data.rules).length + 1, targets[0] ?? "")])
                }
              >
                Add a rule <kbd>N</kbd>
              </RoleButton>
            ) : null}
            {draft === undefined ? null : (
              <>
                <button type="button" class="main" onClick={() => setAsking(true)}>
                  Save rules… <kbd>Ctrl S</kbd>
                </button>
                <button type="button" class="quiet" onClick={() => setDraft(undefined)}>
                  Discard changes
                </button>
              </>
            )}
          </p>
          {isAsking && draft !== undefined ? (
            <RulesAsk
              worker={worker}
              rules={draft}
              onNo={() => setAsking(false)}
              onTask={(id) => {
                setAsking(false);
                setDraft(undefined);
                setTask(id);
              }}
            />
          ) : null}
          {task === undefined ? null : <Work id={task} compact onClose={() => setTask(undefined)} />}
        </section>
      )}
    </Loaded>
  );
}

// Other classes keep their rules under names of their own; those are changed in Settings.
function canBeEdited({ config }: Worker): boolean {
  const rules = config?.["rules"];
  return (
    Array.isArray(rules) &&
    rules.every((rule: unknown) => typeof rule === "object" && rule !== null && "looks_at" in rule)
  );
}

function newRule(number: number, target: string): Rule {
  return { number, looks_at: "keyword", value: "", target, hits_last_hour: null };
}

function RulesAsk({
  worker,
  rules,
  onNo,
  onTask,
}: {
  readonly worker: Worker;
  readonly rules: readonly Rule[];
  readonly onNo: () => void;
  readonly onTask: (id: number) => void;
}): JSX.Element {
  const config = { ...worker.config, rules };
  const preview = useCall<RulesPreview>("routers.preview", [worker.name, config]);
  return (
    <Loaded of={preview} what="What would change" lines={2}>
      {(data) => (
        <Ask
          level={1}
          title={`Change the rules of ${worker.name}?`}
          verb="Save rules"
          doing="Saving"
          note="runs as a task"
          onYes={async () => onTask(await submitTask("worker.update", { name: worker.name, config }))}
          onNo={onNo}
        >
          <p>
            {formatRate(data.per_minute ?? frame.value?.workers[worker.name]?.in)} messages a minute go through here. Of
            the last {plural(data.of, "message")}, <b>{data.changed}</b> would have gone elsewhere
            {data.moves.length === 0 ? "" : `: ${data.moves.map(({ to, count }) => `${count} to ${to}`).join(", ")}`}.
          </p>
        </Ask>
      )}
    </Loaded>
  );
}

/** A message to try, and the rule that would decide. */
export function ExplainTab({ worker }: { readonly worker: Worker }): JSX.Element {
  const wanted = place.value.query.get("message");
  const real = useCall<MessageDetail>(wanted === null ? undefined : "messages.get", [wanted]);
  const rules = useCall<RuleSet>("routers.rules", [worker.name], ["workers.changed"]);
  const [message, setMessage] = useState<Readonly<Record<string, unknown>>>({
    transport_name: "",
    from_addr: "",
    to_addr: "",
    content: "",
  });
  const [why, setWhy] = useState<Explanation | undefined>();
  useEffect(() => {
    if (real.data !== undefined) setMessage(real.data.message);
  }, [real.data]);
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(() => {
      call<Explanation>("routers.explain", worker.name, message).then(
        (answer) => (isOver ? undefined : setWhy(answer)),
        () => (isOver ? undefined : setWhy(undefined)),
      );
    }, 150);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [message, worker.name]);
  const field = (name: string, label: string): JSX.Element => (
    <label class="field">
      {label}
      <input
        value={textOf(message[name] ?? "")}
        onInput={(event) => setMessage({ ...message, [name]: event.currentTarget.value })}
      />
    </label>
  );
  const target = why?.targets[0];
  return (
    <section class="panel">
      <header class="section-head">
        <h2>A message to try</h2>
        {wanted === null ? null : (
          <button type="button" class="link section-acts" onClick={() => setQuery({ message: null })}>
            Write another one
          </button>
        )}
      </header>
      {real.error === undefined ? null : <Failed error={real.error} what="The message" again={real.again} />}
      <div class="form-group">
        {field("transport_name", "Channel")}
        {field("from_addr", "From")}
        {field("to_addr", "To")}
        {field("content", "Text")}
      </div>
      <p aria-live="polite">
        {target === undefined ? "No rule sends this message anywhere." : ""}
        {target === undefined ? null : (
          <>
            It goes to <b>{why?.targets.map(({ application }) => application).join(" and ")}</b>, by rule {target.rule}.
          </>
        )}
      </p>
      <Loaded of={rules} what={`The rules of ${worker.name}`}>
        {(data) => (
          <div class="rules-wrap">
            <Rules rules={data.rules} isFirstMatch={data.first_match} explanation={why} />
          </div>
        )}
      </Loaded>
    </section>
  );
}
