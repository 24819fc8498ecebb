// Every key of the configuration file that the server knows, declared once: validation, `--help` and docs/server-configuration.md come from here.

/** What a key may hold. */
export type KeyType = "text" | "boolean" | "port" | "count" | "number" | "texts" | "lists";

/** One key. */
export interface KeyDeclaration {
  readonly type: KeyType;
  readonly help: string;
  /** Shown; undefined: nothing, or as the help says. */
  readonly default?: string | number | boolean | readonly string[];
  readonly unit?: string;
  readonly choices?: readonly string[];
  /** It must be in the file, or be given on the command line. */
  readonly required?: boolean;
  /** The command-line option that wins over the file. */
  readonly option?: string;
}

/** The keys of the sections of the stores. */
export const datastoreKeys = {
  driver: {
    type: "text",
    default: "sqlite",
    choices: ["sqlite", "postgresql", "mongodb"],
    help: "Which engine. `mongodb`, as in older files, is accepted and replaced by `sqlite` in the data folder, with a warning.",
  },
  dsn: { type: "text", help: "File of `sqlite`, or URL of `postgresql`. Default: `server.db` in the data folder." },
  port: { type: "number", help: "Accepted for older files; not used." },
  "dsn-tcp": { type: "text", help: "Accepted for older files; not used." },
  "dsn-alt": { type: "text", help: "Accepted for older files; not used." },
  dbdir: { type: "text", help: "Accepted for older files; not used." },
} as const;

/** The keys of the section of the server itself. */
export const dispatcherKeys = {
  "websocket-port": { type: "port", default: 5000, option: "-p", help: "Port of the protocol; 0: none." },
  "frontend-port": { type: "port", default: 8180, option: "-s", help: "Port of the console; 0: none." },
  hosts: {
    type: "texts",
    default: ["127.0.0.1", "::1"],
    help: "Addresses of both ports. `0.0.0.0` and `::`: everybody.",
  },
  "unix-socket": { type: "text", option: "-u", help: "Path of the Unix socket. Default: none." },
  tls: { type: "boolean", default: false, help: "Encrypt both ports; needs the next two." },
  "tls-certificate": { type: "text", help: "PEM file with the certificate." },
  "tls-keyfile": { type: "text", help: "PEM file with its key." },
  "trusted-proxies": {
    type: "texts",
    default: [],
    help: "Addresses or networks of proxies whose `X-Real-IP` is believed.",
  },
  "allowed-origins": {
    type: "texts",
    default: [],
    help: "Web pages of other hosts that may connect, such as `https://console.example.org`.",
  },
  "static-dir": {
    type: "text",
    help: "Folder with the files of the console. Default: those that came with the command `switchboard`, if any.",
  },
  "plugin-dirs": {
    type: "texts",
    required: true,
    option: "--plugin-dir",
    help: "Directories of plugins, searched in this order.",
  },
  "load-disabled": {
    type: "boolean",
    default: false,
    option: "--load-disabled",
    help: "Also load what lies in directories named `disabled`.",
  },
  pidfile: { type: "text", option: "--pidfile", help: "File for the process id. Default: none." },
  logging: {
    type: "text",
    default: "console",
    option: "--syslog, --log-file",
    help: "`console` (standard error), `syslog`, or `file:` and a path.",
  },
  "log-level": {
    type: "text",
    default: "INFO",
    option: "--log-level",
    choices: ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    help: "Least level that is logged.",
  },
  data: {
    type: "text",
    option: "--data",
    help: "Folder of what the server keeps. Default: `switchboard` in `$XDG_DATA_HOME` or `~/.local/share`.",
  },
  "crash-dir": { type: "text", help: "Folder of crash reports. Default: `crash` in the data folder." },
  "shutdown-timeout": {
    type: "number",
    default: 5,
    unit: "seconds",
    help: "How long tasks may go on when the server stops.",
  },
  services: { type: "texts", default: [], help: "Names under which local daemons may log in as services." },
  "admin-group": { type: "text", default: "wheel", help: "Members of this group are administrators." },
  "group-roles": {
    type: "lists",
    help: "Roles of the members of other groups, by group. Default: nobody else can log in; in a gateway, groups viewer, operator and admin have the role of their name.",
  },
  debug: {
    type: "boolean",
    default: false,
    help: "Check results against their schemas; unexpected errors come with their stack.",
  },
  "test-services": {
    type: "boolean",
    default: false,
    help: "Offer the service `test` and the tasks `test.…`, to try clients with.",
  },
  "max-connections": { type: "count", default: 10_000, help: "Connections." },
  "max-connections-per-address": {
    type: "count",
    default: 200,
    help: "Connections from one remote address; of IPv6, from one /64 network.",
  },
  "max-frame-bytes": { type: "count", default: 16_777_216, help: "Longest frame from a client that is logged in." },
  "max-frames-per-second": {
    type: "count",
    default: 200_000,
    help: "Whoever sends more frames is read more slowly.",
  },
  "max-open-calls": { type: "count", default: 256, help: "Calls in flight on one connection." },
  "max-calls-per-second": {
    type: "count",
    help: "Calls per second of one user on all connections; more get EAGAIN and `retryAfterMs`. Default: no limit.",
  },
  "max-masks": { type: "count", default: 1_000, help: "Event masks of one connection." },
  "max-buffered-bytes": {
    type: "count",
    default: 67_108_864,
    help: "A client for which more than this waits is disconnected.",
  },
  "login-timeout": {
    type: "number",
    default: 60,
    unit: "seconds",
    help: "Connections without login are closed after this.",
  },
  "max-running-tasks": { type: "count", default: 64, help: "Tasks that run in the server's process at once." },
  "max-task-processes": {
    type: "count",
    help: "Processes for isolated tasks. Default: the number of processors, at least 2.",
  },
  "max-tasks": { type: "count", default: 200_000, help: "Tasks that wait or run; further ones are refused." },
  "max-task-records": { type: "count", default: 200_000, help: "Ended tasks that are remembered." },
} as const;

