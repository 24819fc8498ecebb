// Widgets of fields that are more than an input: secrets, lists of words, numbers with units, JSON.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { textOf } from "../format.ts";
import type { Schema } from "../services/types.ts";
import { parseDuration, unitOf } from "./form-model.ts";

interface WidgetProps {
  readonly id: string;
  readonly value: unknown;
  readonly describedBy: string;
  readonly hasError: boolean;
  readonly onChange: (value: unknown) => void;
}

/** A secret: write-only. What is set is never shown; untouched it is not sent. */
export function SecretField({ id, value, describedBy, hasError, onChange }: WidgetProps): JSX.Element {
  const [kept] = useState(value);
  const [isReplacing, setReplacing] = useState(kept === undefined || kept === null);
  const [isShown, setShown] = useState(false);
  if (!isReplacing) {
    return (
      <>
        <span class="quiet-text" id={id} tabIndex={-1}>
          is set, never shown
        </span>
        <button type="button" class="small" onClick={() => setReplacing(true)}>
          Replace
        </button>
      </>
    );
  }
  const common = {
    id,
    "aria-describedby": describedBy,
    "aria-invalid": hasError,
    autocomplete: "new-password",
    value: value === kept ? "" : textOf(value),
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value),
  } as const;
  return (
    <>
      {isShown ? <input type="text" {...common} /> : <input type="password" {...common} />}
      {value === kept || value === undefined || value === "" ? null : (
        <span class="field-changed">new, not saved yet</span>
      )}
      <button type="button" class="link" onClick={() => setShown(!isShown)}>
        {isShown ? "Hide" : "Show while typing"}
      </button>
      {kept === undefined ? null : (
        <button
          type="button"
          class="link"
          onClick={() => {
            onChange(kept);
            setReplacing(false);
          }}
        >
          Undo
        </button>
      )}
    </>
  );
}

/** A list of words or numbers as chips. */
export function ListField({
  id,
  value,
  isNumber,
  label,
  onChange,
}: {
  readonly id: string;
  readonly value: readonly unknown[];
  readonly isNumber: boolean;
  readonly label: string;
  readonly onChange: (value: unknown) => void;
}): JSX.Element {
  const [typed, setTyped] = useState("");
  const add = (): void => {
    const text = typed.trim();
    if (text === "") return;
    onChange([...value, isNumber ? Number(text) : text]);
    setTyped("");
  };
  return (
    <>
      {value.map((item, index) => (
        <span class="chip" key={index}>
          {textOf(item)}
          <button
            type="button"
            aria-label={`Remove ${textOf(item)}`}
            onClick={() => onChange(value.filter((_, at) => at !== index))}
          >
            ×
          </button>
        </span>
      ))}
      <input
        id={id}
        aria-label={`Add to ${label}`}
        placeholder="add one, Enter"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
    </>
  );
}

/** A number with its unit; durations as people write them. Arrow keys step. */
export function NumberField({
  id,
  schema,
  value,
  describedBy,
  hasError,
  isDuration,
  onChange,
  onLeave,
}: WidgetProps & {
  readonly schema: Schema;
  readonly isDuration: boolean;
  readonly onLeave?: () => void;
}): JSX.Element {
  const [text, setText] = useState(value === undefined ? "" : textOf(value));
  const [last, setLast] = useState(value);
  if (value !== last) {
    setLast(value);
    if (value === undefined || typeof value === "number") setText(value === undefined ? "" : textOf(value));
  }
  const unit = unitOf(schema);
  const parsed = isDuration ? parseDuration(text, unit) : text === "" ? undefined : Number(text);
  const change = (next: string): void => {
    setText(next);
    const number = isDuration ? parseDuration(next, unit) : Number(next);
    const result = next.trim() === "" ? undefined : number === undefined || Number.isNaN(number) ? next : number;
    setLast(result);
    onChange(result);
  };
  const step = (by: number): void => change(textOf((parsed ?? Number(schema.default ?? 0)) + by));
  return (
    <span class="with-unit">
      <input
        id={id}
        aria-describedby={describedBy}
        aria-invalid={hasError}
        inputMode="decimal"
        value={text}
        placeholder={schema.default === undefined || schema.default === null ? "" : textOf(schema.default)}
        onInput={(event) => change(event.currentTarget.value)}
        onBlur={onLeave}
        onKeyDown={(event) => {
          if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
          event.preventDefault();
          step(event.key === "ArrowUp" ? 1 : -1);
        }}
      />
      <span>{understood(text, parsed, unit)}</span>
    </span>
  );
}

// What was understood, where it does not read as it was typed.
function understood(text: string, parsed: number | undefined, unit: string): string {
  if (parsed === undefined || !/[a-z]/.test(text)) return unit;
  return `= ${textOf(parsed)} ${unit}`;
}

/** Anything, as JSON; what cannot be read stays as it was typed. */
export function JsonField({
  id,
  value,
  onChange,
  ...rest
}: {
  readonly id: string;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly "aria-describedby"?: string;
}): JSX.Element {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, undefined, 2));
  const [problem, setProblem] = useState<string | undefined>();
  return (
    <>
      <textarea
        id={id}
        {...rest}
        class="mono"
        rows={Math.min(12, Math.max(3, text.split("\n").length))}
        value={text}
        spellcheck={false}
        aria-invalid={problem !== undefined}
        onInput={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          try {
            onChange(next.trim() === "" ? undefined : JSON.parse(next));
            setProblem(undefined);
          } catch (error) {
            setProblem((error as Error).message);
          }
        }}
      />
      {problem === undefined ? null : <p class="field-error">{problem}</p>}
    </>
  );
}
