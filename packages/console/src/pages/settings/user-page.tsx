// One account: its groups, its password, its sessions, and its end. What a change ends is said before it is made.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { plural } from "../../format.ts";
import { ActForm } from "../../parts/act-form.tsx";
import { Ask } from "../../parts/ask.tsx";
import { State } from "../../parts/state.tsx";
import { navigate, path } from "../../router.ts";
import { me } from "../../services/live.ts";
import { call, useCall } from "../../services/use-call.ts";
import { type Account, isLastAdministrator } from "./accounts.ts";
import { GroupChoice } from "./group-choice.tsx";

/** The page. */
export function UserPage({
  name,
  accounts,
}: {
  readonly name: string;
  readonly accounts: readonly Account[];
}): JSX.Element {
  const sessions = useCall<readonly { readonly username: string }[]>(
    "session.get_live_user_sessions",
    [],
    ["session.*", "users.*"],
  );
  const account = accounts.find(({ username }) => username === name);
  if (account === undefined) {
    return (
      <State kind="none" title={`There is no account ${name}`}>
        <p>
          <a href={path("settings", "users")}>To the list of users</a>
        </p>
      </State>
    );
  }
  const isMe = name === me.value?.username;
  const open = (sessions.data ?? []).filter(({ username }) => username === name).length;
  const others = Math.max(0, open - (isMe ? 1 : 0));
  const isLast = isLastAdministrator(account, accounts);
  return (
    <>
      <header>
        <h2>
          <a href={path("settings", "users")}>Users</a> / {name}
        </h2>
        <p class="quiet-text">
          {[account.full_name, isMe ? "this is you" : "", account.locked === true ? "locked" : ""]
            .filter((part) => part !== undefined && part !== "")
            .join(", ")}
        </p>
      </header>
      {isLast ? (
        <p>
          It is the only administrator, and stays one: make another account one first, then this one can be changed,
          locked or removed.
        </p>
      ) : null}
      <Rights account={account} ends={sessionWords(others, isMe)} isLast={isLast} />
      <NewPassword name={name} ends={sessionWords(others, isMe)} />
      <Sessions name={name} count={others} isMe={isMe} />
      <Removal
        name={name}
        count={open}
        reason={isMe ? "Nobody removes their own account." : isLast ? "It is the only administrator." : undefined}
      />
    </>
  );
}

/** `no session`, `2 other sessions`. */
function sessionWords(count: number, isMe: boolean): string {
  const which = isMe ? "other session" : "session";
  return count === 0 ? `no ${which}` : plural(count, which);
}

function Rights({
  account,
  ends,
  isLast,
}: {
  readonly account: Account;
  readonly ends: string;
  readonly isLast: boolean;
}): JSX.Element {
  const [groups, setGroups] = useState(account.groups);
  const [isLocked, setLocked] = useState(account.locked === true);
  const isSame =
    groups.toSorted().join() === account.groups.toSorted().join() && isLocked === (account.locked === true);
  return (
    <ActForm
      heading={<h3>What it may do</h3>}
      verb="Save"
      doing="Saving"
      isDisabled={isSame}
      done="Saved."
      run={() => call("users.update", account.username, { groups, locked: isLocked })}
    >
      <GroupChoice value={groups} onChange={setGroups} />
      <label class="choice">
        <input
          type="checkbox"
          checked={isLocked}
          disabled={isLast}
          onChange={(event) => setLocked(event.currentTarget.checked)}
        />
        <span>
          <b>Locked</b> <span class="quiet-text">it may not sign in, and keeps its groups</span>
        </span>
      </label>
      <p class="quiet-text">Saving ends {ends} of it.</p>
    </ActForm>
  );
}

function NewPassword({ name, ends }: { readonly name: string; readonly ends: string }): JSX.Element {
  const password = useRef<HTMLInputElement>(null);
  return (
    <ActForm
      heading={<h3>Password</h3>}
      verb="Set password"
      doing="Setting"
      done="The password is set."
      run={async () => {
        const { value = "" } = password.current ?? {};
        if (password.current !== null) password.current.value = "";
        await call("users.update", name, { password: value });
      }}
    >
      <label class="field">
        New password
        <input ref={password} type="password" autocomplete="new-password" minLength={8} required />
        <span class="field-help">At least 8 characters. Setting it ends {ends}.</span>
      </label>
    </ActForm>
  );
}

function Sessions({
  name,
  count,
  isMe,
}: {
  readonly name: string;
  readonly count: number;
  readonly isMe: boolean;
}): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  const what = sessionWords(count, isMe);
  return (
    <section class="panel">
      <h3>Sessions</h3>
      {isAsking ? (
        <Ask
          level={1}
          title={`End ${what} of ${name}?`}
          verb={`End ${what}`}
          doing="Ending"
          onYes={async () => {
            await call("users.end_sessions", name);
            setAsking(false);
          }}
          onNo={() => setAsking(false)}
        >
          <p>Their connections are closed; whoever is there has to sign in again. Tasks go on.</p>
        </Ask>
      ) : (
        <>
          <p>
            {count === 0 ? (
              `There is ${what}.`
            ) : (
              <>
                {what} open. <a href={`/sessions?q=${encodeURIComponent(name)}`}>Show</a>
              </>
            )}
          </p>
          <p class="buttons">
            <button type="button" disabled={count === 0} onClick={() => setAsking(true)}>
              {count === 1 ? "End it…" : "End them…"}
            </button>
          </p>
        </>
      )}
    </section>
  );
}

function Removal({
  name,
  count,
  reason,
}: {
  readonly name: string;
  readonly count: number;
  /** Why it cannot be removed. */
  readonly reason: string | undefined;
}): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  return (
    <section class="panel">
      <h3>Remove</h3>
      <p>{reason ?? "Who it was stays in the history of what it did."}</p>
      <p class="buttons">
        <button type="button" class="danger-line" disabled={reason !== undefined} onClick={() => setAsking(true)}>
          Remove {name}…
        </button>
      </p>
      {isAsking ? (
        <Ask
          level={2}
          title={`Remove ${name}?`}
          verb={`Remove ${name}`}
          doing="Removing"
          type={name}
          cancel="Keep it"
          onYes={async () => {
            await call("users.delete", name);
            navigate(path("settings", "users"), { replace: true });
          }}
          onNo={() => setAsking(false)}
        >
          <p>
            The account is gone
            {count === 0 ? "" : `, and ${plural(count, "session")} of it ${count === 1 ? "ends" : "end"}`}. What it has
            asked for stays in the history.
          </p>
        </Ask>
      ) : null}
    </section>
  );
}
