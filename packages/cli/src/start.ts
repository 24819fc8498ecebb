// `switchboard start`: runs a whole gateway in the foreground, says where everything is, and drains it when it is told to stop.

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Gateway, type GatewayFile, loadGatewayFile, startGateway, tryOutFile } from "@switchboard/gateway";
import { Command, Option } from "commander";
import { pino } from "pino";
import { CliError } from "./errors.ts";
import { logLevels } from "./options.ts";
import { portOwner } from "./port-owner.ts";
import { describeStart } from "./start-banner.ts";

interface Flags {
  readonly data?: string;
  readonly logLevel: string;
  readonly logFile?: string;
}

/** The user that a server makes on its first start. */
const administrator = "root";
const usualFile = "switchboard.yaml";

/** The verb. */
export function startCommand(): Command {
  return new Command("start")
    .description("run a gateway: channels, routers, applications, control server and console")
    .argument("[file]", `configuration, YAML or JSON (default ./${usualFile}; without one a try-out of everything)`)
    .option("--data <folder>", "where everything is kept that outlives the process (default: as the file says)")
    .option(
      "--log-file <file>",
      "where the log goes (default switchboard.log in the data folder; - for standard error)",
    )
    .addOption(new Option("--log-level <level>", "least level to log").choices(logLevels).default("info"))
    .addHelpText("after", "\nExample:\n  switchboard start switchboard.yaml --log-file -")
    .action(start);
}

async function start(path: string | undefined, flags: Flags): Promise<void> {
  const signals = listenForSignals();
  const startedAt = performance.now();
  const file = await readFile(path, flags.data);
  await mkdir(file.dataFolder, { recursive: true, mode: 0o700 });
  const logPath = flags.logFile ?? join(file.dataFolder, "switchboard.log");
  const destination = pino.destination(
    logPath === "-" ? { dest: 2, sync: true } : { dest: resolve(logPath), mkdir: true, mode: 0o600, sync: false },
  );
  const logger = pino({ level: flags.logLevel }, destination);
  // Said on the terminal too, wherever the log goes: what is waited for is what somebody who pressed Ctrl-C wants to know.
  let isStopping = false;
  const onProgress = (text: string): void => {
    logger.debug(text);
    if (isStopping) console.error(text);
  };
  let gateway: Gateway;
  try {
    gateway = await startGateway({ file, logger, onProgress, ...consoleFolder() });
  } catch (error) {
    throw await explained(error);
  }
  const tookMs = performance.now() - startedAt;
  console.log(await describeStart({ gateway, file, loginLink: await loginLink(gateway), logPath, tookMs }));
  const signal = await signals.next;
  isStopping = true;
  console.error(`${signal}: draining; again to end at once`);
  logger.info({ signal }, "stopping");
  void signals.next.then(() => process.exit(130));
  await gateway.stop();
  destination.flushSync();
}

async function readFile(path: string | undefined, data: string | undefined): Promise<GatewayFile> {
  const given = path ?? (existsSync(usualFile) ? usualFile : undefined);
  const file = given === undefined ? await tryOutFile(process.cwd()) : await loadGatewayFile(given);
  return data === undefined ? file : { ...file, dataFolder: resolve(data) };
}

/** The console's files, if they were built. */
function consoleFolder(): { readonly consoleFolder?: string } {
  const folder = fileURLToPath(new URL("dist", import.meta.resolve("@switchboard/console/package.json")));
  return existsSync(join(folder, "index.html")) ? { consoleFolder: folder } : {};
}

/** Signs its owner in once: whoever sees the terminal may see the console. */
async function loginLink({ server, passwordFile }: Gateway): Promise<string | undefined> {
  const { frontend } = server.ports;
  if (frontend === undefined || passwordFile === undefined) return undefined;
  return `http://localhost:${frontend}/login/once/${await server.createLoginLink(administrator)}`;
}

/** The next signal that asks to stop; after it, the one after that. */
function listenForSignals(): { readonly next: Promise<string> } {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const nextSignal = (): Promise<string> =>
    new Promise((resolve) => {
      const hear = (signal: string): void => {
        for (const name of signals) process.removeListener(name, hear);
        resolve(signal);
      };
      for (const name of signals) process.on(name, hear);
    });
  let next = nextSignal();
  return {
    get next() {
      const current = next;
      next = current.then(nextSignal);
      return current;
    },
  };
}

/** An error that also says who has the port, where it is about one. */
async function explained(error: unknown): Promise<unknown> {
  const { code, port } = causeOf(error);
  if (code !== "EADDRINUSE" || port === undefined) return error;
  const owner = await portOwner(port);
  const by = owner === undefined ? "another process" : `${owner.command} (process ${owner.pid})`;
  return new CliError(
    "CLI_PORT_TAKEN",
    `port ${port} is taken by ${by}; end it, or choose another port in the configuration file`,
    { cause: error },
  );
}

function causeOf(error: unknown): { readonly code?: string; readonly port?: number } {
  let current = error as { code?: string; port?: number; cause?: unknown } | undefined;
  while (current !== undefined && current !== null) {
    if (current.code === "EADDRINUSE") return current;
    current = current.cause as typeof current;
  }
  return {};
}
