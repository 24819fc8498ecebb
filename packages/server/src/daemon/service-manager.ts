// Tells systemd how the server is, by its own command, as Node cannot send to the notification socket. Elsewhere nothing happens.

import { execFile } from "node:child_process";

/** Sends a state such as `--ready` or `--stopping`, or `--status=…`. Failures are of no interest. */
export function notifyServiceManager(...states: readonly string[]): void {
  if (process.env["NOTIFY_SOCKET"] === undefined) return;
  execFile("systemd-notify", [...states], () => undefined);
}
