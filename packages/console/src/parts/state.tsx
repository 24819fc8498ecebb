// The states of a page or of a part of it: reading, empty, nothing found, failed, not allowed, all well. Words and ways onward are given.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatDuration } from "../format.ts";
import { me } from "../services/live.ts";
import type { CallError, CallState } from "../services/use-call.ts";
import { copyText } from "./code.tsx";
import { Lamp } from "./lamp.tsx";

/** What a state is given. */
export interface StateProps {
  readonly kind: "empty" | "none" | "failed" | "denied" | "well";
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** A box that says what is, then what to do. */
export function State({ kind, title, children }: StateProps): JSX.Element {
  return (
    <section class={`state state-${kind}`}>
      <h2>
        {kind === "failed" ? <Lamp state="down" name="failed" /> : null}
        {kind === "well" ? <Lamp state="ok" /> : null}
        {title}
      </h2>
      {children}
    </section>
  );
}

/** Still lines in the shape of a list: nothing for 300 ms, after 1 s what is being read. */
export function Loading({ what, lines = 6 }: { readonly what: string; readonly lines?: number }): JSX.Element {
  const [step, setStep] = useState(0);
  useEffect(() => {
    const timers = [setTimeout(() => setStep(1), 300), setTimeout(() => setStep(2), 1000)];
    return () => timers.forEach((timer) => clearTimeout(timer));
  }, []);
  return (
    <div class="loading" aria-busy="true">
      {step === 0
        ? null
        : Array.from({ length: lines }, (_, index) => (
            <div class="loading-line" key={index} aria-hidden>
              <i />
              <i />
              <i />
            </div>
          ))}
      {step === 2 ? <p>Reading {what}.</p> : null}
    </div>
  );
}

/** A call that failed, in its own part of the page. */
export function Failed({
  error,
  what,
  again,
}: {
  readonly error: CallError;
  readonly what: string;
  readonly again?: () => void;
}): JSX.Element {
  const denied = error.code === "EACCES" || error.code === "EPERM";
  if (denied) {
    return (
      <State kind="denied" title={`${what} needs another role`}>
        <p>
          You are <b>{me.value?.username}</b> with <b>{(me.value?.roles ?? []).join(", ") || "no role"}</b>.{" "}
          {missingRole(error.message) === undefined ? (
            sentence(error.message)
          ) : (
            <>
              It needs <b>{missingRole(error.message)}</b>.
            </>
          )}
        </p>
        <p class="buttons">
          <button type="button" onClick={() => void copyText(location.href)}>
            Copy a link for someone who may
          </button>
        </p>
      </State>
    );
  }
  return (
    <State kind="failed" title={`${what} did not load`}>
      <p>
        <code>{error.method}</code> failed after {formatDuration(error.tookMs)} (<code>{error.code}</code>):{" "}
        {sentence(error.message)} The rest of the page is live.
      </p>
      <p class="buttons">
        {again === undefined ? null : (
          <button type="button" onClick={again}>
            Try again
          </button>
        )}
        <button type="button" class="quiet" onClick={() => void copyText(JSON.stringify(error, undefined, 2))}>
          Copy details
        </button>
      </p>
    </State>
  );
}

/** One of reading, failed, or the answer. What was read before stays while it is read again. */
export function Loaded<Result>({
  of,
  what,
  children,
  lines,
}: {
  readonly of: CallState<Result>;
  readonly what: string;
  readonly lines?: number;
  readonly children: (data: Result) => ComponentChildren;
}): JSX.Element {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error !== undefined) return <Failed error={of.error} what={what} again={of.again} />;
  return <Loading what={what.toLowerCase()} {...(lines === undefined ? {} : { lines })} />;
}

/** An act's error beside its button. */
export function ActError({ error }: { readonly error: CallError | undefined }): JSX.Element | null {
  if (error === undefined) return null;
  return (
    <p class="act-error" role="alert">
      <Lamp state="down" name="" /> {sentence(error.message)} <code>{error.code}</code>
    </p>
  );
}

/** The role that the server says is missing: `needs the role operator`. */
function missingRole(message: string): string | undefined {
  return /needs the role ([\w-]+(?: (?:and|or) [\w-]+)*)/.exec(message)?.[1];
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
