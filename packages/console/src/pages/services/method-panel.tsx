// One method: its arguments as form or JSON (one model), its result, the same call in three forms, the last calls of this browser.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatDuration, formatMoment, textOf } from "../../format.ts";
import { keyHint, useKeys } from "../../keys.ts";
import { RoleButton } from "../../parts/ask.tsx";
import { Segments } from "../../parts/bar.tsx";
import { Code, copyText, toJson } from "../../parts/code.tsx";
import { Field } from "../../parts/field.tsx";
import { JsonField } from "../../parts/field-widgets.tsx";
import { Lamp } from "../../parts/lamp.tsx";
import { now, presentTime } from "../../services/clock.ts";
import type { MethodInfo, Schema } from "../../services/types.ts";
import { type CallError, call } from "../../services/use-call.ts";
import { type CallForm, sameCall } from "./same-call.ts";

interface Done {
  readonly at: Date;
  readonly tookMs: number;
  readonly args: readonly unknown[];
  readonly result?: unknown;
  readonly error?: CallError;
}

const forms: readonly CallForm[] = ["CLI", "curl", "TypeScript"];

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
  const [mode, setMode] = useState<"form" | "json">("form");
  const [form, setForm] = useState<CallForm>("CLI");
  const [calls, setCalls] = useState<readonly Done[]>([]);
  const [isPending, setPending] = useState(false);
  const given = trimmed(schemas.map((_, index) => args[index] ?? null));
  const text = sameCall(form, name, given, location.origin);
  const run = (): void => {
    if (isPending || method.allowed === false) return;
    const started = performance.now();
    const at = presentTime();
    setPending(true);
    const finish = (done: { result?: unknown; error?: CallError }): void => {
      setCalls([{ at, tookMs: Math.round(performance.now() - started), args: given, ...done }, ...calls].slice(0, 20));
      setPending(false);
    };
    call(name, ...given).then(
      (result) => finish({ result }),
      (error: CallError) => finish({ error }),
    );
  };
  useKeys({
    submit: run,
    copy: () => copyText(text),
    open: () => (document.activeElement === document.body ? run() : false),
  });
  const [last] = calls;
  return (
    <>
      <div class="explorer-form">
        <p>{method.description ?? "No description."}</p>
        <header class="section-head">
          <h2>Arguments</h2>
          <span class="section-acts">
            <Segments
              label="How arguments are given"
              options={[
                { value: "form", name: "Form" },
                { value: "json", name: "JSON" },
              ]}
              value={mode}
              onChange={setMode}
            />
          </span>
        </header>
        {schemas.length === 0 ? <p class="quiet-text">It takes none.</p> : null}
        {mode === "json" ? (
          <label class="field">
            All arguments as a list
            <JsonField id="args-json" value={given} onChange={(value) => setArgs(Array.isArray(value) ? value : [])} />
          </label>
        ) : (
          schemas.map((schema, index) => (
            <Field
              key={index}
              id={`arg-${index}`}
              name={schema.title ?? `argument ${index + 1}`}
              schema={schema}
              value={args[index]}
              isRequired={schema.mandatory === true}
              onChange={(value) => setArgs(Object.assign([...args], { [index]: value }))}
            />
          ))
        )}
        <p class="buttons">
          <RoleButton
            role={(method.roles ?? []).join(" or ")}
            allowed={method.allowed !== false}
            kind="main"
            onClick={run}
            disabled={isPending}
          >
            {isPending ? "Calling" : "Call"} <kbd>{keyHint("submit")}</kbd>
          </RoleButton>
        </p>
        <section>
          <header class="section-head">
            <h3>Your last calls</h3> <span class="quiet-text section-acts">this page only</span>
          </header>
          <ul class="related">
            {calls.map((done) => (
              <li key={done.at.getTime()}>
                <button type="button" class="link" onClick={() => setArgs(done.args)}>
                  {formatMoment(done.at, now.peek())}
                </button>{" "}
                <span class="quiet-text">
                  {done.error === undefined ? formatDuration(done.tookMs) : done.error.code}
                </span>
              </li>
            ))}
          </ul>
        </section>
      </div>
      <div class="explorer-result">
        {last === undefined ? <p class="quiet-text">The answer appears here.</p> : <Answer done={last} />}
        <section class="panel">
          <header class="section-head">
            <h2>The same call as</h2>
            <Segments
              label="Form of the call"
              options={forms.map((value) => ({ value, name: value }))}
              value={form}
              onChange={setForm}
            />
            <span class="section-acts">
              <button type="button" class="quiet" onClick={() => void copyText(text)}>
                Copy <kbd>{keyHint("copy")}</kbd>
              </button>
            </span>
          </header>
          <Code value={text} language="shell" foldAt={0} label="The same call" />
          <p class="quiet-text">No token is put into the copied text.</p>
        </section>
      </div>
    </>
  );
}

function Answer({ done }: { readonly done: Done }): JSX.Element {
  const [view, setView] = useState<"table" | "json">("json");
  const rows =
    Array.isArray(done.result) &&
    done.result.every((item) => typeof item === "object" && item !== null) &&
    done.result.length > 0
      ? (done.result as readonly Readonly<Record<string, unknown>>[])
      : undefined;
  if (done.error !== undefined) {
    return (
      <section class="panel">
        <h2>
          <Lamp state="down" name="" /> {done.error.code} after {formatDuration(done.tookMs)}
        </h2>
        <p>{done.error.message}</p>
        {done.error.extra === undefined ? null : (
          <Code value={toJson(done.error.extra)} language="json" label="Details" />
        )}
      </section>
    );
  }
  const text = toJson(done.result);
  return (
    <section class="panel">
      <header class="section-head">
        <h2>
          <Lamp state="ok" name="" /> Answered in {formatDuration(done.tookMs)}
        </h2>
        <span class="quiet-text">{text.length} characters</span>
        {rows === undefined ? null : (
          <span class="section-acts">
            <Segments
              label="View of the answer"
              options={[
                { value: "table", name: "Table" },
                { value: "json", name: "JSON" },
              ]}
              value={view}
              onChange={setView}
            />
          </span>
        )}
      </header>
      {rows !== undefined && view === "table" ? (
        <ResultTable rows={rows} />
      ) : (
        <Code value={text} language="json" copy label="Answer" />
      )}
    </section>
  );
}

function ResultTable({ rows }: { readonly rows: readonly Readonly<Record<string, unknown>>[] }): JSX.Element {
  const keys = [...new Set(rows.slice(0, 20).flatMap((row) => Object.keys(row)))].slice(0, 6);
  return (
    <div class="rules-wrap" tabIndex={0} role="region" aria-label="Answer as a table">
      <table class="rules">
        <thead>
          <tr>
            {keys.map((key) => (
              <th key={key} scope="col">
                {key}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 100).map((row, index) => (
            <tr key={index}>
              {keys.map((key) => (
                <td key={key}>{typeof row[key] === "object" ? JSON.stringify(row[key]) : textOf(row[key] ?? "–")}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The schemas of a method's arguments, in order. */
function argumentsOf(method: MethodInfo): readonly Schema[] {
  const given = method["params-schema"];
  if (given === undefined) return [];
  if (isList(given)) return given;
  const items = given.prefixItems ?? given.items ?? [];
  return isList(items) ? items : [items];
}

function isList(value: Schema | readonly Schema[] | object): value is readonly Schema[] {
  return Array.isArray(value);
}

// Arguments that were not given are left out from the end.
function trimmed(args: readonly unknown[]): readonly unknown[] {
  const last = args.findLastIndex((arg) => arg !== null);
  return args.slice(0, last + 1);
}
