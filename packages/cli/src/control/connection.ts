// The one place for how verbs reach a server: options, environment, stored token; and the client that comes of them.

import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { type Client, ClientError, type Login } from "@switchboard/client";
import { connect, type TlsOptions } from "@switchboard/client/node";
import { type Command, InvalidArgumentError, Option } from "commander";
import { CliError } from "../errors.ts";
import { connectionHeading } from "../help.ts";
import { readPassword } from "./password.ts";
import { storedToken, storeToken } from "./token-store.ts";

const unixServer = "unix:/var/run/dispatcher.sock";
const webSocketServer = "ws://127.0.0.1:5000";

/** What {@link addConnectionOptions} adds. */
export interface ConnectionFlags {
  readonly server?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly token?: string;
  readonly ca?: string;
  /** Seconds. */
  readonly timeout?: number;
}

/** Gives a verb the options that say which server, and as whom. */
export function addConnectionOptions(command: Command): Command {
  return command
    .optionsGroup(connectionHeading)
    .option(
      "--server <uri>",
      `unix:/path, ws://host:port or wss://… (default $SWITCHBOARD_SERVER, else ${unixServer} if it is there, else ${webSocketServer})`,
    )
    .option("--user <name>", "log in as this user; the password is asked for")
    .option("--password-file <file>", "read the password from here, - for standard input")
    .option(
      "--token <token>",
      "log in with this token (default $SWITCHBOARD_TOKEN, else the one of `switchboard login`)",
    )
    .addOption(caOption())
    .option("--timeout <seconds>", "how long to wait for an answer, 0 for ever (default 60)", seconds)
    .optionsGroup("Options:");
}

/** Connects, does `work`, and closes the connection. With `comesBack`, a lost connection is opened again meanwhile. */
export async function withClient<Result>(
  flags: ConnectionFlags,
  work: (client: Client) => Promise<Result>,
  { comesBack = false }: { readonly comesBack?: boolean } = {},
): Promise<Result> {
  const server = serverOf(flags);
  const { login, isStored } = await loginOf(flags, server);
  const options = {
    url: server,
    login,
    resource: "switchboard",
    ...tlsOf(flags),
    ...(!comesBack && { reconnect: false as const }),
    ...(flags.timeout !== undefined && { timeoutMs: flags.timeout * 1000 }),
  };
  const client = await connect(options).catch((cause: unknown) => {
    if (!isStored || !(cause instanceof ClientError) || cause.code !== "CLIENT_LOGIN_REFUSED") throw cause;
    throw new CliError("CLI_LOGIN_MISSING", `no longer logged in to ${server}: run \`switchboard login\``, { cause });
  });
  try {
    // A token is followed by a new one at each login; the old one comes to its end.
    if (isStored && client.token !== undefined) await storeToken(server, client.token);
    return await work(client);
  } finally {
    await client.close();
  }
}

/** The option that says whose certificates are trusted. */
export function caOption(): Option {
  return new Option(
    "--ca <file>",
    "PEM file with the certificate of a wss: server, or of who signed it (default $SWITCHBOARD_CA)",
  );
}

/** What {@link caOption} was given, for the client. @throws {CliError} CLI_ARGUMENTS_INVALID for a file that cannot be read. */
export function tlsOf({ ca }: Pick<ConnectionFlags, "ca">): { readonly tls?: TlsOptions } {
  const file = ca ?? (process.env.SWITCHBOARD_CA || undefined);
  if (file === undefined) return {};
  try {
    return { tls: { ca: readFileSync(file) } };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("CLI_ARGUMENTS_INVALID", `--ca: expected a file with certificates: ${reason}`, { cause });
  }
}

/** The address of the server. @throws {CliError} CLI_ARGUMENTS_INVALID for what is none. */
export function serverOf({ server }: ConnectionFlags): string {
  const given = server ?? (process.env.SWITCHBOARD_SERVER || undefined);
  if (given === undefined) return existsSync(unixServer.slice(5)) ? unixServer : webSocketServer;
  if (/^(?:unix:|wss?:\/\/)/.test(given)) return given;
  const expected = "expected unix:/path, ws://host:port or wss://host:port";
  throw new CliError("CLI_ARGUMENTS_INVALID", `--server: ${expected}, got ${JSON.stringify(given)}`);
}

async function loginOf(flags: ConnectionFlags, server: string): Promise<{ login: Login; isStored: boolean }> {
  const { user, token } = flags;
  if (user !== undefined) return { login: await passwordLogin(flags, server), isStored: false };
  const given = token ?? (process.env.SWITCHBOARD_TOKEN || undefined);
  if (given !== undefined) return { login: { token: given }, isStored: false };
  const stored = await storedToken(server);
  if (stored !== undefined) return { login: { token: stored }, isStored: true };
  // Who may open the socket need not give a password.
  if (server.startsWith("unix:")) return { login: { username: userInfo().username }, isStored: false };
  throw new CliError(
    "CLI_LOGIN_MISSING",
    `not logged in to ${server}: run \`switchboard login --user NAME\`, or give --user or --token; the password of the first account, root, lies in the data folder (admin-password)`,
  );
}

/** The login of a user, with the password asked for unless the socket makes it needless. */
export async function passwordLogin(flags: ConnectionFlags, server: string): Promise<Login> {
  const username = flags.user ?? userInfo().username;
  if (server.startsWith("unix:") && flags.passwordFile === undefined) return { username };
  return { username, password: await readPassword(flags.passwordFile, username) };
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 2_000_000) return value;
  throw new InvalidArgumentError("expected a number of seconds, 0 to 2000000");
}
