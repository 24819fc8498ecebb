// What the built-in services work on. The server's composition fills it in.

import type { Clock, Logger } from "@switchboard/core";
import type { AccessRules, UserBackend } from "../auth/index.ts";
import type { ConnectionTable } from "../connections/connection-table.ts";
import type { Logins } from "../connections/logins.ts";
import type { Datastore } from "../datastore/index.ts";
import type { Events } from "../events/index.ts";
import type { Hooks, PluginManager } from "../plugins/index.ts";
import type { Locks } from "./locks.ts";
import type { LogRing } from "./log-ring.ts";

/** Changes how much is logged. A pino logger is one. */
export interface LogControl {
  /** Least level that is logged: `trace`, `debug`, `info`, `warn`, `error` or `fatal`. */
  level: string;
}

/** The parts of a server that its services show and steer. */
export interface ServerHost {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly connections: Pick<ConnectionTable, "list" | "of" | "ofSession" | "size">;
  readonly events: Events;
  readonly plugins: PluginManager;
  readonly users: UserBackend;
  readonly access: AccessRules;
  readonly logins: Pick<Logins, "revokeTokensOf" | "settled">;
  /** Holds the collection `sessions`. */
  readonly logStore: Datastore;
  readonly locks: Locks;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: the logger's level cannot be changed. */
  readonly logControl: LogControl | undefined;
  /** Undefined: no service `syslog`. */
  readonly logRing: LogRing | undefined;
  /** Resolves when all plugins are loaded. */
  readonly ready: Promise<void>;
  /** Begins to stop the server, as SIGTERM does. */
  readonly shutDown: () => void;
}
