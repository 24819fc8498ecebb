// Text of machines: JSON, YAML, commands. Shown with quiet keys, folded when long, copied with one click.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { say } from "./announce.tsx";

/** Puts text on the clipboard and says so. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    say("The browser did not allow copying");
  }
}

/** What code is given. */
export interface CodeProps {
  readonly value: string;
  readonly language: "json" | "yaml" | "shell" | "ts" | "text";
  /** Lines shown before "more"; 0 shows all. */
  readonly foldAt?: number;
  readonly copy?: boolean;
  readonly label?: string;
}

/** A block of code. */
export function Code({ value, language, foldAt = 20, copy = false, label = "Code" }: CodeProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const lines = value.split("\n");
  const hidden = foldAt > 0 && !isOpen ? Math.max(0, lines.length - foldAt) : 0;
  const shown = hidden === 0 ? lines : lines.slice(0, foldAt);
  return (
    <div class="code">
      {copy ? (
        <button type="button" class="quiet small code-copy" onClick={() => void copyText(value)}>
          Copy
        </button>
      ) : null}
      <pre tabIndex={0} role="region" aria-label={label}>
        {shown.map((text, index) => (
          <div key={index} class={lineClass(text, language)}>
            {language === "json" ? <JsonLine text={text} /> : text || " "}
          </div>
        ))}
      </pre>
      {hidden === 0 ? null : (
        <button type="button" class="link" onClick={() => setOpen(true)}>
          {hidden} more lines
        </button>
      )}
    </div>
  );
}

/** A value as JSON of two blanks' indent; dates in ISO form. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2) ?? "nothing";
}

function lineClass(text: string, language: string): string | undefined {
  if (language !== "yaml") return undefined;
  return text.startsWith("+") ? "added" : text.startsWith("-") ? "removed" : undefined;
}

function JsonLine({ text }: { readonly text: string }): JSX.Element {
  const match = /^(\s*)("(?:[^"\\]|\\.)*")(:\s)(.*)$/.exec(text);
  if (match === null) return <>{text || " "}</>;
  const [, indent, key, colon, rest = ""] = match;
  return (
    <>
      {indent}
      <span class="code-key">{key}</span>
      {colon}
      {/^(?:true|false|null|-?\d)/.test(rest) ? <b>{rest}</b> : rest}
    </>
  );
}
