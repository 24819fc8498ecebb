// `switchboard login` and `switchboard logout`: keep a token for later commands, and forget it.

import { ClientError } from "@switchboard/client";
import { connect } from "@switchboard/client/node";
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags, passwordLogin, serverOf, tlsOf } from "./connection.ts";
import { storedToken, storeToken } from "./token-store.ts";

const settings = { resource: "switchboard", reconnect: false } as const;

/** The verb `login`. */
export function loginCommand(): Command {
  return addConnectionOptions(new Command("login"))
    .description("log in and keep the token, readable by you only, for the commands that follow")
    .addHelpText("after", "\nExample:\n  switchboard login --server ws://127.0.0.1:5000 --user root")
    .action(logIn);
}

/** The verb `logout`. */
export function logoutCommand(): Command {
  return addConnectionOptions(new Command("logout"))
    .description("end the session on the server, and forget its token")
    .addHelpText("after", "\nExample:\n  switchboard logout")
    .action(logOut);
}

async function logOut(flags: ConnectionFlags): Promise<void> {
  const server = serverOf(flags);
  const token = await storedToken(server);
  await storeToken(server, undefined);
  if (token === undefined) return;
  try {
    const client = await connect({ url: server, login: { token }, ...settings, ...tlsOf(flags) });
    try {
      await client.call("auth.logout");
    } finally {
      await client.close();
    }
  } catch (error) {
    // Worthless already, which is what was wanted.
    if (!(error instanceof ClientError) || error.code !== "CLIENT_LOGIN_REFUSED") throw error;
  }
}

async function logIn(flags: ConnectionFlags): Promise<void> {
  const server = serverOf(flags);
  const login = flags.token === undefined ? await passwordLogin(flags, server) : { token: flags.token };
  const client = await connect({ url: server, login, ...settings, ...tlsOf(flags) });
  try {
    await storeToken(server, client.token);
    console.error(`logged in to ${server} as ${client.username ?? "nobody"}`);
  } finally {
    await client.close();
  }
}
