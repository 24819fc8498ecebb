// What the SQLite engine asks of its thread.

import type { Command } from "../commands.ts";
import type { Group } from "../group.ts";

/** What the thread is started with. */
export interface WorkerData {
  readonly path: string;
  readonly lockTimeoutMs: number;
}

/** What the thread is asked to do. `now` is milliseconds since 1970, by the owner's clock. Lists, because they are cheap to send. */
export type Request =
  | readonly [kind: "run", now: number, command: Command]
  | readonly [kind: "commit", now: number, group: Group]
  | readonly [kind: "scan", now: number, pattern: string, after: string | undefined]
  | readonly [kind: "sweep", now: number];
