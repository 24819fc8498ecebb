// The server as a process: its configuration, its command line, its pid file. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type DaemonErrorCode = "SERVER_CONFIG_UNREADABLE" | "SERVER_CONFIG_INVALID" | "DAEMON_RUNNING" | "SERVER_USAGE";

/** What the catalogue says of them. */
export const daemonErrors: Readonly<Record<DaemonErrorCode, ServerErrorEntry>> = {
  SERVER_CONFIG_UNREADABLE: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A configuration file cannot be read, or is neither JSON nor YAML.",
    remedy: "Correct the line that the message names.",
  },
  SERVER_CONFIG_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The configuration lacks a key, or a key has a value that is not allowed.",
    remedy: "Correct the keys that the message names; docs/server-configuration.md lists them.",
  },
  DAEMON_RUNNING: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "The pid file belongs to a process that is alive.",
    remedy: "Stop the other server first, or give this one another pid file.",
  },
  SERVER_USAGE: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "The command line of the server has an option that does not exist, or lacks a value.",
    remedy: "Run it with `--help`.",
  },
};
