// One search field: free text and `key:value` tokens that become chips. Its value lives in the address; the server understands the same language.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { keyHint, useKeys } from "../keys.ts";
import { joinTokens, splitTokens } from "./filter-tokens.ts";

/** What a filter is given. */
export interface FilterProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder: string;
  /** Keys with what they may be completed to; without keys it is a plain filter. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
  /** Whether one may type at once. */
  readonly isReady?: boolean;
  /** Enter opens what was found. */
  readonly onEnter?: () => void;
}

/** The field. */
export function Filter({
  label,
  value,
  onChange,
  placeholder,
  keys,
  isReady = false,
  onEnter,
}: FilterProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const tokens = keys === undefined ? [] : splitTokens(value).filter(({ key }) => key !== undefined);
  const text = keys === undefined ? value : joinTokens(splitTokens(value).filter(({ key }) => key === undefined));
  const [typed, setTyped] = useState(text);
  const [last, setLast] = useState(text);
  if (text !== last) {
    setLast(text);
    setTyped(text);
  }
  useKeys({ filter: () => input.current?.focus() });
  useEffect(() => {
    if (isReady) input.current?.focus({ preventScroll: true });
  }, [isReady]);
  const commit = (next: string): void => {
    onChange([joinTokens(tokens), next.trim()].filter((part) => part !== "").join(" "));
  };
  const lastWord = typed.split(" ").at(-1) ?? "";
  const completions = keys === undefined ? [] : complete(lastWord, keys);
  return (
    <search class="filter">
      {tokens.map((token, index) => (
        <span class="chip" key={index}>
          {token.excludes ? "without " : ""}
          <b>
            {token.key}:{token.value}
          </b>
          <button
            type="button"
            aria-label={`Remove ${token.key}:${token.value}`}
            onClick={() =>
              onChange(
                [joinTokens(tokens.filter((other) => other !== token)), text].filter((part) => part !== "").join(" "),
              )
            }
          >
            ×
          </button>
        </span>
      ))}
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={typed}
        list={completions.length === 0 ? undefined : "filter-completions"}
        onInput={(event) => {
          const next = event.currentTarget.value;
          setTyped(next);
          if (keys === undefined) onChange(next);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            commit(typed);
            if (onEnter === undefined) return;
            event.currentTarget.blur();
            onEnter();
          }
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key === "Backspace" && typed === "" && tokens.length > 0) onChange(joinTokens(tokens.slice(0, -1)));
        }}
        onBlur={() => {
          if (keys !== undefined && typed !== text) commit(typed);
        }}
      />
      {completions.length === 0 ? null : (
        <datalist id="filter-completions">
          {completions.map((word) => (
            <option key={word} value={[...typed.split(" ").slice(0, -1), word].join(" ")} />
          ))}
        </datalist>
      )}
      <kbd aria-hidden>{keyHint("filter")}</kbd>
    </search>
  );
}

function complete(word: string, keys: Readonly<Record<string, readonly string[]>>): readonly string[] {
  if (word === "") return [];
  const minus = word.startsWith("-") ? "-" : "";
  const [key = "", value] = word.slice(minus.length).split(":");
  const found =
    value === undefined
      ? Object.keys(keys)
          .filter((name) => name.startsWith(key))
          .map((name) => `${name}:`)
      : (keys[key] ?? []).filter((name) => name.startsWith(value)).map((name) => `${key}:${name}`);
  return found.slice(0, 12).map((text) => minus + text);
}
