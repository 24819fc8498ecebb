// Schemas and regular expressions, and what does not fit them. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type SchemaErrorCode =
  | "REGEX_INVALID"
  | "REGEX_COSTLY"
  | "SCHEMA_INVALID"
  | "SCHEMA_EXISTS"
  | "SCHEMA_UNKNOWN"
  | "SCHEMA_NOT_OWNED"
  | "SCHEMA_MISMATCH"
  | "SCHEMA_COSTLY";

/** What the catalogue says of them. */
export const schemaErrors: Readonly<Record<SchemaErrorCode, ServerErrorEntry>> = {
  REGEX_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A regular expression is malformed, too long, or uses look-around or back-references.",
    remedy: "Write it in RE2 syntax.",
  },
  REGEX_COSTLY: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A regular expression is too large for the text it would be searched in.",
    remedy: "Use a simpler expression, fewer repetitions, or another operator.",
  },
  SCHEMA_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning:
      "A schema is malformed, too large, refers to itself without end, or refers to a definition that does not exist.",
    remedy: "Correct the part that the message names.",
  },
  SCHEMA_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A schema definition of that name belongs to somebody else.",
    remedy: "Use another name.",
  },
  SCHEMA_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no schema definition of that name.",
    remedy: "Register it first, or correct the name.",
  },
  SCHEMA_NOT_OWNED: {
    errno: errno.EPERM,
    retryable: false,
    meaning: "The schema definition belongs to somebody else.",
    remedy: "Leave it to its owner.",
  },
  SCHEMA_MISMATCH: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "Arguments do not fit the schema of the method or task.",
    remedy: "Correct the arguments that `extra` lists.",
  },
  SCHEMA_COSTLY: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "Checking a value against a schema takes too many steps.",
    remedy: "Simplify the schema's references, or send less at once.",
  },
};
