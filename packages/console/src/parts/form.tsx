// A form drawn from a JSON Schema: groups, help, defaults, what is wrong and when to say so. The page owns the value and saves it.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Schema } from "../services/types.ts";
import { Field, errorsUnder } from "./field.tsx";
import { complaints, groupsOf, labelOf } from "./form-model.ts";
import { Lamp } from "./lamp.tsx";

/** What a form is given. */
export interface FormProps {
  readonly id: string;
  readonly schema: Schema;
  readonly value: Readonly<Record<string, unknown>>;
  readonly serverErrors?: ReadonlyMap<string, string>;
  /** Saving was tried: everything that is wrong is said, with a summary. */
  readonly isSubmitted: boolean;
  readonly onChange: (value: Readonly<Record<string, unknown>>) => void;
}

/** The form. */
export function Form({ id, schema, value, serverErrors = new Map(), isSubmitted, onChange }: FormProps): JSX.Element {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [isAll, setAll] = useState(false);
  const wrong = complaints(schema, value);
  const { shown, folded } = groupsOf(schema, value);
  const errorOf = (key: string): string | undefined =>
    serverErrors.get(key) ?? (isSubmitted || left.has(key) ? wrong.get(key) : undefined);
  const all = isSubmitted ? new Map([...wrong, ...serverErrors]) : serverErrors;
  const problems = [...all].map(([path, error]) => ({ path, key: path.split(".")[0] ?? path, error }));
  useEffect(() => {
    if (isSubmitted && problems.length > 0) document.querySelector<HTMLElement>(`#${id}-problems`)?.focus();
  }, [isSubmitted]);
  const field = (key: string): JSX.Element => {
    const part = schema.properties?.[key] ?? {};
    return (
      <Field
        key={key}
        id={`${id}-${key}`}
        name={key}
        schema={part}
        value={value[key]}
        isRequired={schema.required?.includes(key) === true}
        error={errorOf(key)}
        errors={errorsUnder(all, key)}
        onLeave={() => setLeft(new Set([...left, key]))}
        onChange={(next) =>
          onChange(
            next === undefined
              ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
              : { ...value, [key]: next },
          )
        }
      />
    );
  };
  return (
    <div class="form">
      {problems.length === 0 ? null : (
        <div class="problems" id={`${id}-problems`} tabIndex={-1}>
          <p>
            <Lamp state="down" name="" />{" "}
            <b>
              {problems.length === 1 ? "1 field needs a change" : `${problems.length} fields need a change`} before you
              can save
            </b>
          </p>
          {problems.map(({ path, key, error }) => (
            <p key={path}>
              {key === "" || schema.properties?.[key] === undefined ? null : (
                <>
                  <a
                    href={`#${id}-${key}`}
                    onClick={(event) => {
                      event.preventDefault();
                      setAll(true);
                      focusField(`${id}-${key}`);
                    }}
                  >
                    {labelOf(key, schema.properties[key])}
                  </a>
                  {placeOf(path)}:{" "}
                </>
              )}
              {error}
            </p>
          ))}
        </div>
      )}
      {[...shown].map(([group, keys]) => (
        <div class="form-group" key={group} role="group" aria-label={group === "" ? "Settings" : group}>
          {group === "" ? null : <h2>{group}</h2>}
          {keys.map(field)}
        </div>
      ))}
      {folded.length === 0 ? null : (
        <>
          <header class="section-head">
            <h2>
              {folded.length} more {folded.length === 1 ? "field" : "fields"} at{" "}
              {folded.length === 1 ? "its default" : "their defaults"}
            </h2>
            <span class="section-acts">
              <button type="button" class="link" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
                {isAll ? "Hide" : "Show"}
              </button>
            </span>
          </header>
          {isAll ? (
            <div class="form-group" role="group" aria-label="More fields">
              {folded.map(field)}
            </div>
          ) : null}
        </>
      )}
    </div>
  );
}

// Rows are counted from one, as they are shown.
function placeOf(path: string): string {
  const [, row, column] = path.split(".");
  if (row === undefined) return "";
  return /^\d+$/.test(row) ? `, ${Number(row) + 1}${column === undefined ? "" : `, ${column}`}` : `, ${row}`;
}

function focusField(id: string): void {
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLElement>(`#${CSS.escape(id)}`);
    field?.scrollIntoView({ block: "center" });
    field?.focus();
  });
}
