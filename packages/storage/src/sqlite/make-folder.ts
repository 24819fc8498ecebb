// Makes the folder that a database file is to be in, for the drivers that promise to, and for others the folder that holds such folders.

import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StorageError, type StorageErrorCode } from "../errors.ts";

const codeByErrno: Readonly<Record<string, StorageErrorCode>> = {
  EACCES: "STORAGE_PERMISSION",
  EPERM: "STORAGE_PERMISSION",
  EROFS: "STORAGE_PERMISSION",
  ENOSPC: "STORAGE_DISK_FULL",
  EDQUOT: "STORAGE_DISK_FULL",
  EIO: "STORAGE_IO",
};

/**
 * Makes the folder of `path`, and those above it, where they are absent.
 *
 * @throws {StorageError} STORAGE_PERMISSION, STORAGE_PATH_INVALID, STORAGE_DISK_FULL, STORAGE_IO.
 */
export function makeFolderOf(path: string): void {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new StorageError(codeByErrno[code] ?? "STORAGE_PATH_INVALID", `${path}: ${message}`, {
      cause: error,
      details: { path },
    });
  }
}

/**
 * Makes a folder, and those above it, where they are absent. `mode` is that of all that it makes, default 0o777 less the umask.
 *
 * Instead of Node's `recursive`, which never returns where a file system has no room for names of ours, as below /proc. Throws the system's
 * errors; EEXIST when what is there is no folder.
 */
export function makeFolder(path: string, mode = 0o777): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found === undefined && dirname(path) !== path) makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
