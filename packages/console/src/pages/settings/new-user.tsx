// A new account: its name, whose it is, a first password, its groups.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { ActForm } from "../../parts/act-form.tsx";
import { navigate, path } from "../../router.ts";
import { call } from "../../services/use-call.ts";
import { GroupChoice } from "./group-choice.tsx";

/** The form. */
export function NewUser(): JSX.Element {
  const [name, whose, password] = [
    useRef<HTMLInputElement>(null),
    useRef<HTMLInputElement>(null),
    useRef<HTMLInputElement>(null),
  ];
  const [groups, setGroups] = useState<readonly string[]>(["viewer"]);
  const create = async (): Promise<void> => {
    const username = name.current?.value ?? "";
    const fields = { full_name: whose.current?.value ?? "", password: password.current?.value, groups };
    await call("users.create", username, fields);
    navigate(path("settings", "users", username));
  };
  return (
    <ActForm
      heading={
        <h2>
          <a href={path("settings", "users")}>Users</a> / new
        </h2>
      }
      verb="Add user"
      doing="Adding"
      done="Added."
      run={create}
      beside={
        <a class="button quiet" href={path("settings", "users")}>
          Cancel
        </a>
      }
    >
      <label class="field">
        Name
        <input ref={name} autocomplete="off" required maxLength={64} />
      </label>
      <label class="field">
        <span>
          Whose it is <span class="quiet-text">optional</span>
        </span>
        <input ref={whose} autocomplete="off" maxLength={256} />
      </label>
      <label class="field">
        First password
        <input ref={password} type="password" autocomplete="new-password" minLength={8} required />
        <span class="field-help">At least 8 characters. Whoever it is for can change it under Me.</span>
      </label>
      <GroupChoice value={groups} onChange={setGroups} />
    </ActForm>
  );
}
