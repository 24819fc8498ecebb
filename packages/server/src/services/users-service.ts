// The service `users`: accounts, for administrators; and everybody's own password. Only with the server's own user store.

import { errno, Password, type QueryFilter, type QueryParams, RpcError } from "@switchboard/protocol";
import { adminRole, rolesOf, type UserFields, type UserStore } from "../auth/index.ts";
import { queryList } from "../datastore/index.ts";
import { ServerError } from "../errors.ts";
import { queryParameters } from "../rpc/decorators.ts";
import type { Caller, ServiceDefinition } from "../rpc/service.ts";
import type { JsonSchema } from "../schema/index.ts";
import { administrators, text } from "./parameters.ts";
import type { ServerHost } from "./server-host.ts";

type GivenPassword = Password | string;

const password = (title: string): JsonSchema => ({ title, type: ["password", "string"], mandatory: true });

const fields: JsonSchema = {
  title: "fields",
  type: "object",
  properties: {
    password: { type: ["password", "string"] },
    groups: { type: "array", items: { type: "string" }, uniqueItems: true },
    full_name: { type: "string", maxLength: 256 },
    locked: { type: "boolean" },
  },
  additionalProperties: false,
};

/** The definition of the service. */
export function usersService(
  { access, connections, events, logins }: Pick<ServerHost, "access" | "connections" | "events" | "logins">,
  users: UserStore,
): ServiceDefinition {
  const tell = (operation: string, username: string): void =>
    void events.emit("users.changed", { operation, ids: [username] });
  const logOut = async (username: string, reason: string, except?: Caller): Promise<void> => {
    for (const connection of connections.list()) {
      const { principal } = connection;
      if (principal?.kind === "user" && principal.name === username && connection.id !== except?.id)
        connection.logout(reason);
    }
    await logins.revokeTokensOf(username, except && connections.of(except));
    await logins.settled();
  };
  const isAdministrator = ({ groups, locked }: Account): boolean =>
    locked !== true && rolesOf(groups, access).has(adminRole);
  const accounts = async (): Promise<Account[]> => (await users.list()) as unknown as Account[];
  /** There is always somebody who can undo a mistake. */
  const keepAdministrator = async (username: string, next?: Given): Promise<void> => {
    const all = await accounts();
    const found = all.find((account) => account.username === username);
    const isOneAfter = found !== undefined && next !== undefined && isAdministrator({ ...found, ...next });
    if (found === undefined || !isAdministrator(found) || isOneAfter) return;
    if (all.some((account) => account !== found && isAdministrator(account))) return;
    throw new RpcError(errno.EPERM, `${username} is the last administrator: make another account one first`);
  };
  let changes: Promise<unknown> = Promise.resolve();
  /** Else two administrators could take the role from each other at once. */
  const oneByOne = (change: () => Promise<null>): Promise<null> => {
    const done = changes.then(change);
    changes = done.catch(() => undefined);
    return done;
  };
  return {
    description: "Accounts",
    methods: {
      query: {
        ...queryParameters,
        ...administrators,
        description: "The accounts with their roles, without passwords",
        handler: async (filter?: QueryFilter, params?: QueryParams | null) => {
          const all = (await accounts()).map((account) =>
            Object.assign({ roles: [...rolesOf(account.groups, access)] }, account),
          );
          return queryList(all, filter ?? null, params ?? null);
        },
      },
      groups: {
        ...administrators,
        description: "The groups whose members may log in, with the roles that they have",
        handler: () =>
          [...new Set([access.adminGroup ?? "wheel", ...Object.keys(access.groupRoles ?? {})])].map((group) => ({
            group,
            roles: [...rolesOf([group], access)],
          })),
      },
      create: {
        ...administrators,
        description: "Adds an account",
        accepts: [text("username"), fields],
        handler: async (username: string, given: Given = {}) => {
          await users.create(username, toFields(given));
          tell("create", username);
          return null;
        },
      },
      update: {
        ...administrators,
        description:
          "Changes what is given; whoever is logged in under a changed account has to log in again. The last administrator stays one",
        accepts: [text("username"), fields],
        passSender: true,
        handler: (username: string, given: Given = {}, sender?: Caller) =>
          oneByOne(async () => {
            await keepAdministrator(username, given);
            await users.update(username, toFields(given));
            await logOut(username, "the account was changed", sender);
            tell("update", username);
            return null;
          }),
      },
      end_sessions: {
        ...administrators,
        description: "Ends all sessions of an account but this one; whoever is there has to log in again",
        accepts: [text("username")],
        passSender: true,
        handler: async (username: string, sender?: Caller) => {
          await logOut(username, "an administrator ended the session", sender);
          // After it: somebody may be there still whose account is gone.
          if (!(await accounts()).some((account) => account.username === username)) {
            throw new ServerError("AUTH_USER_UNKNOWN", `no user ${JSON.stringify(username.slice(0, 64))}`);
          }
          return null;
        },
      },
      delete: {
        ...administrators,
        description: "Removes an account and ends its sessions",
        accepts: [text("username")],
        passSender: true,
        handler: (username: string, sender?: Caller) =>
          oneByOne(async () => {
            const { principal } = sender ?? {};
            if (principal?.kind === "user" && principal.name === username) {
              throw new RpcError(errno.EPERM, "an account cannot remove itself");
            }
            await keepAdministrator(username);
            await users.delete(username);
            await logOut(username, "the account was removed");
            tell("delete", username);
            return null;
          }),
      },
      change_password: {
        description: "Changes one's own password and ends one's other sessions",
        accepts: [password("old"), password("new")],
        passSender: true,
        handler: async (former: GivenPassword, next: GivenPassword, sender?: Caller) => {
          const name = sender?.principal?.kind === "user" ? sender.principal.name : undefined;
          if (name === undefined) throw new RpcError(errno.EINVAL, "only users have passwords");
          if ((await users.authenticate(name, reveal(former))) === undefined) {
            throw new RpcError(errno.EACCES, "the old password is wrong");
          }
          await users.update(name, { password: reveal(next) });
          await logOut(name, "the password was changed", sender);
          return null;
        },
      },
    },
  };
}

/** What a list of accounts has of each. */
interface Account {
  readonly username: string;
  readonly groups: readonly string[];
  readonly locked?: boolean;
}

type Given = Omit<UserFields, "password"> & { readonly password?: GivenPassword };

function toFields({ password, ...rest }: Given): UserFields {
  return password === undefined ? rest : { ...rest, password: reveal(password) };
}

function reveal(password: GivenPassword): string {
  return password instanceof Password ? password.reveal() : password;
}
