// Makes the folder that a database file is to be in, for the drivers that promise to.

import { mkdirSync } from "node:fs";
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
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new StorageError(codeByErrno[code] ?? "STORAGE_PATH_INVALID", `${path}: ${message}`, {
      cause: error,
      details: { path },
    });
  }
}
