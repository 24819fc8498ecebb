// What storage throws.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of storage's error codes. */
export type StorageErrorCode =
  | "STORAGE_DISK_FULL"
  | "STORAGE_LOCKED"
  | "STORAGE_CORRUPT"
  | "STORAGE_PERMISSION"
  | "STORAGE_CONNECTION_LOST"
  | "STORAGE_FAILED";

/** Storage's part of the catalogue. */
export const storageErrors: ErrorCatalogue<StorageErrorCode> = {
  STORAGE_DISK_FULL: {
    retryable: true,
    meaning: "The disk holding a database file has no room left.",
    remedy: "Free space on that disk; writing goes on by itself.",
  },
  STORAGE_LOCKED: {
    retryable: true,
    meaning: "Another process owns the database file.",
    remedy: "Stop the other process, or give this one another path.",
  },
  STORAGE_CORRUPT: {
    retryable: false,
    meaning: "The file is damaged, or is not a database.",
    remedy: "Move the file away and restore it from a backup.",
  },
  STORAGE_PERMISSION: {
    retryable: false,
    meaning: "The process may not read or write the database file or its folder.",
    remedy: "Give the user that runs Switchboard read and write permission on the folder.",
  },
  STORAGE_CONNECTION_LOST: {
    retryable: true,
    meaning: "The connection to the database server broke.",
    remedy: "Nothing, if the server comes back; otherwise check its address and log.",
  },
  STORAGE_FAILED: {
    retryable: false,
    meaning: "The database refused a statement.",
    remedy: "Read the cause; this is a mistake in the program or in the database's schema.",
  },
};

/** Something storage could not do. */
export class StorageError extends SwitchboardError {
  override name = "StorageError";

  constructor(code: StorageErrorCode, message: string, context?: ErrorContext) {
    super(storageErrors[code], code, message, context);
  }
}
