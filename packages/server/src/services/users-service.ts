// The service `users`: accounts, for administrators; and everybody's own password. Only with the server's own user store.

import { errno, Password, type QueryFilter, type QueryParams, RpcError } from "@switchboard/protocol";
import type { UserFields, UserStore } from "../auth/index.ts";
import { queryList } from "../datastore/index.ts";
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
  { connections, events, logins }: Pick<ServerHost, "connections" | "events" | "logins">,
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
  return {
    description: "Accounts",
    methods: {
      query: {
        ...queryParameters,
        ...administrators,
        description: "The accounts, without passwords",
        handler: async (filter?: QueryFilter, params?: QueryParams | null) =>
          queryList(await users.list(), filter ?? null, params ?? null),
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
        description: "Changes what is given; whoever is logged in under a changed account has to log in again",
        accepts: [text("username"), fields],
        passSender: true,
        handler: async (username: string, given: Given = {}, sender?: Caller) => {
          await users.update(username, toFields(given));
          await logOut(username, "the account was changed", sender);
          tell("update", username);
          return null;
        },
      },
      delete: {
        ...administrators,
        description: "Removes an account and ends its sessions",
        accepts: [text("username")],
        passSender: true,
        handler: async (username: string, sender?: Caller) => {
          const { principal } = sender ?? {};
          if (principal?.kind === "user" && principal.name === username) {
            throw new RpcError(errno.EPERM, "an account cannot remove itself");
          }
          await users.delete(username);
          await logOut(username, "the account was removed");
          tell("delete", username);
          return null;
        },
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

type Given = Omit<UserFields, "password"> & { readonly password?: GivenPassword };

function toFields({ password, ...rest }: Given): UserFields {
  return password === undefined ? rest : { ...rest, password: reveal(password) };
}

function reveal(password: GivenPassword): string {
  return password instanceof Password ? password.reveal() : password;
}
