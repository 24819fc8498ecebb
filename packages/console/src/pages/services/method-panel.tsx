// One method: its arguments as form or JSON (one model), its answer, the same call in three forms, the last calls of this browser.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatDuration, formatMoment } from "../../format.ts";
import { keyHint, useKeys } from "../../keys.ts";
import { errorsOfArguments } from "../../parts/argument-errors.ts";
import { Ask, RoleButton } from "../../parts/ask.tsx";
import { Segments } from "../../parts/bar.tsx";
import { Code, copyText, toJson } from "../../parts/code.tsx";
import { Field, errorsUnder } from "../../parts/field.tsx";
import { JsonField } from "../../parts/field-widgets.tsx";
import { Loaded } from "../../parts/state.tsx";
import { now } from "../../services/clock.ts";
import type { MessageDetail, MessageRow, MethodInfo } from "../../services/types.ts";
import { call, useCall } from "../../services/use-call.ts";
import { Answer } from "./answer.tsx";
import { argumentsOf, isDangerous, isNeeded, ownNames, trimmed } from "./arguments.ts";
import { callWords, pastCalls, rememberCall } from "./call-history.ts";
import { type CallForm, maskArguments, sameCall } from "./same-call.ts";
import { useMethod } from "./use-method.ts";

/** The panel. */
export function MethodPanel({
  service,
  method,
}: {
  readonly service: string;
  readonly method: MethodInfo;
}): JSX.Element {
  const name = `${service}.${method.name}`;
  const schemas = argumentsOf(method);
  const [args, setArgs] = useState<readonly unknown[]>(() => schemas.map((schema) => schema.default));
  // A form that is filled from outside is drawn anew: its texts are its own.
  const [round, setRound] = useState(0);
  const [past, setPast] = useState(() => pastCalls(name));
  const [isAsking, setAsking] = useState(false);
  // The server decides what it needs; a form that lacks something says so beside its answer.
  const [isTried, setTried] = useState(false);
  const given = trimmed(schemas.map((_, index) => args[index] ?? null));
  const calls = useMethod(name, method.generator === true, (done) =>
    setPast(
      rememberCall(name, {
        at: done.at.toISOString(),
        tookMs: done.tookMs,
        args: maskArguments(done.args, schemas),
        ...(done.error === undefined ? {} : { code: done.error.code }),
      }),
    ),
  );
  const fill = (next: readonly unknown[]): void => {
    setArgs(next);
    setRound(round + 1);
  };
  const run = (): unknown => {
    if (calls.isPending || method.allowed === false) return false;
    setTried(true);
    if (isDangerous(method.name)) return setAsking(true);
    return calls.run(given);
  };
  const isOld = calls.done !== undefined && JSON.stringify(calls.done.args) !== JSON.stringify(given);
  useKeys({ submit: run, open: () => (document.activeElement === document.body ? run() : false) });
  return (
    <>
      <div class="explorer-form">
        <p>{method.description ?? "No description."}</p>
        <Arguments
          key={round}
          service={service}
          method={method}
          args={args}
          given={given}
          isTried={isTried}
          extra={isOld ? undefined : calls.done?.error?.extra}
          onChange={setArgs}
          onFill={fill}
        />
        <p class="buttons">
          <RoleButton
            role={(method.roles ?? []).join(" or ")}
            allowed={method.allowed !== false}
            kind="main"
            onClick={() => void run()}
            disabled={calls.isPending}
          >
            {calls.isPending ? "Calling" : isDangerous(method.name) ? "Call…" : "Call"} <kbd>{keyHint("submit")}</kbd>
          </RoleButton>
          {calls.isPending && method.generator === true ? (
            <button type="button" onClick={calls.stop}>
              Stop
            </button>
          ) : null}
        </p>
        {isAsking ? (
          <Ask
            level={2}
            title={`Call ${name}?`}
            verb={`Call ${method.name}`}
            doing="Calling"
            type={method.name}
            cancel="Leave it"
            onYes={async () => {
              setAsking(false);
              calls.run(given);
            }}
            onNo={() => setAsking(false)}
          >
            <p>
              {method.description ?? name}. It takes something away that does not come back by itself. It is called
              with:
            </p>
            <Code value={toJson(given)} language="json" label="Arguments" />
          </Ask>
        ) : null}
        <section>
          <header class="section-head">
            <h3>Your last calls</h3> <span class="quiet-text section-acts">this browser only, without secrets</span>
          </header>
          {past.length === 0 ? <p class="quiet-text">None yet.</p> : null}
          <ul class="related">
            {past.map((done) => (
              <li key={done.at}>
                <button type="button" class="related-take" onClick={() => fill(done.args)}>
                  <span class="num quiet-text">{formatMoment(new Date(done.at), now.peek())}</span>
                  <span class="related-text">{callWords(done)}</span>
                  <span class={done.code === undefined ? "quiet-text" : "failed"}>
                    {done.code ?? formatDuration(done.tookMs)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
        <details>
          <summary>Schema</summary>
          <Code
            value={toJson(method["params-schema"] ?? [])}
            language="json"
            foldAt={0}
            copy
            label="Schema of arguments"
          />
          {method["result-schema"] === undefined ? null : (
            <Code value={toJson(method["result-schema"])} language="json" foldAt={0} label="Schema of the answer" />
          )}
        </details>
      </div>
      <div class="explorer-result">
        {calls.done === undefined ? (
          <p class="quiet-text">The answer appears here.</p>
        ) : (
          <Answer done={calls.done} isOld={isOld} />
        )}
        <SameCall name={name} args={maskArguments(given, schemas)} />
      </div>
    </>
  );
}

interface ArgumentsProps {
  readonly service: string;
  readonly method: MethodInfo;
  readonly args: readonly unknown[];
  readonly given: readonly unknown[];
  readonly isTried: boolean;
  /** Of the last error: what was wrong with which argument. */
  readonly extra: unknown;
  readonly onChange: (args: readonly unknown[]) => void;
  readonly onFill: (args: readonly unknown[]) => void;
}

function Arguments({ service, method, args, given, isTried, extra, onChange, onFill }: ArgumentsProps): JSX.Element {
  const [mode, setMode] = useState<"Form" | "JSON">("Form");
  const schemas = argumentsOf(method);
  const errors = errorsOfArguments(extra);
  const messageAt = schemas.findIndex(({ title }) => title === "message");
  return (
    <>
      <header class="section-head">
        <h2>Arguments</h2>
        {messageAt < 0 ? null : (
          <RealMessage onTake={(message) => onFill(Object.assign([...args], { [messageAt]: message }))} />
        )}
        <span class="section-acts">
          <Segments label="How arguments are given" options={["Form", "JSON"]} value={mode} onChange={setMode} />
        </span>
      </header>
      {schemas.length === 0 ? <p class="quiet-text">It takes none.</p> : null}
      {mode === "JSON" ? (
        <label class="field">
          All arguments as a list
          <JsonField id="args-json" value={given} onChange={(value) => onChange(Array.isArray(value) ? value : [])} />
        </label>
      ) : (
        schemas.map((schema, index) => (
          <Field
            key={index}
            id={`arg-${index}`}
            name={schema.title ?? `argument ${index + 1}`}
            schema={schema}
            value={args[index]}
            isRequired={isNeeded(schema)}
            completions={ownNames(service, schema)}
            error={
              errors.get(String(index)) ??
              (isTried && isNeeded(schema) && (args[index] ?? "") === "" ? "empty, and needed" : undefined)
            }
            errors={errorsUnder(errors, String(index))}
            onChange={(value) => onChange(Object.assign([...args], { [index]: value }))}
          />
        ))
      )}
    </>
  );
}

/** Fills in a message that has just passed. */
function RealMessage({ onTake }: { readonly onTake: (message: unknown) => void }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const last = useCall<{ readonly rows: readonly MessageRow[] }>(isOpen ? "messages.search" : undefined, [
    "",
    { limit: 8 },
  ]);
  const take = (id: string): void => {
    setOpen(false);
    void call<MessageDetail>("messages.get", id).then(
      ({ message }) => onTake(message),
      () => undefined,
    );
  };
  if (!isOpen) {
    return (
      <button type="button" class="link" onClick={() => setOpen(true)}>
        Take a real one…
      </button>
    );
  }
  return (
    <Loaded of={last} what="The last messages" lines={3}>
      {({ rows }) => (
        <ul class="related real-messages">
          {rows.map((row) => (
            <li key={row.id}>
              <button type="button" class="related-take" onClick={() => take(row.id)}>
                <span class="num quiet-text">{formatMoment(row.at, now.peek())}</span>
                <span class="related-text">{row.content ?? "no text"}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Loaded>
  );
}

const forms: readonly CallForm[] = ["CLI", "curl", "TypeScript"];

function SameCall({ name, args }: { readonly name: string; readonly args: readonly unknown[] }): JSX.Element {
  const [form, setForm] = useState<CallForm>("CLI");
  const text = sameCall(form, name, args, location.origin);
  useKeys({ copy: () => copyText(text) });
  return (
    <section class="panel">
      <header class="section-head">
        <h2>The same call as</h2>
        <Segments label="Form of the call" options={forms} value={form} onChange={setForm} />
        <span class="section-acts">
          <button type="button" class="quiet" onClick={() => void copyText(text)}>
            Copy <kbd>{keyHint("copy")}</kbd>
          </button>
        </span>
      </header>
      <Code value={text} language="shell" foldAt={0} label="The same call" />
      <p class="quiet-text">No token is put into the copied text.</p>
    </section>
  );
}
