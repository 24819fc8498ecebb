// What a failed call leads to: an exit code for scripts, a sentence for people.

import { ClientError, type ClientErrorCode, errno, errnoName, RpcError } from "@switchboard/client";
import { SwitchboardError } from "@switchboard/core";
import { CliError } from "../errors.ts";
import { harmless } from "./output.ts";

const general = 1;
const wrongUsage = 2;
const alreadyRunning = 3;
// Above it shells report signals and commands that they cannot run.
const highest = 125;

const ofClient: Partial<Readonly<Record<ClientErrorCode, number>>> = {
  CLIENT_CONNECT_FAILED: errno.ECONNREFUSED,
  CLIENT_CONNECTION_LOST: errno.ECONNABORTED,
  CLIENT_TIMEOUT: errno.ETIMEDOUT,
  CLIENT_LOGIN_REFUSED: errno.EACCES,
  CLIENT_LOGGED_OUT: errno.EACCES,
};

/**
 * The number that the server sent, at most 125; numbers of the same kind where there was no answer; 2 for arguments that mean nothing; 3 when
 * another has the pid file; else 1.
 */
export function exitCodeOf(error: unknown): number {
  if (error instanceof RpcError) return error.errno > 0 ? Math.min(error.errno, highest) : general;
  if (error instanceof CliError && error.code === "CLI_LOGIN_MISSING") return errno.EACCES;
  if (error instanceof CliError && error.code === "CLI_ARGUMENTS_INVALID") return wrongUsage;
  if (error instanceof SwitchboardError && error.code === "DAEMON_RUNNING") return alreadyRunning;
  return error instanceof ClientError ? (ofClient[error.code] ?? general) : general;
}

/** What the server answered, with its number's name and whatever it found wrong with the arguments, a line each. */
export function describeFailure({ message, errno: number, extra }: RpcError): string {
  const lines = [`switchboard: ${harmless(message)} [${errnoName(number) ?? number}]`];
  for (const entry of Array.isArray(extra) ? (extra as readonly unknown[]) : []) {
    if (typeof entry !== "object" || entry === null || !("message" in entry)) continue;
    // Where one thing is wrong, it is the message already.
    if (message.endsWith(String(entry.message))) continue;
    const path = "path" in entry && Array.isArray(entry.path) ? entry.path.join(".") : "";
    lines.push(`  ${path === "" ? "arguments" : `argument ${harmless(path)}`}: ${harmless(String(entry.message))}`);
  }
  return lines.join("\n");
}
