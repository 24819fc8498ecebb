// Accounts: the list, and the way to one and to a new one. For administrators; others are told so.

import type { JSX } from "preact";
import { plural } from "../../format.ts";
import { Lamp } from "../../parts/lamp.tsx";
import { Loaded } from "../../parts/state.tsx";
import { path, segments } from "../../router.ts";
import { me } from "../../services/live.ts";
import { type Account, meanings, useAccounts } from "./accounts.ts";
import { NewUser } from "./new-user.tsx";
import { UserPage } from "./user-page.tsx";

/** The tab: all accounts, one, or a new one. */
export function UsersTab(): JSX.Element {
  const [, , name] = segments.value;
  const accounts = useAccounts();
  return (
    <Loaded of={accounts} what="The list of users">
      {(all) => {
        if (name === undefined) return <UserList accounts={all} />;
        // No account can be called so: names have no blank.
        if (name === "new user") return <NewUser />;
        return <UserPage key={name} name={name} accounts={all} />;
      }}
    </Loaded>
  );
}

function UserList({ accounts }: { readonly accounts: readonly Account[] }): JSX.Element {
  return (
    <>
      <header class="section-head">
        <h2>{plural(accounts.length, "account")}</h2>
        <span class="section-acts">
          <a class="button" href={path("settings", "users", "new user")}>
            Add a user
          </a>
        </span>
      </header>
      <table class="rules">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Roles</th>
            <th scope="col">Sign-in</th>
          </tr>
        </thead>
        <tbody>
          {accounts.map(({ username, full_name, roles, locked }) => (
            <tr key={username}>
              <td>
                <a href={path("settings", "users", username)}>
                  <b>{username}</b>
                </a>{" "}
                <span class="quiet-text">{username === me.value?.username ? "you" : full_name}</span>
              </td>
              <td>{roles.join(", ") || "–"}</td>
              <td>
                {locked === true ? (
                  <>
                    <Lamp state="paused" size={10} name="" /> locked
                  </>
                ) : (
                  <span class="quiet-text">{roles.length === 0 ? "no group that may" : "allowed"}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** What the roles are for. */
export function RolesTab(): JSX.Element {
  return (
    <dl class="facts">
      {Object.entries(meanings).map(([role, meaning]) => (
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
