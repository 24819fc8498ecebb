// The step after a one-time link: a password of one's own, or later. The link has signed in already.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Mark } from "../../parts/mark.tsx";
import { ActError } from "../../parts/state.tsx";
import { call, useAct } from "../../services/use-call.ts";

/** What the step is given. */
export interface FirstPasswordProps {
  readonly username: string;
  /** Goes on, with a password or without. */
  readonly onDone: () => void;
}

/** The step. Only administrators can set a password without the former one; others go on at once. */
export function FirstPassword({ username, onDone }: FirstPasswordProps): JSX.Element | null {
  const [isAllowed, setAllowed] = useState<boolean | undefined>();
  const act = useAct();
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    call<{ readonly roles: readonly string[] }>("auth.me").then(
      ({ roles }) => (roles.includes("admin") ? setAllowed(true) : onDone()),
      onDone,
    );
  }, []);
  useEffect(() => password.current?.focus(), [isAllowed]);
  if (isAllowed !== true) return null;
  return (
    <main class="door">
      <form
        class="door-panel"
        onSubmit={(event) => {
          event.preventDefault();
          void act
            .run(() => call("users.update", username, { password: password.current?.value }))
            .then((isDone) => {
              if (isDone) onDone();
            });
        }}
      >
        <p class="door-mark">
          <Mark size={40} /> Switchboard
        </p>
        <h1>You are signed in as {username}</h1>
        <p>The link is used up. With a password of your own you can come back without a new one.</p>
        <label>
          New password
          <input
            ref={password}
            type="password"
            name="new-password"
            autocomplete="new-password"
            minLength={8}
            required
            aria-describedby="first-password-help"
          />
        </label>
        <p class="quiet-text" id="first-password-help">
          At least 8 characters. The generated one in the file <code>admin-password</code> stops working.
        </p>
        <ActError error={act.error} />
        <button type="submit" class="main" disabled={act.isPending}>
          {act.isPending ? "Setting" : "Set password"}
        </button>
        <button type="button" class="quiet" onClick={onDone}>
          Later
        </button>
      </form>
    </main>
  );
}
