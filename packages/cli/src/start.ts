// `switchboard start`: runs a whole gateway in the foreground, says where everything is, and drains it when it is told to stop.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Logger } from "@switchboard/core";
import {
  type Gateway,
  type GatewayFile,
  loadGatewayFile,
  logStrayRejections,
  prepareDataFolder,
  startGateway,
  tryOutFile,
  usualFile,
} from "@switchboard/gateway";
import { notifyServiceManager, openLog, tuneCollector, writePidFile } from "@switchboard/server/daemon";
import { Command, InvalidArgumentError, Option } from "commander";
import { consoleFolder } from "./console-folder.ts";
import { logLevels } from "./options.ts";
import { Patience } from "./patience.ts";
import { reloadGateway } from "./reload.ts";
import { consoleAddress, describeStart, seconds, startRecord } from "./start-banner.ts";
import { explainStartError } from "./start-error.ts";
import { type Signals, listenForSignals } from "./start-signals.ts";

interface Flags {
  readonly data?: string;
  readonly logLevel?: string;
  readonly logFile?: string;
  readonly pidfile?: string;
  readonly port?: number;
  readonly consolePort?: number;
  readonly json?: true;
}

const endedAtOnce = 130;
/** The user that a server makes on its first start. */
const administrator = "root";

/** The verb. */
export function startCommand(): Command {
  return new Command("start")
    .description("run a gateway: channels, routers, applications, control server and console")
    .argument("[file]", `configuration, YAML or JSON (default ./${usualFile}; without one a try-out of everything)`)
    .option("--data <folder>", "where everything is kept that outlives the process (default: as the file says)")
    .option("--port <port>", "port of programs and the command line, 0: any free one (default: as the file says)", port)
    .option("--console-port <port>", "port of the console, 0: any free one (default: as the file says)", port)
    .option("--pidfile <file>", "file for the process id (default: as the file says, else none)")
    .option(
      "--log-file <file>",
      "where the log goes (default: as the file says, else switchboard.log in the data folder; - for standard error)",
    )
    .addOption(new Option("--log-level <level>", "least level to log (default: as the file says)").choices(logLevels))
    .option("--json", "say where everything is as one line of JSON")
    .addHelpText(
      "after",
      `
Example:
  switchboard start switchboard.yaml --log-file -

SIGTERM and Ctrl-C drain and stop. SIGHUP reloads plugins and the workers of the file, and opens the log file anew.
Exit codes: 0 stopped in order, 1 start failed, 2 wrong usage, 3 another gateway has the pid file, 130 ended at once.`,
    )
    .action(start);
}

async function start(path: string | undefined, flags: Flags): Promise<void> {
  const startedAt = performance.now();
  tuneCollector();
  const given = path ?? ownFile();
  const file = await readFile(given, flags.data);
  // Before the log is opened in it.
  prepareDataFolder(file.dataFolder);
  const pidfile = flags.pidfile ?? file.dispatcher.pidfile;
  const removePidFile = pidfile === undefined ? undefined : writePidFile(pidfile);
  const logging = loggingOf(file, flags.logFile);
  const log = openLog(logging, flags.logLevel ?? file.dispatcher["log-level"] ?? "INFO");
  logStrayRejections(log.logger);
  // Listened for before the gateway runs: whoever reads that it does may signal at once.
  const signals = listenForSignals(log);
  const onReload = (gateway: Gateway): Promise<void> =>
    reloadGateway(gateway, { read: () => readFile(path ?? ownFile(), flags.data), before: file, logger: log.logger });
  try {
    await run(file, { path: given, flags, signals, logger: log.logger, logging, startedAt, onReload });
  } finally {
    signals.forget();
    await log.close();
    removePidFile?.();
  }
}

interface RunOptions {
  /** The file, unless it is the try-out's. */
  readonly path: string | undefined;
  readonly flags: Flags;
  readonly signals: Signals;
  readonly logger: Logger;
  readonly logging: string;
  readonly startedAt: number;
  readonly onReload: (gateway: Gateway) => Promise<void>;
}

async function run(file: GatewayFile, options: RunOptions): Promise<void> {
  const { path, flags, signals, logger, logging, startedAt, onReload } = options;
  const patience = new Patience((text) => console.error(text));
  const asked = signals.next();
  let isRunning = false;
  // Nothing is in work yet, and what is waited for, such as a broker, may never come.
  void asked.then(() => {
    if (!isRunning) process.exit(endedAtOnce);
  });
  const onProgress = (text: string): void => {
    logger.debug({}, text);
    patience.begin(text);
  };
  let gateway: Gateway;
  try {
    const folder = consoleFolder();
    const site = folder === undefined ? {} : { consoleFolder: folder };
    gateway = await startGateway({ file, ports: portsOf(flags), logger, onProgress, ...site });
  } catch (error) {
    throw await explainStartError(error, { path, file, flags });
  } finally {
    patience.end();
  }
  isRunning = true;
  const tookMs = performance.now() - startedAt;
  const report = { path, gateway, file, loginLink: await loginLink(gateway, file), logging, tookMs };
  console.log(flags.json ? JSON.stringify(startRecord(report)) : await describeStart(report));
  signals.onReload(() => onReload(gateway));
  notifyServiceManager("--ready", "--status=running");
  const signal = await Promise.race([asked, gateway.server.closed.then(() => undefined)]);
  const stoppedAt = performance.now();
  console.error(
    signal === undefined ? "an administrator stops the server: draining" : `${signal}: draining; again to end at once`,
  );
  logger.info({ signal }, "stopping");
  notifyServiceManager("--stopping");
  void signals.next().then(() => process.exit(endedAtOnce));
  await gateway.stop();
  patience.end();
  console.error(`stopped after ${seconds(performance.now() - stoppedAt)}`);
  endWithoutFail();
}

const lingerMs = 3_000;

// A class or a plugin may have left a timer or a socket open, which would keep the process for ever. Nothing of ours is open any more.
function endWithoutFail(): void {
  const timer = setTimeout(() => {
    console.error("something of a class or a plugin is still open; ended all the same");
    process.exit();
  }, lingerMs);
  timer.unref();
}

/** The file in the working folder; there may be one later only, when the try-out's configuration was written. */
function ownFile(): string | undefined {
  return existsSync(usualFile) ? usualFile : undefined;
}

async function readFile(path: string | undefined, data: string | undefined): Promise<GatewayFile> {
  const file = path === undefined ? await tryOutFile(process.cwd()) : await loadGatewayFile(path);
  return data === undefined ? file : { ...file, dataFolder: resolve(data) };
}

/** Where the log goes, as the server's files say it: `console`, `syslog`, or `file:` and a path. */
function loggingOf({ dispatcher, dataFolder }: GatewayFile, logFile: string | undefined): string {
  if (logFile === "-") return "console";
  if (logFile !== undefined) return `file:${resolve(logFile)}`;
  return dispatcher.logging ?? `file:${join(dataFolder, "switchboard.log")}`;
}

function portsOf({ port: control, consolePort }: Flags): { readonly control?: number; readonly console?: number } {
  return {
    ...(control !== undefined && { control }),
    ...(consolePort !== undefined && { console: consolePort }),
  };
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError("expected a port from 0 to 65535");
}

/** Signs its owner in once: whoever sees the terminal may see the console. */
async function loginLink({ server, passwordFile }: Gateway, file: GatewayFile): Promise<string | undefined> {
  const { frontend } = server.ports;
  if (frontend === undefined || passwordFile === undefined) return undefined;
  return `${consoleAddress(file, frontend)}login/once/${await server.createLoginLink(administrator)}`;
}
