// The options of a worker's process, as `vumi_worker` had them: which class, which configuration, which broker. Who parses the command line
// (the `switchboard` command) hands its flags over here; what wins over what is decided in this file.

import { type ConfigOf, ConfigSource, loadConfigFile, readConfig } from "./config/index.ts";

/** Where the broker is. Vumi's defaults. */
export const brokerFields = {
  hostname: { type: "text", default: "127.0.0.1", static: true, doc: "Host of the broker." },
  port: { type: "int", min: 1, max: 65535, default: 5672, static: true, doc: "Port of the broker." },
  username: { type: "text", default: "vumi", static: true, doc: "User at the broker." },
  password: { type: "text", default: "vumi", static: true, secret: true, doc: "Password at the broker." },
  vhost: { type: "text", default: "/develop", static: true, doc: "Virtual host at the broker." },
  heartbeat: { type: "int", min: 0, default: 0, unit: "seconds", static: true, doc: "AMQP heartbeat; 0 is none." },
  amqp_url: { type: "text", static: true, secret: true, doc: "All of the above in one; wins over them." },
  sentry: { type: "text", static: true, secret: true, doc: "Sentry's address for errors." },
} as const;

/** Checked {@link brokerFields}. */
export type BrokerOptions = ConfigOf<typeof brokerFields>;

/** Flags as a command-line parser gives them, camel-cased. */
export interface WorkerFlags {
  readonly workerClass?: string;
  /** Deprecated `--worker_class`; loses against `workerClass`. */
  readonly worker_class?: string;
  /** YAML file with the worker's options. */
  readonly config?: string;
  /** `key:value`, each; the value is text, and replaces the whole key. */
  readonly setOption?: readonly string[];
  /** YAML file with the broker's options. */
  readonly vumiConfig?: string;
  readonly hostname?: string;
  readonly port?: string;
  readonly username?: string;
  readonly password?: string;
  readonly vhost?: string;
  readonly amqpUrl?: string;
  readonly sentry?: string;
  /** Names a group of workers; the worker's option `system_id`. */
  readonly systemId?: string;
}

/** What a worker's process works with. */
export interface WorkerOptions {
  /** Undefined when nobody said. */
  readonly workerClass: string | undefined;
  /** The worker's own options, unchecked; the broker's are not among them. */
  readonly config: ConfigSource;
  readonly broker: BrokerOptions;
}

/**
 * Puts the options of a worker together.
 *
 * Order: broker: default, then `--vumi-config` file, environment, flag. Worker: `--config` file, environment, `--set-option`. Each replaces
 * whole top-level keys. The environment is read as containers set it: WORKER_CLASS, CONFIG_FILE, SENTRY_DSN, VUMI_OPT_<KEY>, and with
 * AMQP_HOST also AMQP_PORT, AMQP_VHOST, AMQP_USERNAME, AMQP_PASSWORD (defaults then 5672, `/`, guest, guest).
 *
 * @throws {ConfigError} CONFIG_FILE_INVALID, CONFIG_INVALID.
 */
export async function resolveWorkerOptions(
  flags: WorkerFlags,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<WorkerOptions> {
  const configFile = flags.config ?? environment["CONFIG_FILE"];
  const file = configFile === undefined ? new ConfigSource({}) : await loadConfigFile(configFile);
  const config = file
    .override(environmentOptions(environment), "the environment")
    .override(given({ system_id: flags.systemId }), "--system-id")
    .override(Object.fromEntries((flags.setOption ?? []).map(splitOption)), "--set-option");
  return {
    workerClass: flags.workerClass ?? flags.worker_class ?? environment["WORKER_CLASS"],
    config,
    broker: await resolveBroker(flags, environment),
  };
}

/** Returns the AMQP URL of a broker. It holds the password. */
export function brokerUrl({ hostname, port, username, password, vhost, heartbeat, amqp_url }: BrokerOptions): string {
  if (amqp_url !== null) return amqp_url;
  const [user, secret, path] = [username, password, vhost].map(encodeURIComponent);
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `amqp://${user}:${secret}@${host}:${port}/${path}${heartbeat === 0 ? "" : `?heartbeat=${heartbeat}`}`;
}

async function resolveBroker(
  flags: WorkerFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<BrokerOptions> {
  const file = flags.vumiConfig === undefined ? new ConfigSource({}) : await loadConfigFile(flags.vumiConfig);
  const { hostname, port, username, password, vhost, amqpUrl: amqp_url, sentry } = flags;
  const source = file
    .override(environmentBroker(environment), "the environment")
    .override(given({ hostname, port, username, password, vhost, amqp_url, sentry }), "the command line");
  return await readConfig(brokerFields, source);
}

function environmentBroker(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const { AMQP_HOST: hostname, SENTRY_DSN: sentry } = environment;
  if (hostname === undefined) return given({ sentry });
  const { AMQP_PORT = "5672", AMQP_VHOST = "/", AMQP_USERNAME = "guest", AMQP_PASSWORD = "guest" } = environment;
  return given({
    hostname,
    port: AMQP_PORT,
    vhost: AMQP_VHOST,
    username: AMQP_USERNAME,
    password: AMQP_PASSWORD,
    sentry,
  });
}

const optionPrefix = "VUMI_OPT_";

function environmentOptions(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const options = Object.entries(environment).filter(([name]) => name.startsWith(optionPrefix));
  return given(
    Object.fromEntries(options.map(([name, value]) => [name.slice(optionPrefix.length).toLowerCase(), value])),
  );
}

function splitOption(option: string): [key: string, value: string] {
  const colon = option.indexOf(":");
  return colon < 0 ? [option, ""] : [option.slice(0, colon), option.slice(colon + 1)];
}

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}
