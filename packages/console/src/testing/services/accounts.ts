// Who is on the memory gateway: sign-in by link, sessions, users.

import type { PeerServices } from "@switchboard/client/testing";
import { at } from "../data/clock.ts";
import type { World } from "../world.ts";

/** `auth`, `session` and `users`. */
export function accountServices(world: World): PeerServices {
  return {
    auth: {
      me: () => ({ username: world.user, kind: "user", roles: world.roles.get(world.user) ?? [], session: 31 }),
      login_once: (link: string) => world.logIn({ token: link }),
    },
    session: {
      whoami: () => world.user,
      get_live_user_sessions: () => [
        { id: 31, username: world.user, address: "127.0.0.1", resource: "console", started_at: at("13:50:00") },
      ],
      query: () => [],
      get_my_session_id: () => 31,
    },
    users: {
      query: () => [...world.roles].map(([username, groups]) => ({ username, groups, full_name: "" })),
      change_password: () => null,
      create: () => null,
      update: () => null,
      delete: () => null,
    },
  };
}
