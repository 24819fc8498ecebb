// Collections and queries. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type DatastoreErrorCode =
  | "DATASTORE_QUERY_INVALID"
  | "DATASTORE_COLLECTION_UNKNOWN"
  | "DATASTORE_COLLECTION_EXISTS"
  | "DATASTORE_DECLARATION_INVALID"
  | "DATASTORE_NOT_FOUND"
  | "DATASTORE_DUPLICATE_KEY"
  | "DATASTORE_KEY_INVALID"
  | "DATASTORE_VALUE_INVALID"
  | "DATASTORE_CLOSED";

/** What the catalogue says of them. */
export const datastoreErrors: Readonly<Record<DatastoreErrorCode, ServerErrorEntry>> = {
  DATASTORE_QUERY_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A query's filter or parameters are not valid.",
    remedy: "Correct the part that the message names; docs/protocol.md lists operators and parameters.",
  },
  DATASTORE_COLLECTION_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no collection of that name.",
    remedy: "Create it first, or correct the name.",
  },
  DATASTORE_COLLECTION_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A collection of that name exists.",
    remedy: "Use the existing one, or another name.",
  },
  DATASTORE_DECLARATION_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A collection's declaration (name, key type, indexes, limits) is not valid.",
    remedy: "Correct the part that the message names.",
  },
  DATASTORE_NOT_FOUND: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no object with that key.",
    remedy: "Insert it first, or use `upsert`.",
  },
  DATASTORE_DUPLICATE_KEY: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "The key, or a value that must be unique, is taken.",
    remedy: "Choose another one, or update the object that has it.",
  },
  DATASTORE_KEY_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A key is not of the collection's key type, or is missing where it must be given.",
    remedy: "Give a key of the type that the message names.",
  },
  DATASTORE_VALUE_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "An object cannot be stored as it is.",
    remedy: "Correct the field that the message names.",
  },
  DATASTORE_CLOSED: {
    errno: errno.EAGAIN,
    retryable: true,
    meaning: "The datastore is not open (any more).",
    remedy: "Wait until the server has started; do not use it while the server stops.",
  },
};
