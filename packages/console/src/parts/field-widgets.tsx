// Widgets of fields that are more than an input: secrets, lists of words, one of several, JSON.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { textOf } from "../format.ts";
import type { Schema } from "../services/types.ts";
import { Segments } from "./bar.tsx";
import type { FieldProps } from "./field.tsx";
import { typeOf } from "./form-model.ts";

interface SecretProps {
  readonly id: string;
  readonly value: unknown;
  readonly describedBy: string;
  readonly hasError: boolean;
  readonly onChange: (value: unknown) => void;
}

/** A secret: write-only. What is set is never shown; untouched it is not sent. */
export function SecretField({ id, value, describedBy, hasError, onChange }: SecretProps): JSX.Element {
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

/** One of several schemas: which, then its field. What was typed for another one is kept until the page is left. */
export function ChoiceField({
  id,
  schema,
  value,
  onChange,
  Field,
  ...rest
}: FieldProps & { readonly Field: (props: FieldProps) => JSX.Element }): JSX.Element {
  const options = schema.oneOf ?? schema.anyOf ?? [];
  const [index, setIndex] = useState(() =>
    Math.max(
      0,
      options.findIndex((option) => isLike(option, value)),
    ),
  );
  const kept = useRef(new Map<number, unknown>());
  const chosen = options[index] ?? {};
  const names = options.map((option, at) => option.title ?? typeOf(option).type ?? `form ${at + 1}`);
  return (
    <div class="field-object" id={id}>
      <Segments
        label={`Form of ${rest.name}`}
        options={names.map((name, at) => ({ value: String(at), name }))}
        value={String(index)}
        onChange={(next) => {
          kept.current.set(index, value);
          setIndex(Number(next));
          onChange(kept.current.get(Number(next)));
        }}
      />
      {typeOf(chosen).type === "null" || chosen.const === null ? null : (
        <Field
          {...rest}
          id={`${id}-${index}`}
          schema={chosen}
          value={value}
          onChange={onChange}
          depth={(rest.depth ?? 0) + 1}
        />
      )}
    </div>
  );
}

function isLike(schema: Schema, value: unknown): boolean {
  if (value === undefined) return false;
  if (schema.const !== undefined) return schema.const === value;
  const { type } = typeOf(schema);
  if (value === null) return type === undefined && schema.type === "null";
  if (Array.isArray(value)) return type === "array";
  if (type === "integer" || type === "number") return typeof value === "number";
  return type === typeof value;
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
