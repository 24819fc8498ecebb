// What storage throws.

import { type ErrorCatalogue, type ErrorContext, SwitchboardError } from "@switchboard/core";

/** One of storage's error codes. */
export type StorageErrorCode =
  | "STORAGE_DISK_FULL"
  | "STORAGE_MEMORY_FULL"
  | "STORAGE_IO"
  | "STORAGE_LOCKED"
  | "STORAGE_CORRUPT"
  | "STORAGE_PERMISSION"
  | "STORAGE_PATH_INVALID"
  | "STORAGE_CONNECTION_LOST"
  | "STORAGE_OVERLOADED"
  | "STORAGE_CLOSED"
  | "STORAGE_CONFLICT"
  | "STORAGE_TRANSACTION_TIMEOUT"
  | "STORAGE_SCHEMA_NEWER"
  | "STORAGE_CONSTRAINT"
  | "STORAGE_WRONG_TYPE"
  | "STORAGE_NOT_INTEGER"
  | "STORAGE_ARGUMENT_INVALID"
  | "STORAGE_FAILED";

/** Storage's part of the catalogue. */
export const storageErrors: ErrorCatalogue<StorageErrorCode> = {
  STORAGE_DISK_FULL: {
    retryable: true,
    meaning: "The disk holding the database has no room left.",
    remedy: "Free space on that disk; writing goes on by itself.",
  },
  STORAGE_MEMORY_FULL: {
    retryable: true,
    meaning: "Redis has reached its memory limit and refuses to store more.",
    remedy: "Raise `maxmemory` or remove data; writing goes on by itself.",
  },
  STORAGE_IO: {
    retryable: true,
    meaning: "The operating system could not read or write the database file.",
    remedy: "Look at the system's log for errors of the disk or the network file system.",
  },
  STORAGE_LOCKED: {
    retryable: true,
    meaning: "Another process owns the database file, or kept it locked for too long.",
    remedy: "Stop the other process, or give this one another path.",
  },
  STORAGE_CORRUPT: {
    retryable: false,
    meaning: "The file is damaged, or is not a database.",
    remedy: "Move the file away and restore it from a backup.",
  },
  STORAGE_PERMISSION: {
    retryable: false,
    meaning: "The process may not read or write the database, or its login was refused.",
    remedy:
      "Give the user that runs Switchboard read and write permission on the file and its folder, or correct the login.",
  },
  STORAGE_PATH_INVALID: {
    retryable: false,
    meaning: "No database file can be at this path: its folder does not exist, or the path is a folder itself.",
    remedy: "Create the folder or correct the path.",
  },
  STORAGE_CONNECTION_LOST: {
    retryable: true,
    meaning:
      "The database server cannot be reached, or the connection broke; the statement may or may not have been done.",
    remedy: "Nothing, if the server comes back; otherwise check its address and log.",
  },
  STORAGE_OVERLOADED: {
    retryable: true,
    meaning: "More calls wait for an answer than storage accepts.",
    remedy: "Wait for earlier calls before making more; if it lasts, look at the disk or the server.",
  },
  STORAGE_CLOSED: {
    retryable: false,
    meaning: "The store was closed before this call.",
    remedy: "Open a new one, or close it later.",
  },
  STORAGE_CONFLICT: {
    retryable: true,
    meaning: "Others changed the same data at the same time, and nothing was done.",
    remedy: "Call again.",
  },
  STORAGE_TRANSACTION_TIMEOUT: {
    retryable: true,
    meaning: "A transaction was left open without a statement for too long and was rolled back.",
    remedy:
      "Inside a transaction use the transaction's own handle only, and wait for nothing but the database; then call again.",
  },
  STORAGE_SCHEMA_NEWER: {
    retryable: false,
    meaning: "The database was migrated by a newer or different version of Switchboard.",
    remedy: "Start that version or a newer one, or restore the backup made before the upgrade.",
  },
  STORAGE_CONSTRAINT: {
    retryable: false,
    meaning: "A row breaks a rule of the schema: unique, foreign key, not null or check.",
    remedy: "Correct the row; `details.constraint` names the kind of rule.",
  },
  STORAGE_WRONG_TYPE: {
    retryable: false,
    meaning: "The key holds another kind of value than the command works on.",
    remedy: "Use another key, or delete this one first.",
  },
  STORAGE_NOT_INTEGER: {
    retryable: false,
    meaning: "The value to be counted up or down is not an integer, or the result is beyond ±9007199254740991.",
    remedy: "Count in keys and fields that hold whole numbers only.",
  },
  STORAGE_ARGUMENT_INVALID: {
    retryable: false,
    meaning: "An argument or option is outside its range.",
    remedy: "Use a value in the range that the message names.",
  },
  STORAGE_FAILED: {
    retryable: false,
    meaning: "The database refused a statement.",
    remedy: "Read the cause; this is a mistake in the program or in the database's schema.",
  },
};

const outages: ReadonlySet<StorageErrorCode> = new Set<StorageErrorCode>([
  "STORAGE_CONNECTION_LOST",
  "STORAGE_DISK_FULL",
  "STORAGE_IO",
  "STORAGE_LOCKED",
  "STORAGE_MEMORY_FULL",
  "STORAGE_OVERLOADED",
]);

/** Something storage could not do. */
export class StorageError extends SwitchboardError {
  override name = "StorageError";
  declare readonly code: StorageErrorCode;
  /** True when storage is away or full, so that any other call would have failed as well: a message that led to this is not to blame. */
  readonly isOutage: boolean;

  constructor(code: StorageErrorCode, message: string, context?: ErrorContext) {
    super(storageErrors[code], code, message, context);
    this.isOutage = outages.has(code);
  }
}
