// Plugins and hooks. A part of the server's error catalogue.

import { errno } from "@switchboard/protocol";
import type { ServerErrorEntry } from "./entry.ts";

/** One of these codes. */
export type PluginErrorCode =
  | "PLUGIN_INVALID"
  | "PLUGIN_EXISTS"
  | "PLUGIN_DEPENDENCY"
  | "PLUGIN_FAILED"
  | "PLUGIN_UNKNOWN"
  | "PLUGIN_UNLOADED"
  | "HOOK_UNKNOWN"
  | "HOOK_EXISTS";

/** What the catalogue says of them. */
export const pluginErrors: Readonly<Record<PluginErrorCode, ServerErrorEntry>> = {
  PLUGIN_INVALID: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A plugin's file could not be imported, or what it exports is no plugin.",
    remedy: "Correct the file; the message and its cause say where.",
  },
  PLUGIN_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "Two plugins have the same name; the first one counts.",
    remedy: "Rename one of the files.",
  },
  PLUGIN_DEPENDENCY: {
    errno: errno.EINVAL,
    retryable: false,
    meaning: "A plugin depends on one that is missing or failed, or plugins depend on each other in a ring.",
    remedy: "Add or mend the plugin that the message names, or remove the dependency.",
  },
  PLUGIN_FAILED: {
    errno: errno.EFAULT,
    retryable: false,
    meaning: "A plugin failed while it was started; everything it had registered was taken back.",
    remedy: "Read the cause, correct the plugin and load it again.",
  },
  PLUGIN_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no plugin of that name.",
    remedy: "Correct the name, or put the file into one of the plugin directories.",
  },
  PLUGIN_UNLOADED: {
    errno: errno.EBUSY,
    retryable: false,
    meaning: "A plugin that has been unloaded tried to register something.",
    remedy: "Register in the plugin's start function, and stop in its stop function what it started.",
  },
  HOOK_UNKNOWN: {
    errno: errno.ENOENT,
    retryable: false,
    meaning: "There is no hook point of that name.",
    remedy: "Register it first, or correct the name.",
  },
  HOOK_EXISTS: {
    errno: errno.EEXIST,
    retryable: false,
    meaning: "A hook point of that name belongs to another plugin.",
    remedy: "Use another name.",
  },
};
