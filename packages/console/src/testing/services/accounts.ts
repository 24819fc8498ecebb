// Who is on the memory gateway: sign-in by link, sessions, users.

import { RpcError } from "@switchboard/client";
import type { PeerServices } from "@switchboard/client/testing";
import { at } from "../data/clock.ts";
import type { World } from "../world.ts";

/** `auth`, `session` and `users`. */
export function accountServices(world: World): PeerServices {
  const changed = (username: string, change: () => unknown): null => {
    change();
    world.tell("users.changed", { ids: [username] });
    return null;
  };
  return {
    auth: {
      me: () => ({ username: world.user, kind: "user", roles: world.roles.get(world.user) ?? [], session: 31 }),
      login_once: (link: string) => world.logIn({ token: link }),
    },
    session: {
      whoami: () => world.user,
      get_live_user_sessions: () => [
        { id: 31, username: world.user, address: "127.0.0.1", resource: "console", started_at: at("13:50:00") },
        { id: 32, username: "nomsa", address: "10.0.0.7", resource: "switchboard", started_at: at("14:02:11") },
      ],
      query: () => [],
      get_my_session_id: () => 31,
    },
    users: {
      query: () => {
        world.need("admin");
        return [...world.roles].map(([username, groups]) => ({
          username,
          groups,
          roles: groups,
          full_name: "",
          locked: world.locked.has(username),
        }));
      },
      groups: () => [
        { group: "wheel", roles: ["admin"] },
        { group: "viewer", roles: ["viewer"] },
        { group: "operator", roles: ["operator", "viewer"] },
        { group: "admin", roles: ["admin"] },
      ],
      change_password: () => null,
      create: (username: string, { groups }: { groups: string[] }) => {
        if (world.roles.has(username)) throw new RpcError(17, `there is a user ${username} already`);
        return changed(username, () => world.roles.set(username, groups));
      },
      update: (username: string, { groups, locked }: { groups?: string[]; locked?: boolean }) =>
        changed(username, () => {
          if (groups !== undefined) world.roles.set(username, groups);
          if (locked !== undefined) world.locked[locked ? "add" : "delete"](username);
        }),
      end_sessions: () => null,
      delete: (username: string) => changed(username, () => world.roles.delete(username)),
    },
  };
}
