// The service `auth`: logging in and out by calls, for dialects that have no frames for it, and links that log in once.

import { Password } from "@switchboard/protocol";
import { isPrivileged, type Principal } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import type { Caller, ServiceDefinition } from "../rpc/service.ts";
import type { JsonSchema } from "../schema/index.ts";
import type { Logins, LoginResult, LoginTarget } from "./logins.ts";

const text = (title: string): JsonSchema => ({ title, type: "string", mandatory: true });
const resource = { title: "resource", type: ["string", "null"] } as const;
const loginResult = {
  type: "array",
  items: [{ type: "string" }, { type: ["number", "null"] }, { type: "string" }],
} as const;
const open = { unauthenticated: true, passSender: true, returns: loginResult } as const;

/** The definition of the service. */
export function authService(logins: Logins): ServiceDefinition {
  return {
    description: "Logging in and out",
    methods: {
      login: {
        ...open,
        description: "Logs in by name and password; answers token, its lifetime in seconds and the name",
        accepts: [
          text("username"),
          { title: "password", anyOf: [{ type: "string" }, { type: "password" }], mandatory: true },
          resource,
        ],
        handler: (username: string, password: string | Password, program: string | null | undefined, sender?: Caller) =>
          logins.byPassword(targetOf(sender), {
            username,
            password: password instanceof Password ? password.reveal() : password,
            checkPassword: true,
            resource: program ?? undefined,
          }),
      },
      login_with_token: {
        ...open,
        description: "Logs in by the token of an earlier login; answers a new one",
        accepts: [text("token"), resource],
        handler: (token: string, program: string | null | undefined, sender?: Caller): Promise<LoginResult> =>
          logins.byToken(targetOf(sender), token, program ?? undefined),
      },
      login_once: {
        ...open,
        description: "Logs in by a link, which is then used up",
        accepts: [text("link"), resource],
        handler: (link: string, program: string | null | undefined, sender?: Caller): Promise<LoginResult> =>
          logins.byLink(targetOf(sender), link, program ?? undefined),
      },
      create_link: {
        description: "A link that logs in once within five minutes: as oneself, or (administrators) as another user",
        accepts: [{ title: "username", type: ["string", "null"] }],
        returns: { type: "string" },
        passSender: true,
        handler: async (username: string | null | undefined, sender?: Caller) =>
          logins.createLink(await linkFor(logins, username ?? undefined, sender?.principal)),
      },
      logout: {
        description: "Ends the session: its token is worthless from then on, and the connection closes",
        accepts: [],
        passSender: true,
        handler: async (sender?: Caller) => {
          const target = targetOf(sender);
          await logins.revokeToken(target);
          // After the answer.
          setImmediate(() => target.logout("logged out"));
          return null;
        },
      },
      me: {
        description: "Who is logged in on this connection",
        accepts: [],
        returns: { type: "object" },
        passSender: true,
        handler: (sender?: Caller) => ({
          username: sender?.principal?.name ?? null,
          kind: sender?.principal?.kind ?? null,
          roles: [...(sender?.principal?.roles ?? [])],
          session: sender?.sessionId ?? null,
          address: sender?.address ?? null,
        }),
      },
    },
  };
}

/** Connections, and single HTTP requests, are callers that can log in. */
function targetOf(sender: Caller | undefined): LoginTarget {
  if (sender !== undefined && "setLogin" in sender) return sender as Caller & LoginTarget;
  throw new ServerError("CONNECTION_CLOSED", "only a connection can log in or out");
}

async function linkFor(logins: Logins, username: string | undefined, own: Principal | undefined): Promise<Principal> {
  const isOwn = username === undefined || username === own?.name;
  if (isOwn && own?.kind === "user") return own;
  if (isPrivileged(own) && username !== undefined) return logins.principalOf(username);
  throw new ServerError("RPC_ROLE_MISSING", "only administrators make links for others");
}
