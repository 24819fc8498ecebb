// The door: sign in by name and password, or by the one-time link that the server prints. A refusal never says which of the two was wrong.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Mark } from "../../parts/mark.tsx";
import { ActError } from "../../parts/state.tsx";
import { navigate, place, segments } from "../../router.ts";
import { gateway, type Login, logIn } from "../../services/connection.ts";
import { readSetting, writeSetting } from "../../services/settings.ts";
import { type CallError, useAct } from "../../services/use-call.ts";
import { FirstPassword } from "./first-password.tsx";

/** The page. */
export default function DoorPage(): JSX.Element {
  const [first, second, token] = segments.value;
  if (first === "login" && second === "once" && token !== undefined) return <OneTimeLink token={token} />;
  return <SignIn />;
}

function goIn(): void {
  navigate("/", { replace: true });
}

async function enter(login: Login): Promise<void> {
  try {
    await logIn(login);
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    throw { method: "login", code: code ?? "", message: wordsOf(code, message), tookMs: 0 } satisfies CallError;
  }
}

function wordsOf(code: string | undefined, message: string | undefined): string {
  if (code === "CLIENT_LOGIN_REFUSED") {
    const wait = /(\d+) ?s/.exec(message ?? "")?.[1];
    return /too many|throttl/i.test(message ?? "")
      ? `Too many attempts, try again${wait === undefined ? " later" : ` in ${wait} s`}`
      : "Name and password do not fit";
  }
  return message ?? "The gateway did not answer";
}

function SignIn(): JSX.Element {
  const act = useAct();
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const isElsewhere = !["/", "/login"].includes(place.value.path);
  useEffect(() => name.current?.focus(), []);
  return (
    <main class="door">
      <form
        class="door-panel"
        onSubmit={(event) => {
          event.preventDefault();
          const login = { username: name.current?.value ?? "", password: password.current?.value ?? "" };
          void act
            .run(() => enter(login))
            .then((isIn) => {
              if (isIn && !isElsewhere) goIn();
              if (!isIn && password.current !== null) password.current.value = "";
            });
        }}
      >
        <p class="door-mark">
          <Mark size={40} /> Switchboard
        </p>
        <h1>Sign in</h1>
        {isElsewhere ? <p class="quiet-text">You come back to {place.value.path}.</p> : null}
        <label>
          Name
          <input ref={name} name="username" autocomplete="username" required />
        </label>
        <label>
          Password
          <input ref={password} name="password" type="password" autocomplete="current-password" required />
        </label>
        <ActError error={act.error} />
        <button type="submit" class="main" disabled={act.isPending}>
          {act.isPending ? "Signing in" : "Sign in"}
        </button>
        <p class="quiet-text">
          First time here? The gateway prints a link when it starts for the first time;{" "}
          <code class="num">switchboard login-link</code> prints a new one.
        </p>
      </form>
    </main>
  );
}

function OneTimeLink({ token }: { readonly token: string }): JSX.Element {
  const act = useAct();
  const [isIn, setIn] = useState(false);
  useEffect(() => {
    void act
      .run(() => enter({ link: token }))
      .then((isDone) => {
        if (!isDone) return;
        // A link is how people begin: they are shown around once.
        if (readSetting("welcome") === undefined) writeSetting("welcome", "open");
        setIn(true);
      });
  }, [token]);
  if (isIn && gateway.value !== undefined)
    return <FirstPassword username={gateway.value.username ?? ""} onDone={goIn} />;
  return (
    <main class="door">
      <div class="door-panel">
        <p class="door-mark">
          <Mark size={40} /> Switchboard
        </p>
        <h1>{act.error === undefined ? "Signing in by link" : "This link does not work any more"}</h1>
        {act.error === undefined ? (
          <p>One moment.</p>
        ) : (
          <>
            <p>It was used before, or is too old. Print a new one:</p>
            <code>switchboard login-link</code>
            <p>
              <a href="/login">Sign in by name</a>
            </p>
          </>
        )}
      </div>
    </main>
  );
}
