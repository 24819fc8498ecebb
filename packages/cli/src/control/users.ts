// `switchboard users`: the accounts of the server, listed, made, changed and removed; for administrators.

import { Password } from "@switchboard/client";
import type { Command } from "commander";
import { withClient } from "./connection.ts";
import { type GatewayFlags, gatewayVerb, refuseUnknownVerb, rowsOf } from "./gateway/verb.ts";
import { printTable, printValue } from "./output.ts";
import { readPassword } from "./password.ts";

interface ChangeFlags extends GatewayFlags {
  readonly group?: readonly string[];
  readonly fullName?: string;
  readonly newPasswordFile?: string;
  readonly lock?: true;
  readonly unlock?: true;
}

/** The verb, with verbs of its own. */
export function usersCommand(): Command {
  return (
    gatewayVerb("users", "list the accounts; make, change and remove them", "users")
      .allowExcessArguments()
      .action(list)
      // Else this command would take the options of its verbs.
      .enablePositionalOptions()
      .addCommand(
        withFields(
          onUser("add", "make an account, with a password that is asked for", "users add nomsa --group operator"),
        )
          .option("--new-password-file <file>", "its password from the first line of a file, - for standard input")
          .action(add),
      )
      .addCommand(
        withFields(onUser("change", "change an account; its sessions end", "users change nomsa --group viewer"))
          .option("--lock", "it may not log in any more")
          .option("--unlock", "it may again")
          .action(change),
      )
      .addCommand(
        onUser("password", "set the password of an account; its sessions end", "users password nomsa")
          .option("--new-password-file <file>", "the password from the first line of a file, - for standard input")
          .action(setPassword),
      )
      .addCommand(
        onUser("logout", "end all sessions of an account", "users logout nomsa").action(
          (name: string, flags: GatewayFlags) => callFor(flags, "users.end_sessions", name),
        ),
      )
      .addCommand(
        onUser("remove", "remove an account and end its sessions", "users remove nomsa").action(
          (name: string, flags: GatewayFlags) => callFor(flags, "users.delete", name),
        ),
      )
  );
}

function onUser(verb: string, what: string, example: string): Command {
  return gatewayVerb(verb, what, example).argument("<name>", "which account");
}

function withFields(command: Command): Command {
  return command
    .option("--group <groups...>", "its groups, which give it its roles: in a gateway viewer, operator, admin")
    .option("--full-name <name>", "whose it is");
}

async function list(flags: GatewayFlags, command: Command): Promise<void> {
  refuseUnknownVerb(command);
  const users = await withClient(flags, (client) => rowsOf(client.call("users.query")));
  if (flags.json) printValue(users, flags);
  else printTable(users, ["username", "full_name", "groups", "roles", "locked"]);
}

async function add(name: string, flags: ChangeFlags): Promise<void> {
  const password = await newPassword(name, flags);
  await callFor(flags, "users.create", name, { ...fieldsOf(flags), password });
}

async function change(name: string, flags: ChangeFlags): Promise<void> {
  const { lock, unlock } = flags;
  const locked = lock === undefined && unlock === undefined ? {} : { locked: lock === true };
  await callFor(flags, "users.update", name, { ...fieldsOf(flags), ...locked });
}

async function setPassword(name: string, flags: ChangeFlags): Promise<void> {
  await callFor(flags, "users.update", name, { password: await newPassword(name, flags) });
}

async function callFor(flags: GatewayFlags, method: string, ...args: readonly unknown[]): Promise<void> {
  await withClient(flags, (client) => client.call(method, args));
}

async function newPassword(name: string, { newPasswordFile }: ChangeFlags): Promise<Password> {
  return new Password(await readPassword(newPasswordFile, name));
}

function fieldsOf({ group, fullName }: ChangeFlags): object {
  return { ...(group !== undefined && { groups: group }), ...(fullName !== undefined && { full_name: fullName }) };
}
