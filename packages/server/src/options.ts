// What a server may be given, and what it works with once the defaults are filled in.

import { type Clock, Dispatcher, type Logger, silentLogger, systemClock } from "@switchboard/core";
import type { AccessRules, LoginThrottleOptions, UserBackend } from "./auth/index.ts";
import type { LimitOptions, Limits } from "./connections/limits.ts";
import { resolveLimits } from "./connections/limits.ts";
import type { TlsOptions } from "./connections/listener.ts";
import type { Datastore } from "./datastore/index.ts";
import type { Plugin } from "./plugins/index.ts";
import type { LogControl, LogRing } from "./services/index.ts";
import type { TaskLimits } from "./tasks/limits.ts";

/** Where the server can be reached. */
export interface ListenOptions {
  /** Port of the protocol, default 5000; 0: any free one; null: none. */
  readonly websocketPort?: number | null;
  /** Port of the console, default 8180; 0: any free one; null: none. */
  readonly frontendPort?: number | null;
  /** Addresses of both ports, default `["127.0.0.1", "::1"]`: this machine only. `["0.0.0.0", "::"]`: everybody. */
  readonly hosts?: readonly string[];
  /** The Unix socket. Default none. */
  readonly unixSocket?: {
    readonly path: string;
    /** Permissions, default 0o775: its owner and its group may connect, and need no password. */
    readonly mode?: number;
    /** Group of the file, by number. Default: the server's. */
    readonly gid?: number;
  };
  /** Certificate and key for both ports. Default: no encryption. */
  readonly tls?: TlsOptions;
  /** Addresses or networks of proxies whose `X-Real-IP` is believed. Default none. */
  readonly trustedProxies?: readonly string[];
  /** Web pages of other hosts that may connect, such as `https://console.example.org`. Default none. */
  readonly allowedOrigins?: readonly string[];
  /** Folder with the files of the console. Default: a page that says that there is none. */
  readonly staticFolder?: string;
}

/** Who may log in, and how. */
export interface AuthOptions extends AccessRules {
  /** Default: the collection `users` of the datastore. */
  readonly users?: UserBackend;
  /** Names under which local daemons may log in as services. Default none. */
  readonly services?: readonly string[];
  readonly throttle?: LoginThrottleOptions;
  /** Lifetime of the tokens of remote clients. Default: the configuration's `middleware.token_lifetime` (seconds), else 600_000. */
  readonly tokenLifetimeMs?: number;
}

/** How a server is made. */
export interface ServerOptions {
  /** Users, configuration and whatever services keep. */
  readonly datastore: Datastore;
  /** Sessions, tasks and other history. Default: the datastore. */
  readonly logStore?: Datastore;
  readonly listen?: ListenOptions;
  readonly auth?: AuthOptions;
  readonly limits?: LimitOptions;
  /** Which files clients with the role `files` may fetch and send. Default none. */
  readonly files?: {
    readonly folders: readonly string[];
    /** Longest upload whose size was not announced, default 1 GiB. */
    readonly maxUploadBytes?: number;
  };
  /** Directories with plugin files, searched in this order. Default none. */
  readonly pluginDirs?: readonly string[];
  /** Plugins given as objects; they come before those of files. Default none. */
  readonly plugins?: readonly Plugin[];
  /** Also load what lies in directories named `disabled`. Default false. */
  readonly loadDisabled?: boolean;
  readonly tasks?: TaskLimits;
  /** Offer the service `test` and the tasks `test.…`, to try clients with. Default false. */
  readonly withTests?: boolean;
  /** Where crash reports are written. Default: they are only logged. */
  readonly crashFolder?: string | undefined;
  /** A section of the configuration that plugins may read. Default: all are empty. */
  readonly config?: (section: string) => Readonly<Record<string, unknown>>;
  /** Told how far starting has come. Default: nobody. */
  readonly pushStatus?: (text: string) => void;
  /** Changes how much is logged. Default: it cannot be changed. */
  readonly logControl?: LogControl | undefined;
  /** The latest lines of the log, for the service `syslog`. Default: no such service. */
  readonly logRing?: LogRing | undefined;
  /** The kernel that carries the calls. Default: one of its own. */
  readonly dispatcher?: Dispatcher;
  /** Default: silent. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Results are checked against their schemas, and unexpected errors come with their stack. Default false. */
  readonly debug?: boolean;
}

/** Options with nothing left open, except what has to be looked up. */
export interface ResolvedServerOptions extends Required<Omit<ServerOptions, "listen" | "limits">> {
  readonly listen: ListenOptions & { readonly hosts: readonly string[] };
  readonly limits: Limits;
}

/** Fills in the defaults. */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  const { clock = systemClock, logger = silentLogger } = options;
  return {
    logStore: options.datastore,
    dispatcher: new Dispatcher({ clock, logger }),
    debug: false,
    auth: {},
    files: { folders: [] },
    pluginDirs: [],
    plugins: [],
    loadDisabled: false,
    tasks: {},
    withTests: false,
    crashFolder: undefined,
    config: () => ({}),
    pushStatus: () => undefined,
    logControl: undefined,
    logRing: undefined,
    ...options,
    clock,
    logger,
    limits: resolveLimits(options.limits),
    listen: { websocketPort: 5000, frontendPort: 8180, hosts: ["127.0.0.1", "::1"], ...options.listen },
  };
}
