// The groups of an account as a list to tick, each with what its members may do.

import type { JSX } from "preact";
import { Loaded } from "../../parts/state.tsx";
import { useCall } from "../../services/use-call.ts";
import { type Group, groupsToOffer, meanings } from "./accounts.ts";

/** The list. */
export function GroupChoice({
  value,
  onChange,
}: {
  readonly value: readonly string[];
  readonly onChange: (groups: readonly string[]) => void;
}): JSX.Element {
  const groups = useCall<readonly Group[]>("users.groups");
  return (
    <fieldset class="choices">
      <legend>Groups</legend>
      <Loaded of={groups} what="The list of groups" lines={3}>
        {(all) =>
          groupsToOffer(all, value).map(({ group, roles }) => (
            <label class="choice" key={group}>
              <input
                type="checkbox"
                checked={value.includes(group)}
                onChange={(event) =>
                  onChange(event.currentTarget.checked ? [...value, group] : value.filter((other) => other !== group))
                }
              />
              <span>
                <b>{group}</b>{" "}
                <span class="quiet-text">{meanings[roles[0] ?? ""] ?? (roles.join(", ") || "nothing")}</span>
              </span>
            </label>
          ))
        }
      </Loaded>
    </fieldset>
  );
}
