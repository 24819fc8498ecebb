// The options of the server's command line. Those that have a key in the file win over it.

import { parseArgs } from "node:util";
import { ServerError } from "../errors.ts";
import { defaultConfig, readConfigFile, type ServerConfig } from "./read-config.ts";
import { configurationHelp } from "./reference-page.ts";

const usage = `Usage: switchboard server [options]

  -c PATH            configuration file, JSON or YAML
  -p PORT            port of the protocol, 0: none
  -s PORT            port of the console, 0: none
  -u PATH            Unix socket
  --plugin-dir PATH  directory of plugins; may be repeated
  --load-disabled    also load plugins in directories named disabled
  --pidfile PATH     file for the process id
  --data PATH        folder of what the server keeps
  --log-level LEVEL  TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL
  --log-file PATH    log to a file; opened anew on SIGHUP and SIGUSR2
  --syslog           log to the system's log, facility local3
  --help             this text

Example:
  switchboard server -c /etc/middleware.conf

Exit codes: 0 stopped in order, 1 configuration or start failed, 2 wrong usage, 3 another server has the pid file.

Keys of the configuration file:
`;

/** What `--help` prints. */
export function serverHelp(): string {
  return `${usage}${configurationHelp()}`;
}

/** The configuration that a command line asks for; undefined: it asks for help. @throws {ServerError} SERVER_USAGE and as `readConfigFile`. */
export function configFromArguments(argv: readonly string[]): ServerConfig | undefined {
  const values = parse(argv);
  if (values.help === true) return undefined;
  const logFile = values["log-file"];
  const overrides = {
    "websocket-port": portOf(values.p),
    "frontend-port": portOf(values.s),
    "unix-socket": values.u,
    "plugin-dirs": values["plugin-dir"],
    "load-disabled": values["load-disabled"],
    pidfile: values.pidfile,
    data: values.data,
    "log-level": values["log-level"]?.toUpperCase(),
    logging: values.syslog === true ? "syslog" : logFile === undefined ? undefined : `file:${logFile}`,
  };
  return values.c === undefined ? defaultConfig(overrides) : readConfigFile(values.c, overrides);
}

function parse(argv: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(argv);
  } catch (cause) {
    throw new ServerError("SERVER_USAGE", cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parseOptions(argv: readonly string[]): {
  c?: string;
  p?: string;
  s?: string;
  u?: string;
  "plugin-dir"?: string[];
  "load-disabled"?: boolean;
  pidfile?: string;
  data?: string;
  "log-level"?: string;
  "log-file"?: string;
  syslog?: boolean;
  help?: boolean;
} {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  return parseArgs({
    args: [...argv],
    options: {
      c: { ...text, short: "c" },
      p: { ...text, short: "p" },
      s: { ...text, short: "s" },
      u: { ...text, short: "u" },
      "plugin-dir": { ...text, multiple: true },
      "load-disabled": flag,
      pidfile: text,
      data: text,
      "log-level": text,
      "log-file": text,
      syslog: flag,
      help: { ...flag, short: "h" },
    },
  }).values;
}

// Anything that is no number is left for the check to name.
function portOf(value: string | undefined): number | string | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : value;
}
