// Which time is searched: the last minutes, which is live, or from one date to another, which stands still. On a phone one control instead of four.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Segments } from "../../parts/bar.tsx";
import { place, setQuery } from "../../router.ts";

/** The ranges that end now. */
export const ranges = [
  { value: "15min", name: "15 min", minutes: 15 },
  { value: "30min", name: "30 min", minutes: 30 },
  { value: "24h", name: "24 h", minutes: 1440 },
] as const;

/** Their names, and dates. */
export type RangeName = (typeof ranges)[number]["value"] | "dates";

const options: readonly { readonly value: RangeName; readonly name: string }[] = [
  ...ranges.map(({ value, name }) => ({ value, name })),
  { value: "dates", name: "dates…" },
];

/** The choice. */
export function Range({
  value,
  isAsking,
  onAsk,
}: {
  readonly value: RangeName;
  readonly isAsking: boolean;
  readonly onAsk: (isAsking: boolean) => void;
}): JSX.Element {
  const shown = isAsking ? "dates" : value;
  const choose = (next: RangeName): void => {
    if (next === "dates") {
      onAsk(true);
      return;
    }
    onAsk(false);
    setQuery({ range: next, from: null, to: null });
  };
  return (
    <>
      <span class="messages-range">
        <Segments<RangeName> label="Range" options={options} value={shown} onChange={choose} />
      </span>
      <select
        class="phone-only from-worker"
        aria-label="Range"
        value={shown}
        onChange={(event) => choose(options.find((each) => each.value === event.currentTarget.value)?.value ?? "30min")}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
    </>
  );
}

/** From one date to another, in the viewer's zone. */
export function Dates({
  from,
  to,
  onDone,
}: {
  readonly from: Date;
  readonly to: Date;
  readonly onDone: () => void;
}): JSX.Element {
  const [first, setFirst] = useState(localText(from));
  const [last, setLast] = useState(localText(to));
  const [start, end] = [new Date(first), new Date(last)];
  const isWrong = Number.isNaN(start.getTime()) || Number.isNaN(end.getTime()) || start >= end;
  return (
    <form
      class="dates"
      aria-label="From one date to another"
      onSubmit={(event) => {
        event.preventDefault();
        if (isWrong) return;
        setQuery({ from: start.toISOString(), to: end.toISOString() });
        onDone();
      }}
    >
      <label class="field">
        From
        <input type="datetime-local" step="1" value={first} onInput={(event) => setFirst(event.currentTarget.value)} />
      </label>
      <label class="field">
        To
        <input
          type="datetime-local"
          step="1"
          value={last}
          aria-invalid={isWrong}
          onInput={(event) => setLast(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="main" disabled={isWrong}>
        Search these
      </button>
      {place.value.query.get("from") === null ? (
        <button type="button" class="quiet" onClick={onDone}>
          Cancel
        </button>
      ) : null}
      {isWrong ? <span class="field-error">the first must be before the last</span> : null}
    </form>
  );
}

// As the control wants it: local time without a zone.
function localText(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
