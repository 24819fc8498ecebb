// Options that several verbs have.

import type { BusChoice } from "@switchboard/gateway";

/** What `--log-level` takes. */
export const logLevels: readonly string[] = ["debug", "info", "warn", "error", "silent"];

/** The bus that the flags choose; nothing when they leave it to the broker options. */
export function busOf({ busPath }: { readonly busPath?: string }): { readonly bus?: BusChoice } {
  return busPath === undefined ? {} : { bus: { driver: "embedded", path: busPath } };
}
