// The gateway's configuration file: one YAML or JSON file for the whole system. What it may hold is declared here, once. The section
// `dispatcher` (and its neighbours of the manual page) is the server's; `workers` says which workers run.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError, type ConfigIssue } from "@switchboard/messaging";
import type { ConfigSource } from "@switchboard/messaging/config";
import {
  type ConfigOf,
  type ConfigPath,
  formatIssue,
  loadConfigFile,
  parseConfig,
  readConfig,
} from "@switchboard/messaging/config";
import type { DispatcherSection } from "@switchboard/server/config";
import { checkAddresses } from "./addresses.ts";
import { dispatcherSection } from "./dispatcher-section.ts";

/** What the file may hold besides the sections of the server. Unknown sections are left alone: other programs may share the file. */
export const gatewayFields = {
  gateway: {
    type: "section",
    default: {},
    static: true,
    doc: "Who this gateway is, and where it keeps its data.",
    fields: {
      name: { type: "text", default: "switchboard", static: true, doc: "Shown in the console and in metrics." },
      environment: {
        type: "text",
        default: "development",
        static: true,
        doc: "Shown beside the name, so that nobody pauses production by mistake.",
      },
      data: {
        type: "text",
        default: "var",
        static: true,
        doc: "Folder of everything that outlives the process, relative to the file. Relative paths below are relative to it. `data` of the section `dispatcher` wins over it.",
      },
      "start-timeout": {
        type: "float",
        default: 30,
        min: 0,
        unit: "seconds",
        static: true,
        doc: "How long each part, and each worker, may take to start. A worker that takes longer is tried again.",
      },
      "drain-timeout": {
        type: "float",
        default: 30,
        min: 0,
        unit: "seconds",
        static: true,
        doc: "How long messages in work have to end, and then each part to close; all together have twice as long.",
      },
    },
  },
  datastore: {
    type: "section",
    default: {},
    static: true,
    doc: "Where configuration, history and messages are kept.",
    fields: {
      driver: {
        type: "text",
        choices: ["sqlite", "postgresql"],
        default: "sqlite",
        static: true,
        doc: "Which engine.",
      },
      dsn: {
        type: "text",
        default: "switchboard.db",
        static: true,
        secret: true,
        doc: "A file for sqlite, `postgresql://…` for postgresql.",
      },
    },
  },
  keyvalue: {
    type: "section",
    default: {},
    static: true,
    doc: "Where workers keep their state: sessions, routing of users, retries.",
    fields: {
      driver: {
        type: "text",
        choices: ["sqlite", "redis", "memory"],
        default: "sqlite",
        static: true,
        doc: "Which engine.",
      },
      dsn: {
        type: "text",
        default: "keyvalue.db",
        static: true,
        secret: true,
        doc: "A file for sqlite, `redis://…` for redis, nothing for memory.",
      },
      "key-prefix": {
        type: "text",
        default: "",
        static: true,
        doc: "Put before every key, so that several gateways can share one Redis.",
      },
    },
  },
  bus: {
    type: "section",
    default: {},
    static: true,
    doc: "What carries messages between workers.",
    fields: {
      driver: { type: "text", choices: ["embedded", "amqp"], default: "embedded", static: true, doc: "Which bus." },
      path: { type: "text", default: "bus", static: true, doc: "Folder of the embedded bus." },
      url: {
        type: "text",
        default: "amqp://guest:guest@127.0.0.1:5672/",
        static: true,
        secret: true,
        doc: "RabbitMQ, for amqp.",
      },
    },
  },
  store: {
    type: "section",
    default: {},
    static: true,
    doc: "The message store, which the console's Messages page and the trail read.",
    fields: {
      enabled: { type: "bool", default: true, static: true, doc: "Whether messages and events are stored." },
      "retention-days": {
        type: "float",
        default: 30,
        min: 0,
        unit: "days",
        static: true,
        doc: "How long they are kept.",
      },
    },
  },
  observability: {
    type: "section",
    default: {},
    static: true,
    doc: "What machines see of the gateway.",
    fields: {
      port: {
        type: "int",
        min: 0,
        max: 65_535,
        static: true,
        doc: "Port of /metrics, /health and /ready; 0 for any. Default none.",
      },
      host: {
        type: "text",
        default: "127.0.0.1",
        static: true,
        doc: "Address that they are on. Nobody is asked to log in.",
      },
      tracing: {
        type: "bool",
        default: false,
        static: true,
        doc: "Whether spans are made for OpenTelemetry; a program that runs the gateway registers where they go.",
      },
    },
  },
  supervisor: {
    type: "section",
    default: {},
    static: true,
    doc: "How workers that fail are brought back.",
    fields: {
      "restart-min": {
        type: "float",
        default: 1,
        min: 0,
        unit: "seconds",
        static: true,
        doc: "Pause before the first restart; doubles with each.",
      },
      "restart-max": { type: "float", default: 60, min: 0, unit: "seconds", static: true, doc: "Longest pause." },
      "max-restarts": {
        type: "int",
        default: 8,
        min: 1,
        static: true,
        doc: "Failures within the window after which a worker is left alone until somebody starts it.",
      },
      "restart-window": { type: "float", default: 600, min: 0, unit: "seconds", static: true, doc: "The window." },
      "max-memory": {
        type: "int",
        min: 1,
        unit: "MiB",
        static: true,
        doc: "A group's process that takes more is drained and started again. Default no limit.",
      },
      "max-loop-delay": {
        type: "float",
        min: 0,
        unit: "seconds",
        static: true,
        doc: "A group's process that does not answer for longer is killed and started again. Default no limit.",
      },
    },
  },
  workers: {
    type: "dict",
    default: {},
    static: true,
    doc: "Name → worker. Names of transports and applications are usually their transport_name.",
    of: {
      type: "section",
      fields: {
        class: { type: "text", required: true, static: true, doc: "Our name, Vumi's dotted path, or ./file.ts#Class." },
        config: { type: "dict", default: {}, static: true, doc: "The worker's own options." },
        "config-file": {
          type: "text",
          static: true,
          doc: "A file with the worker's options, such as a Vumi YAML file; `config` wins over it, key by key.",
        },
        group: {
          type: "text",
          static: true,
          doc: "Workers of one group run in a process of their own. Default: in the gateway's.",
        },
        label: { type: "text", static: true, doc: "What the console calls it, besides its name." },
        try: { type: "text", static: true, doc: "What to type to try it; `switchboard start` prints it." },
        enabled: { type: "bool", default: true, static: true, doc: "False: known, and not started." },
      },
    },
  },
} as const;

