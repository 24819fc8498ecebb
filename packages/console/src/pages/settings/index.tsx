// Settings: me (password, sign out, drafts), look (theme), keys (single letters on or off), users and roles, configuration.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { plural } from "../../format.ts";
import { keyTable, shownKeys } from "../../keys.ts";
import { ActForm } from "../../parts/act-form.tsx";
import { Bar, Segments } from "../../parts/bar.tsx";
import { path, segments } from "../../router.ts";
import { logOut } from "../../services/connection.ts";
import { me } from "../../services/live.ts";
import { offers } from "../../services/offers.ts";
import {
  type ThemeChoice,
  chooseTheme,
  readSetting,
  settingNames,
  theme,
  writeSetting,
} from "../../services/settings.ts";
import { call } from "../../services/use-call.ts";
import { ConfigTab } from "./config-tab.tsx";
import { RolesTab, UsersTab } from "./users-tab.tsx";

const tabs: Readonly<
  Record<string, { readonly name: string; readonly Tab: () => JSX.Element; readonly needs?: string }>
> = {
  me: { name: "Me", Tab: MeTab },
  look: { name: "Look", Tab: Look },
  keys: { name: "Keys", Tab: Keys },
  users: { name: "Users", Tab: UsersTab, needs: "users" },
  roles: { name: "Roles", Tab: RolesTab },
  config: { name: "Configuration", Tab: ConfigTab, needs: "config" },
};

/** The page. */
export default function SettingsPage(): JSX.Element {
  const [, open = "me"] = segments.value;
  const shown = Object.entries(tabs).filter(([, { needs }]) => needs === undefined || offers(needs));
  const { Tab = MeTab } = Object.fromEntries(shown)[open] ?? {};
  return (
    <>
      <Bar
        title="Settings"
        tabs={shown.map(([id, { name }]) => ({ name, href: path("settings", id), isOpen: id === open }))}
      />
      <div class="page panel form-narrow">
        <Tab />
      </div>
    </>
  );
}

function MeTab(): JSX.Element {
  const [old, next] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  const [drafts, setDrafts] = useState(settingNames("draft."));
  return (
    <>
      <p>
        You are <b>{me.value?.username}</b>, {rolesOf(me.value?.roles)}.
      </p>
      <ActForm
        heading={<h2>Own password</h2>}
        verb="Change password"
        doing="Changing"
        done="The password is changed; other sessions were ended."
        run={async () => {
          const [former, fresh] = [old.current?.value, next.current?.value];
          for (const field of [old, next]) if (field.current !== null) field.current.value = "";
          await call("users.change_password", former, fresh);
        }}
      >
        <label class="field">
          Present password
          <input ref={old} type="password" autocomplete="current-password" required />
        </label>
        <label class="field">
          New password
          <input ref={next} type="password" autocomplete="new-password" minLength={8} required />
          <span class="field-help">At least 8 characters. Your other sessions end.</span>
        </label>
      </ActForm>
      <section class="panel">
        <h2>Sign out</h2>
        <p>
          {drafts.length === 0
            ? "No draft stays in this browser."
            : `${plural(drafts.length, "draft")} stay in this browser: ${drafts.map((name) => name.slice(6)).join(", ")}.`}
        </p>
        <p class="buttons">
          <button type="button" onClick={() => void logOut()}>
            Sign out
          </button>
          {drafts.length === 0 ? null : (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                for (const name of drafts) writeSetting(name, null);
                setDrafts([]);
              }}
            >
              Remove the drafts
            </button>
          )}
        </p>
      </section>
    </>
  );
}

function rolesOf(roles: readonly string[] = []): string {
  if (roles.length === 0) return "without a role";
  return `with the role${roles.length === 1 ? "" : "s"} ${roles.join(" and ")}`;
}

function Look(): JSX.Element {
  return (
    <section class="panel">
      <h2>Theme</h2>
      <p>
        <Segments<ThemeChoice>
          label="Theme"
          options={[
            { value: "system", name: "System" },
            { value: "light", name: "Light" },
            { value: "dark", name: "Dark" },
          ]}
          value={theme.value}
          onChange={chooseTheme}
        />
      </p>
      <p class="quiet-text">
        <kbd>Ctrl .</kbd> changes it anywhere.
      </p>
    </section>
  );
}

function Keys(): JSX.Element {
  const [isOff, setOff] = useState(readSetting("singleKeys") === "off");
  return (
    <>
      <label class="field-row">
        <input
          type="checkbox"
          checked={!isOff}
          onChange={(event) => {
            const off = !event.currentTarget.checked;
            setOff(off);
            writeSetting("singleKeys", off ? "off" : null);
          }}
        />
        Single letters work as keys
      </label>
      <table class="rules">
        <thead>
          <tr>
            <th scope="col">Keys</th>
            <th scope="col">Do</th>
          </tr>
        </thead>
        <tbody>
          {keyTable.map((binding) => (
            <tr key={binding.id}>
              <td>
                <span class="buttons">
                  {shownKeys(binding).map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </span>
              </td>
              <td>{binding.does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
