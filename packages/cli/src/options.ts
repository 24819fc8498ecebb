// Options that several verbs have, and what the command is called.

import type { BusChoice } from "@switchboard/gateway";

/** The command as whoever runs it has to write it: in a clone there is a script of npm's. */
export const ownName: string =
  process.env["npm_lifecycle_event"] === "switchboard" ? "npm run switchboard --" : "switchboard";

/** What `--log-level` takes. */
export const logLevels: readonly string[] = ["debug", "info", "warn", "error", "silent"];

/** The bus that the flags choose; nothing when they leave it to the broker options. */
export function busOf({ busPath }: { readonly busPath?: string }): { readonly bus?: BusChoice } {
  return busPath === undefined ? {} : { bus: { driver: "embedded", path: busPath } };
}