/** The checked file. */
export type GatewayConfig = ConfigOf<typeof gatewayFields>;

/** A file that has been read. */
export interface GatewayFile {
  readonly config: GatewayConfig;
  /** The checked section of the server, its paths absolute. */
  readonly dispatcher: DispatcherSection;
  /** The unchecked file, for whoever reads other sections of it. */
  readonly source: ConfigSource;
  /** As it was read. */
  readonly text: string;
  /** The file's path, or what stands for it. */
  readonly name: string;
  /** Where its text is written to when it changes, absolute; undefined: nowhere. */
  readonly path: string | undefined;
  /** False when nothing is at `path` yet. */
  readonly isThere: boolean;
  /** Absolute path of the data folder. */
  readonly dataFolder: string;
  /** What is odd in it and no reason to refuse it, with file and line; of its workers' own options it tells nothing. */
  readonly warnings: readonly string[];
}

/**
 * Reads the gateway's configuration file.
 *
 * @throws {ConfigError} CONFIG_FILE_INVALID, CONFIG_INVALID with everything that is wrong, each with file and line.
 */
export async function loadGatewayFile(path: string): Promise<GatewayFile> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  // The loader says best what keeps it from being read.
  if (text === undefined) await loadConfigFile(path);
  const full = resolve(path);
  return { ...(await parseGatewayFile(text ?? "", path, dirname(full))), path: full, isThere: true };
}

/** The same from text, which is written nowhere; `folder` is what its relative paths are relative to. */
export async function parseGatewayFile(text: string, name: string, folder: string): Promise<GatewayFile> {
  const source = await parseConfig(text, name, folder);
  return { ...(await check(source)), source, text, name, path: undefined, isThere: false };
}

async function check(
  source: ConfigSource,
): Promise<Pick<GatewayFile, "config" | "dispatcher" | "dataFolder" | "warnings">> {
  const issues: ConfigIssue[] = [];
  const dispatcher = dispatcherSection(source, issues);
  const warnings: string[] = [];
  const onWarning = (text: string): void => void warnings.push(text);
  const config = await readConfig(gatewayFields, source, { onWarning }).catch((error: unknown) => {
    if (!(error instanceof ConfigError) || issues.length === 0) throw error;
    issues.unshift(...error.issues);
    return undefined;
  });
  if (config !== undefined) checkAddresses(config, source, issues);
  if (config === undefined || issues.length > 0) {
    throw new ConfigError("CONFIG_INVALID", issues.map((issue) => formatIssue(issue)).join("\n"), { issues });
  }
  for (const folder of dispatcher["plugin-dirs"] ?? []) {
    if (!existsSync(folder)) warnings.push(`plugin-dirs: there is no folder ${folder}`);
  }
  const dataFolder = dispatcher.data ?? resolve(source.folder ?? ".", config.gateway.data);
  return { config, dispatcher, dataFolder, warnings };
}

/** The file that `switchboard start` takes when it is given none, where there is one. */
export const usualFile = "switchboard.yaml";

/** What `switchboard start` runs where there is no file: a try-out of everything, with its data below `folder`. Written, it becomes {@link usualFile} there. */
export async function tryOutFile(folder: string): Promise<GatewayFile> {
  const path = fileURLToPath(new URL("../../default/switchboard.yaml", import.meta.url));
  const file = await parseGatewayFile(await readFile(path, "utf8"), path, folder);
  return { ...file, path: join(folder, usualFile) };
}

/** A part of the file that begins at `path`, as a source of its own that still knows file and line. */
export function sourceAt(source: ConfigSource, path: ConfigPath): ConfigSource {
  return path.reduce<ConfigSource>((part, key) => part.section(String(key)), source);
}
