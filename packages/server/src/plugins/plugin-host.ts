// What plugins are given to work with: the parts of the server, as far as plugins use them. The server's composition fills it in.

import type { Clock, Logger } from "@switchboard/core";
import type { ConfigStore, Datastore } from "../datastore/index.ts";
import type { Events } from "../events/index.ts";
import type { ServiceRegistry } from "../rpc/index.ts";
import type { SchemaRegistry } from "../schema/index.ts";
import type { Locks } from "../services/locks.ts";
import type { TaskEngine } from "../tasks/engine.ts";
import type { CrashReports } from "./crash-reports.ts";
import type { Hooks } from "./hooks.ts";

/** The tasks of a server, as plugins use them. */
export type PluginTasks = Pick<TaskEngine, "handlers" | "hooks" | "resources" | "submit" | "run" | "recycle">;

/** What a plugin's registrations and calls go to. */
export interface PluginHost {
  readonly services: ServiceRegistry;
  readonly events: Events;
  readonly tasks: PluginTasks;
  readonly schemas: SchemaRegistry;
  readonly datastore: Datastore;
  readonly logStore: Datastore;
  readonly configstore: ConfigStore;
  readonly locks: Locks;
  readonly hooks: Hooks;
  readonly crashReports: CrashReports;
  readonly logger: Logger;
  readonly clock: Clock;
  /** A section of the configuration file that the server does not know itself; empty when there is none. */
  readonly config: (section: string) => Readonly<Record<string, unknown>>;
  /** Tells the service manager how far starting has come. */
  readonly pushStatus: (text: string) => void;
}
