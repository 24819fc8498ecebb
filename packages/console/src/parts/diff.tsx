// What a change would do to a text: lines that go, lines that come. Pure.

import { diffLines } from "./diff-lines.ts";
import type { JSX } from "preact";
import { Code } from "./code.tsx";

/** The difference, shown. */
export function Diff({ before, after }: { readonly before: string; readonly after: string }): JSX.Element {
  return <Code value={diffLines(before, after).join("\n")} language="yaml" foldAt={0} label="Difference" />;
}
