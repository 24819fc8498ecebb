// Accounts and what roles mean. Both are for administrators; others are told so.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Ask } from "../../parts/ask.tsx";
import { ActError, Loaded } from "../../parts/state.tsx";
import { me } from "../../services/live.ts";
import { call, useAct, useCall } from "../../services/use-call.ts";

interface User {
  readonly username: string;
  readonly groups?: readonly string[];
}

/** The accounts. */
export function UsersTab(): JSX.Element {
  const users = useCall<readonly User[]>("users.query", [], ["users.*"]);
  const [removing, setRemoving] = useState<User | undefined>();
  return (
    <Loaded of={users} what="The list of users">
      {(all) => (
        <>
          <table class="rules">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Roles</th>
                <th scope="col">Change</th>
              </tr>
            </thead>
            <tbody>
              {all.map((user) => (
                <tr key={user.username}>
                  <td>
                    <b>{user.username}</b>
                  </td>
                  <td>{(user.groups ?? []).join(", ")}</td>
                  <td>
                    <button
                      type="button"
                      class="link"
                      disabled={user.username === me.value?.username}
                      onClick={() => setRemoving(user)}
                    >
                      remove…
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {removing === undefined ? null : (
            <Ask
              level={2}
              title={`Remove ${removing.username}?`}
              verb={`Remove ${removing.username}`}
              doing="Removing"
              type={removing.username}
              cancel="Keep it"
              onYes={async () => {
                await call("users.delete", removing.username);
                setRemoving(undefined);
                users.again();
              }}
              onNo={() => setRemoving(undefined)}
            >
              <p>The account and its sessions end. What it has asked for stays in the history.</p>
            </Ask>
          )}
          <NewUser again={users.again} />
        </>
      )}
    </Loaded>
  );
}

function NewUser({ again }: { readonly again: () => void }): JSX.Element {
  const act = useAct();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState("viewer");
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void act
          .run(() => call("users.create", name, { password, groups: [role] }))
          .then((isOk) => {
            setPassword("");
            if (!isOk) return;
            setName("");
            again();
          });
      }}
    >
      <h2>Add a user</h2>
      <label class="field">
        Name
        <input value={name} onInput={(event) => setName(event.currentTarget.value)} autocomplete="off" required />
      </label>
      <label class="field">
        First password
        <input
          type="password"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
          autocomplete="new-password"
          minLength={8}
          required
        />
      </label>
      <label class="field">
        Role
        <select value={role} onChange={(event) => setRole(event.currentTarget.value)}>
          {["viewer", "operator", "admin"].map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <ActError error={act.error} />
      <p class="buttons">
        <button type="submit" class="main" disabled={act.isPending}>
          {act.isPending ? "Adding" : "Add user"}
        </button>
      </p>
    </form>
  );
}

const meanings = [
  ["viewer", "sees every page, changes nothing"],
  ["operator", "starts, stops, pauses, retries, sends, changes settings and rules"],
  ["admin", "all of it, and drops messages, ends sessions, manages users"],
] as const;

/** What the roles are for. */
export function RolesTab(): JSX.Element {
  return (
    <dl class="facts">
      {meanings.map(([role, meaning]) => (
        <div class="fact" key={role}>
          <dt>
            <b>{role}</b> {me.value?.roles.includes(role) === true ? "(yours)" : ""}
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
