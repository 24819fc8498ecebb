// The search's filters as a sheet, for thumbs: the same `key:value` words, chosen instead of typed.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../../format.ts";
import { useKeys } from "../../keys.ts";
import { joinTokens, splitTokens } from "../../parts/filter-tokens.ts";

const offered: readonly (readonly [key: string, label: string])[] = [
  ["state", "State"],
  ["type", "Direction"],
  ["channel", "Channel"],
  ["application", "Application"],
  ["router", "Router"],
];

/** What the sheet is given. */
export interface FilterSheetProps {
  readonly value: string;
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly total: number | undefined;
  readonly onChange: (value: string) => void;
}

/** The button, and the sheet while it is open. */
export function FilterSheet({ value, keys, total, onChange }: FilterSheetProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const tokens = splitTokens(value);
  const count = tokens.filter(({ key }) => key !== undefined).length;
  const chosen = (key: string): string => tokens.find((token) => token.key === key && !token.excludes)?.value ?? "";
  const choose = (key: string, next: string): void => {
    const rest = tokens.filter((token) => token.key !== key || token.excludes);
    onChange(joinTokens(next === "" ? rest : [...rest, { key, value: next, excludes: false }]));
  };
  useKeys({ close: () => (isOpen ? setOpen(false) : false) });
  return (
    <span class="phone-only">
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        Filter{count === 0 ? "" : ` ${count}`}
      </button>
      {isOpen ? (
        <section class="filter-sheet" aria-label="Filters">
          {offered.map(([key, label]) => (
            <label class="field" key={key}>
              {label}
              <select value={chosen(key)} onChange={(event) => choose(key, event.currentTarget.value)}>
                <option value="">any</option>
                {[...new Set([...(keys[key] ?? []), chosen(key)])]
                  .filter((option) => option !== "")
                  .map((option) => (
                    <option key={option}>{option}</option>
                  ))}
              </select>
            </label>
          ))}
          <p class="buttons">
            <button type="button" class="main" onClick={() => setOpen(false)}>
              Show {formatCount(total)}
            </button>
            <button type="button" onClick={() => onChange(joinTokens(tokens.filter(({ key }) => key === undefined)))}>
              Drop all filters
            </button>
          </p>
        </section>
      ) : null}
    </span>
  );
}
