// Questions before acts that cost something: what will happen, in numbers asked from the server a moment ago. Level 1 stands in place, level 2 is a
// dialog in which the number is typed. On confirming the numbers are asked again; if they moved by more than 5 %, the question says so.

import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { useAct } from "../services/use-call.ts";
import { ActError } from "./state.tsx";

/** What a question is given. */
export interface AskProps {
  readonly level: 1 | 2;
  /** `Retry 27 messages?` */
  readonly title: string;
  /** `Retry 27` */
  readonly verb: string;
  /** While the server works: `Retrying`. */
  readonly doing: string;
  readonly children: ComponentChildren;
  /** What must be typed on level 2. */
  readonly type?: string;
  readonly note?: string;
  readonly cancel?: string;
  /** Counts again just before acting; a text instead of undefined says what changed, and nothing is done. */
  readonly recheck?: () => Promise<string | undefined>;
  readonly onYes: () => Promise<unknown>;
  readonly onNo: () => void;
}

/** A question. */
export function Ask({
  level,
  title,
  verb,
  doing,
  children,
  type,
  note,
  cancel = "Cancel",
  recheck,
  onYes,
  onNo,
}: AskProps): JSX.Element {
  const [typed, setTyped] = useState("");
  const [changed, setChanged] = useState<string | undefined>();
  const first = useRef<HTMLElement | null>(null);
  const act = useAct();
  const canGo = level === 1 || type === undefined || typed.trim() === type;
  useLayoutEffect(() => {
    const before = document.activeElement;
    first.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useKeys({ close: onNo });
  const confirm = (): void => {
    if (!canGo) return;
    void act.run(async () => {
      const news = await recheck?.();
      setChanged(news);
      if (news === undefined) await onYes();
    });
  };
  const body = (
    <form
      class={`ask ask-${level}`}
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault();
        confirm();
      }}
    >
      <h2>{title}</h2>
      {children}
      {changed === undefined ? null : (
        <p class="ask-changed" role="alert">
          {changed}
        </p>
      )}
      {level === 2 && type !== undefined ? (
        <label class="ask-type">
          Type <b>{type}</b> to go on{" "}
          <input
            ref={(node) => void (first.current = node)}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            autocomplete="off"
          />
        </label>
      ) : null}
      <ActError error={act.error} />
      <p class="buttons">
        <button
          type="submit"
          class={level === 2 ? "danger" : "main"}
          disabled={!canGo || act.isPending}
          ref={(node) => {
            if (level === 1 || type === undefined) first.current = node;
          }}
        >
          {act.isPending ? doing : verb}
        </button>
        <button type="button" onClick={onNo}>
          {cancel}
        </button>
        {note === undefined ? null : <span class="ask-note">{note}</span>}
      </p>
    </form>
  );
  if (level === 1) return body;
  return (
    <div class="veil">
      <div role="alertdialog" aria-modal="true" aria-label={title} class="dialog">
        {body}
      </div>
    </div>
  );
}

/** A button that needs a role: visible always, disabled with the role on it where it is not held. */
export function RoleButton({
  role,
  allowed,
  kind = "",
  onClick,
  children,
  disabled = false,
}: {
  readonly role: string;
  readonly allowed: boolean;
  readonly kind?: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  if (allowed) {
    return (
      <button type="button" class={kind} onClick={onClick} disabled={disabled}>
        {children}
      </button>
    );
  }
  return (
    <button type="button" class={`denied ${kind === "small" ? kind : ""}`} disabled title={`needs the role ${role}`}>
      {children} <span class="denied-role">{role}</span>
    </button>
  );
}
