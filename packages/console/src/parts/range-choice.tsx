// The range that curves reach over: 15 min, 1 h, 24 h, 7 d. It lives in the address.

import type { JSX } from "preact";
import { setQuery } from "../router.ts";
import { type HistoryWindow, historyWindows, usualWindow } from "../services/use-history.ts";
import { Segments } from "./bar.tsx";

/** The choice, with what it means before it. */
export function RangeChoice({ value }: { readonly value: HistoryWindow }): JSX.Element {
  return (
    <>
      <span class="quiet-text wide-only">rates over the last 60 s, curves over</span>
      <Segments<HistoryWindow>
        label="Range of the curves"
        options={historyWindows}
        value={value}
        onChange={(range) => setQuery({ range: range === usualWindow ? null : range })}
      />
    </>
  );
}
