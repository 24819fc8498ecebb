// The folder of everything that outlives the process: made where it is absent, and refused, before anything is opened in it, where it cannot be used.

import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "@switchboard/storage/sqlite";
import { GatewayError } from "./errors.ts";

/**
 * Makes the data folder, readable by nobody else, or sees that the one that is there can be written. Returns whether others may look into it.
 *
 * @throws {GatewayError} GATEWAY_DATA_FOLDER.
 */
export function prepareDataFolder(folder: string): { readonly isOpenToOthers: boolean } {
  try {
    // Its files hold passwords and people's messages.
    makeFolder(folder, 0o700);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { isOpenToOthers: (statSync(folder).mode & 0o077) !== 0 };
  } catch (error) {
    const details = { folder };
    throw new GatewayError("GATEWAY_DATA_FOLDER", `${folder} cannot be the data folder: ${reasonOf(folder, error)}`, {
      cause: error,
      details,
    });
  }
}

function reasonOf(folder: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EROFS") return "its file system is read-only";
  if (code === "EEXIST" || code === "ENOTDIR") return "it, or something above it, is a file";
  return code === "EACCES" ? describeOwner(folder) : message;
}

/** Whose the folder is, or the nearest one above it that can be seen. */
function describeOwner(folder: string): string {
  try {
    const { uid, mode } = statSync(folder);
    return `${folder} is user ${uid}'s with mode ${(mode & 0o777).toString(8)}, and this process is user ${process.getuid?.()}'s`;
  } catch {
    return describeOwner(dirname(folder));
  }
}
