// A form with one button: it waits while the server works, and says what the server has done, or why not.

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { useAct } from "../services/use-call.ts";
import { ActError } from "./state.tsx";

/** The form. */
export function ActForm({
  heading,
  verb,
  doing,
  done,
  isDisabled = false,
  run,
  beside,
  children,
}: {
  readonly heading: ComponentChildren;
  readonly verb: string;
  /** While the server works: `Saving`. */
  readonly doing: string;
  /** What it then has done. */
  readonly done: string;
  readonly isDisabled?: boolean;
  readonly run: () => Promise<unknown>;
  /** What stands beside the button. */
  readonly beside?: ComponentChildren;
  readonly children: ComponentChildren;
}): JSX.Element {
  const act = useAct();
  const [isDone, setDone] = useState(false);
  return (
    <form
      class="panel"
      onInput={() => setDone(false)}
      onSubmit={(event) => {
        event.preventDefault();
        void act.run(run).then(setDone);
      }}
    >
      {heading}
      {children}
      <ActError error={act.error} />
      <p class="buttons">
        <button type="submit" class="main" disabled={isDisabled || act.isPending}>
          {act.isPending ? doing : verb}
        </button>
        {beside}
        {isDone ? <span role="status">{done}</span> : null}
      </p>
    </form>
  );
}
