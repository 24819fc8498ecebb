// The server as a process of its own: configuration, log, pid file, datastore, signals; and all of it ended in order.

import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { openSql, type Sql } from "@switchboard/storage";
import { makeFolder } from "@switchboard/storage/sqlite";
import { Datastore } from "../datastore/index.ts";
import { ServerError } from "../errors.ts";
import { configFromArguments, serverHelp } from "../server-config/command-line.ts";
import type { ServerConfig } from "../server-config/read-config.ts";
import { serverOptionsOf, shutdownTimeoutMs } from "../server-config/server-options.ts";
import { createServer, type DispatcherServer } from "../server.ts";
import { LogRing } from "../services/log-ring.ts";
import { type LogOutput, openLog } from "./log-output.ts";
import { writePidFile } from "./pid-file.ts";
import { notifyServiceManager } from "./service-manager.ts";
import { tuneCollector } from "./tune-collector.ts";

/** What whoever runs a server may add. */
export interface DaemonOptions {
  /** Folder with the files of the console, where the configuration names none. Default: no console. */
  readonly staticFolder?: string;
}

/**
 * Runs the server of a command line (without program and verb) until it is told to stop, and resolves with the exit code: 0 stopped in order,
 * 1 configuration or start failed, 2 wrong usage, 3 another server has the pid file. Never rejects.
 *
 * SIGTERM, SIGINT and SIGQUIT stop it; SIGHUP reloads the plugins and opens the log file anew; SIGUSR2 only the latter (SIGUSR1 is Node's own).
 */
export async function runServerDaemon(argv: readonly string[], options: DaemonOptions = {}): Promise<number> {
  tuneCollector();
  const closing: (() => unknown)[] = [];
  try {
    const config = configFromArguments(argv);
    if (config === undefined) {
      console.log(serverHelp());
      return 0;
    }
    await run(config, closing, options);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    const code = error instanceof ServerError ? error.code : undefined;
    return code === "SERVER_USAGE" ? 2 : code === "DAEMON_RUNNING" ? 3 : 1;
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function run(config: ServerConfig, closing: (() => unknown)[], given: DaemonOptions): Promise<void> {
  const { dispatcher } = config;
  const folder =
    dispatcher.data ?? join(process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local/share"), "switchboard");
  if (dispatcher.pidfile !== undefined) closing.push(writePidFile(dispatcher.pidfile));
  makeFolder(folder, 0o700);
  const ring = new LogRing();
  const log = openLog(dispatcher.logging ?? "console", dispatcher["log-level"] ?? "INFO", ring);
  closing.push(() => log.close());
  // Listened for before the server runs: whoever reads "running" in the log may signal at once.
  const signals = listenForSignals(log);
  closing.push(signals.forget);
  const datastore = await openDatastore(config.datastore, folder, log, closing);
  const hasOwnLog = config["datastore-log"].dsn !== undefined;
  const logStore = hasOwnLog ? await openDatastore(config["datastore-log"], folder, log, closing) : datastore;
  const options = serverOptionsOf(dispatcher, config.sections);
  const server = await createServer({
    ...options,
    listen: { ...given, ...options.listen },
    datastore,
    logStore,
    crashFolder: dispatcher["crash-dir"] ?? join(folder, "crash"),
    logger: log.logger,
    logControl: log.logger,
    logRing: ring,
    pushStatus: (text) => notifyServiceManager(`--status=${text}`),
  });
  signals.attach(server);
  keepFirstPassword(server, folder, log);
  log.logger.info({ ports: server.ports, pid: process.pid }, "running");
  notifyServiceManager("--ready", "--status=running");
  const signal = await Promise.race([signals.stop, server.closed.then(() => undefined)]);
  log.logger.info({ signal }, "stopping");
  notifyServiceManager("--stopping");
  await server.close(shutdownTimeoutMs(dispatcher));
}

async function openDatastore(
  { driver = "sqlite", dsn }: ServerConfig["datastore"],
  folder: string,
  { logger }: LogOutput,
  closing: (() => unknown)[],
): Promise<Datastore> {
  if (driver === "mongodb")
    logger.warn({ folder }, "the datastore driver mongodb is not supported; sqlite in the data folder is used");
  if (driver === "postgresql" && dsn === undefined)
    throw new ServerError("SERVER_CONFIG_INVALID", "datastore.dsn is missing: expected the URL of postgresql");
  const path = driver === "sqlite" && dsn !== undefined ? dsn : join(folder, "server.db");
  const sql: Sql = await (driver === "postgresql" && dsn !== undefined
    ? openSql({ driver, url: dsn, logger })
    : openSql({ driver: "sqlite", path }));
  closing.push(() => sql.close());
  const datastore = await Datastore.open(sql);
  closing.push(() => datastore.close());
  return datastore;
}

/** The log may be read by many, so the password goes into a file of its owner's. */
function keepFirstPassword({ firstAdministrator }: DispatcherServer, folder: string, { logger }: LogOutput): void {
  if (firstAdministrator === undefined) return;
  const { username, password } = firstAdministrator;
  const file = join(folder, "admin-password");
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  logger.warn(
    { username, file },
    "an administrator was created; the password is in the file, change it and remove the file",
  );
}

interface Signals {
  /** Resolves with the signal that asks to stop. */
  readonly stop: Promise<string>;
  attach(server: DispatcherServer): void;
  readonly forget: () => void;
}

function listenForSignals(log: LogOutput): Signals {
  let server: DispatcherServer | undefined;
  const handlers = new Map<NodeJS.Signals, () => void>();
  const reload = async (): Promise<void> => {
    try {
      await server?.plugins.reload();
      log.logger.info({}, "plugins reloaded");
    } catch (error) {
      log.logger.error({ err: error }, "the plugins could not be reloaded");
    }
  };
  const stop = new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) handlers.set(name, () => resolve(name));
  });
  handlers.set("SIGUSR2", () => log.reopen());
  handlers.set("SIGHUP", () => {
    log.reopen();
    void reload();
  });
  for (const [name, handler] of handlers) process.on(name, handler);
  return {
    stop,
    attach: (running) => void (server = running),
    forget: () => {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
