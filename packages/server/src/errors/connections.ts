// Connections, and files that are transferred. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type ConnectionErrorCode =
  | "CONNECTION_REFUSED"
  | "CONNECTION_CLOSED"
  | "CONNECTION_ADDRESS_TAKEN"
  | "FILE_REFUSED"
  | "FILE_TOO_LARGE"
  | "CONNECTION_SETUP_REFUSED";

/** What the catalogue says of them. */
export const connectionErrors: Readonly<Record<ConnectionErrorCode, ServerErrorEntry>> = {
  CONNECTION_REFUSED: {
    errno: errno.EBUSY,
    retryable: true,
    meaning: "The server has too many connections, in all or from this address.",
    remedy: "Close some, or raise the limit in the configuration.",
  },
  CONNECTION_CLOSED: {
    errno: errno.ECONNABORTED,
    retryable: true,
    meaning: "The connection was closed before an answer came.",
    remedy: "Connect again.",
  },
  CONNECTION_ADDRESS_TAKEN: {
    errno: errno.EADDRINUSE,
    retryable: false,
    meaning: "The Unix socket's file is in use by another server, or is something else.",
    remedy: "Stop the other server, or configure another path.",
  },
  FILE_REFUSED: {
    errno: errno.EACCES,
    retryable: false,
    meaning: "A path leads out of the folders that the server may transfer files from and to, or to what is no file.",
    remedy: "Use a file in one of the configured folders.",
  },
  FILE_TOO_LARGE: {
    errno: errno.EFBIG,
    retryable: false,
    meaning: "An upload is longer than announced, or than is allowed.",
    remedy: "Send less, or raise the limit in the configuration.",
  },
  CONNECTION_SETUP_REFUSED: {
    errno: errno.EPERM,
    retryable: false,
    meaning: "A peer that is not a trusted relay announced another address.",
    remedy: "Announce addresses only as the first frame on the Unix socket, from a trusted user.",
  },
};