/** The sections and their keys. Other sections belong to other programs and to plugins. */
export const configKeys: {
  readonly dispatcher: typeof dispatcherKeys;
  readonly datastore: typeof datastoreKeys;
  readonly "datastore-log": typeof datastoreKeys;
} = { dispatcher: dispatcherKeys, datastore: datastoreKeys, "datastore-log": datastoreKeys };

interface TypeValues {
  readonly text: string;
  readonly boolean: boolean;
  readonly port: number;
  readonly count: number;
  readonly number: number;
  readonly texts: readonly string[];
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** The values of a section: those given, and defaults. */
export type SectionValues<Section extends Readonly<Record<string, KeyDeclaration>>> = {
  readonly [Key in keyof Section]?: TypeValues[Section[Key]["type"]] | undefined;
};

/** What a value has to be, to be put after "expected". */
export function describeKey({ type, choices, unit }: KeyDeclaration): string {
  if (choices !== undefined) return `one of ${choices.join(", ")}`;
  const descriptions: Readonly<Record<KeyType, string>> = {
    text: "text",
    boolean: "true or false",
    port: "a port from 0 to 65535",
    count: "a whole number of at least 1",
    number: `a number of at least 0${unit === undefined ? "" : ` (${unit})`}`,
    texts: "a list of texts",
    lists: "an object of lists of texts",
  };
  return descriptions[type];
}

const tests: Readonly<Record<KeyType, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string" && value !== "",
  boolean: (value) => typeof value === "boolean",
  port: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  count: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  number: (value) => typeof value === "number" && value >= 0 && Number.isFinite(value),
  texts: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  lists: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(tests.texts),
};

/** True when a value is what the key takes. */
export function fitsKey(value: unknown, { type, choices }: KeyDeclaration): boolean {
  return tests[type](value) && (choices === undefined || choices.includes(value as string));
}
