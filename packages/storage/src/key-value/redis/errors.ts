// What went wrong with Redis, in our codes. The client's errors carry the command with its arguments, passwords included, so they are not
// passed on themselves.

import { StorageError, type StorageErrorCode } from "../../errors.ts";

// By the first word of Redis's answer.
const codeByPrefix: Readonly<Record<string, StorageErrorCode>> = {
  WRONGTYPE: "STORAGE_WRONG_TYPE",
  OOM: "STORAGE_MEMORY_FULL",
  MISCONF: "STORAGE_DISK_FULL",
  NOAUTH: "STORAGE_PERMISSION",
  WRONGPASS: "STORAGE_PERMISSION",
  NOPERM: "STORAGE_PERMISSION",
  LOADING: "STORAGE_CONNECTION_LOST",
  MASTERDOWN: "STORAGE_CONNECTION_LOST",
  READONLY: "STORAGE_CONNECTION_LOST",
  BUSY: "STORAGE_CONNECTION_LOST",
};

// Redis has no code for these.
const codeByText: readonly (readonly [RegExp, StorageErrorCode])[] = [
  [/not an integer|would overflow|out of range/, "STORAGE_NOT_INTEGER"],
  [/no such key/, "STORAGE_ARGUMENT_INVALID"],
  [/invalid password|AUTH/i, "STORAGE_PERMISSION"],
];

/** Turns what the client library rejected with into a {@link StorageError}. `server` is the server's address, without password. */
export function redisError(error: unknown, server: string): StorageError {
  if (error instanceof StorageError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const cause = new Error(message);
  if (error instanceof Error && error.stack !== undefined) cause.stack = error.stack;
  return new StorageError(codeOf(error, message), `${server}: ${message}`, { cause });
}

function codeOf(error: unknown, message: string): StorageErrorCode {
  // Everything that Redis itself has not said is about the connection.
  if (!(error instanceof Error) || error.name !== "ReplyError") return "STORAGE_CONNECTION_LOST";
  const [prefix = ""] = message.split(" ");
  return codeByPrefix[prefix] ?? codeByText.find(([text]) => text.test(message))?.[1] ?? "STORAGE_FAILED";
}
