// What went wrong with PostgreSQL, in our codes.

import { StorageError, type StorageErrorCode } from "../../errors.ts";

// SQLSTATE, or its first two characters (the class); https://www.postgresql.org/docs/current/errcodes-appendix.html
const codeByState: Readonly<Record<string, StorageErrorCode>> = {
  "08": "STORAGE_CONNECTION_LOST",
  "23": "STORAGE_CONSTRAINT",
  "28": "STORAGE_PERMISSION",
  "40": "STORAGE_CONFLICT",
  "57P": "STORAGE_CONNECTION_LOST", // the server is stopping or starting
  "22021": "STORAGE_ARGUMENT_INVALID", // U+0000 in a text
  "25006": "STORAGE_PERMISSION", // read-only
  "25P03": "STORAGE_TRANSACTION_TIMEOUT", // idle in transaction
  "42501": "STORAGE_PERMISSION",
  "53100": "STORAGE_DISK_FULL",
  "53300": "STORAGE_CONNECTION_LOST", // too many connections
  "55P03": "STORAGE_LOCKED",
  "58030": "STORAGE_IO",
  XX001: "STORAGE_CORRUPT",
  XX002: "STORAGE_CORRUPT",
};

const constraintByState: Readonly<Record<string, string>> = {
  "23502": "not null",
  "23503": "foreign key",
  "23505": "unique",
  "23514": "check",
};

// The client library has no codes for its own errors.
const codeByText: readonly (readonly [RegExp, StorageErrorCode])[] = [
  [/timeout exceeded when trying to connect/, "STORAGE_OVERLOADED"],
  [/after calling end on the pool/, "STORAGE_CLOSED"],
  [/terminated|not queryable|connection error|Connection ended|client was closed/i, "STORAGE_CONNECTION_LOST"],
];

/** What the client library rejects with. */
interface PostgresqlError extends Error {
  /** SQLSTATE, or the operating system's name of an error. */
  readonly code?: string;
  readonly table?: string;
  readonly constraint?: string;
  readonly syscall?: string;
}

/** Turns what the client library rejected with into a {@link StorageError}. `server` is the address, without password. */
export function postgresqlError(error: unknown, server: string): StorageError {
  if (error instanceof StorageError) return error;
  const {
    message,
    stack,
    code = "",
    table,
    constraint,
    syscall,
  } = error instanceof Error ? (error as PostgresqlError) : (new Error(String(error)) as PostgresqlError);
  // Its other fields repeat the row's values.
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  const kind = constraintByState[code];
  return new StorageError(
    syscall === undefined ? codeOf(code, message) : "STORAGE_CONNECTION_LOST",
    `${server}: ${message}`,
    {
      cause,
      details: {
        sqlState: code,
        table,
        constraintName: constraint,
        ...(kind === undefined ? {} : { constraint: kind }),
      },
    },
  );
}

function codeOf(state: string, message: string): StorageErrorCode {
  const byState = codeByState[state] ?? codeByState[state.slice(0, 3)] ?? codeByState[state.slice(0, 2)];
  return byState ?? codeByText.find(([text]) => text.test(message))?.[1] ?? "STORAGE_FAILED";
}
