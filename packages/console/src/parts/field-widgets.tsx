// Widgets of fields that are more than an input: secrets, lists of words, pairs, JSON.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { textOf } from "../format.ts";

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
          is set
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

/** Pairs of key and text, in order. */
export function MapField({
  value,
  label,
  onChange,
}: {
  readonly value: Readonly<Record<string, string>>;
  readonly label: string;
  readonly onChange: (value: unknown) => void;
}): JSX.Element {
  const pairs = Object.entries(value);
  const set = (index: number, pair: readonly [string, string] | undefined): void => {
    const next = pairs.flatMap((each, at) => (at === index ? (pair === undefined ? [] : [pair]) : [each]));
    onChange(Object.fromEntries(index >= pairs.length && pair !== undefined ? [...next, pair] : next));
  };
  return (
    <div class="pairs">
      {pairs.map(([key, text], index) => (
        <div key={index}>
          <input
            aria-label={`Key ${index + 1} of ${label}`}
            value={key}
            onChange={(event) => set(index, [event.currentTarget.value, text])}
          />
          <input
            aria-label={`Value of ${key}`}
            value={text}
            onInput={(event) => set(index, [key, event.currentTarget.value])}
          />
          <button type="button" class="quiet" aria-label={`Remove ${key}`} onClick={() => set(index, undefined)}>
            ×
          </button>
        </div>
      ))}
      <button type="button" class="small" onClick={() => set(pairs.length, [`key${pairs.length + 1}`, ""])}>
        Add a pair
      </button>
    </div>
  );
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
