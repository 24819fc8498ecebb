// Why a gateway did not start, said so that its reader can do something about it: who has the port or the folder, and what to change.

import { resolve } from "node:path";
import { SwitchboardError } from "@switchboard/core";
import type { GatewayFile } from "@switchboard/gateway";
import { CliError } from "./errors.ts";
import { describeOwner, fileOwner, portOwner } from "./owner.ts";

/** What was to be started. */
export interface StartAttempt {
  /** The file's path as it was given; undefined for the try-out. */
  readonly path: string | undefined;
  readonly file: GatewayFile;
  readonly flags: { readonly port?: number; readonly consolePort?: number };
}

/** The port that an error, or what caused it, is about; undefined when it is about something else. */
export function takenPort(error: unknown): number | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code, port } = current as { code?: unknown; port?: unknown };
    if (code === "EADDRINUSE" && typeof port === "number") return port;
  }
  return undefined;
}

/** An error that also says who has the port, and how to `change` it; the given error where it is about no port. */
export async function explainTakenPort(error: unknown, change: (port: number) => string): Promise<unknown> {
  const port = takenPort(error);
  if (port === undefined) return error;
  return new CliError("CLI_PORT_TAKEN", await describeTaken(port, change(port)), { cause: error });
}

/** Who has a port, and what to do about it; `change` says how to take another one. */
export async function describeTaken(port: number, change: string): Promise<string> {
  const owner = await portOwner(port);
  // Two workers of one file, say.
  if (owner?.pid === process.pid) return `port ${port} is taken by another part of this process; ${change}`;
  return `port ${port} is taken by ${describeOwner(owner)}; end it, or ${change}`;
}

/** An error that also says who has the port or the data folder; the given error where it is about neither. */
export async function explainStartError(error: unknown, attempt: StartAttempt): Promise<unknown> {
  if (takenPort(error) !== undefined) return await explainTakenPort(error, (port) => otherPort(port, attempt));
  const { dataFolder, config } = attempt.file;
  if (error instanceof SwitchboardError && error.code === "STORAGE_LOCKED" && config.bus.driver === "embedded") {
    const owner = await fileOwner(resolve(dataFolder, config.bus.path, "bus.db"));
    return new CliError(
      "CLI_DATA_IN_USE",
      `${dataFolder} is the data folder of ${describeOwner(owner)}; end that, or give this gateway a folder of its own: --data FOLDER`,
      { cause: error },
    );
  }
  return error;
}

/** Where a port is changed. */
export function placeOfPorts(path: string | undefined): string {
  return path ?? "a file of your own, which `switchboard init` writes";
}

function otherPort(port: number, { path, file, flags }: StartAttempt): string {
  const { dispatcher, config } = file;
  const name = placeOfPorts(path);
  if (port === (flags.port ?? dispatcher["websocket-port"])) {
    return `give programs another one: --port N, or websocket-port of the section dispatcher in ${name}`;
  }
  if (port === (flags.consolePort ?? dispatcher["frontend-port"])) {
    return `give the console another one: --console-port N, or frontend-port of the section dispatcher in ${name}`;
  }
  if (port === config.observability.port) return `change port of the section observability in ${name}`;
  return `choose another one in ${name}`;
}
