// The composition root: a configuration file in, a running gateway out. Parts are opened in the order in which they need each other and closed
// in reverse; what each of them does is its own business.

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Logger, systemClock } from "@switchboard/core";
import { createServer, type DispatcherServer } from "@switchboard/server";
import { Datastore } from "@switchboard/server/datastore";
import { openMessageStore } from "@switchboard/messaging/store";
import { openKeyValue, openSql } from "@switchboard/storage";
import { busOf, databaseOf, keyValueOf } from "./config/engines.ts";
import type { GatewayFile } from "./config/gateway-file.ts";
import { GatewayObserver } from "./observe/gateway-observer.ts";
import { LogBook } from "./observe/log-book.ts";
import { openBus } from "./run-worker.ts";
import { Steps } from "./steps.ts";
import { type GroupLogLine, readLogLine } from "./workers/group-log.ts";
import { openHosts } from "./workers/hosts.ts";
import { plansOf } from "./workers/plan.ts";
import { Roster } from "./workers/roster.ts";
import { openPlanStore } from "./workers/stored-plans.ts";

const dayMs = 86_400_000;

/** How a gateway is started. */
export interface GatewayOptions {
  readonly file: GatewayFile;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Hears which part is being started or stopped, and which worker is waited for. */
  readonly onProgress?: (text: string) => void;
}

/** A running gateway. */
export interface Gateway {
  /** Another one after each start. */
  readonly bootId: string;
  readonly roster: Roster;
  readonly server: DispatcherServer;
  /** The administrator that was made on the first start; undefined later. */
  readonly administrator: string | undefined;
  /** Where its password is, readable by nobody else. Undefined when there is no such file. */
  readonly passwordFile: string | undefined;
  /** Signs in once, as the administrator, for a few minutes. */
  readonly loginLink: string | undefined;
  /** Drains the workers and closes everything, in reverse. Idempotent; never rejects: what does not stop is logged, by name. */
  stop(): Promise<void>;
}

/**
 * Starts a gateway; resolves when its workers have been started. A worker that cannot start is tried again, and does not keep the others.
 *
 * Rejects with the error of the part that could not be opened (GATEWAY_STEP_TIMEOUT when it hung), everything being closed again.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { file, logger, clock = systemClock, onProgress = () => undefined } = options;
  const { gateway } = file.config;
  const steps = new Steps({
    startTimeoutMs: gateway["start-timeout"] * 1_000,
    stopTimeoutMs: gateway["drain-timeout"] * 1_000,
    clock,
    logger,
    onProgress,
  });
  try {
    return await openAll({ file, logger, clock, onProgress }, steps);
  } catch (error) {
    await steps.stopAll();
    throw error;
  }
}

async function openAll({ file, logger, clock, onProgress }: Required<GatewayOptions>, steps: Steps): Promise<Gateway> {
  // Its files hold passwords and people's messages.
  await mkdir(file.dataFolder, { recursive: true, mode: 0o700 });
  const plans = await plansOf(file);

  const busChoice = busOf(file);
  const bus = await steps.take({ name: "bus", start: () => openBus(busChoice, logger), stop: (one) => one.close() });
  const keyValueOptions = keyValueOf(file);
  const keyValue = await steps.take({
    name: "keyvalue",
    start: () => openKeyValue(keyValueOptions),
    stop: (one) => one.close(),
  });
  const sql = await steps.take({
    name: "database",
    start: () => openSql(databaseOf(file)),
    stop: (one) => one.close(),
  });
  const datastore = await steps.take({
    name: "datastore",
    start: () => Datastore.open(sql, { clock, logger }),
    stop: (one) => one.close(),
  });

  const { store: storeSection, supervisor } = file.config;
  const messageStore = storeSection.enabled
    ? await steps.take({
        name: "message store",
        start: () =>
          openMessageStore({ sql, clock, logger, retention: { keepMs: storeSection["retention-days"] * dayMs } }),
        stop: (one) => one.close(),
      })
    : undefined;
  const logs = new LogBook({ clock, output: logger });
  const observer = await steps.take({
    name: "observer",
    start: () => Promise.resolve(new GatewayObserver({ clock, logger, store: messageStore })),
    stop: (one) => one.close(),
  });
  const hosts = await steps.take({
    name: "groups",
    start: () =>
      Promise.resolve(
        openHosts({
          file,
          shared: { bus, keyValue, messageStore, observer, loggerOf: (worker) => logs.loggerOf(worker) },
          observer,
          busChoice,
          keyValueOptions,
          storeOptions: messageStore === undefined ? undefined : databaseOf(file),
          clock,
          logger,
          onLog: (group, line) => keepLine(readLogLine(group, line), logs, logger),
        }),
      ),
    stop: (one) => one.close(),
  });
  const store = await openPlanStore(datastore);
  const roster = await Roster.open({
    plans,
    store,
    hostOf: hosts.of,
    rules: {
      minMs: supervisor["restart-min"] * 1_000,
      maxMs: supervisor["restart-max"] * 1_000,
      maxRestarts: supervisor["max-restarts"],
      windowMs: supervisor["restart-window"] * 1_000,
    },
    clock,
    logger,
  });

  const server = await steps.take({
    name: "server",
    start: () => createServer({ datastore, logger, clock, listen: listenOf(file) }),
    stop: (one) => one.close(),
  });
  await steps.take({
    name: "workers",
    start: () => roster.startAll(),
    stop: () => roster.stopAll((name) => onProgress(`waiting for the messages in work at ${name}`)),
  });
  return {
    bootId: randomUUID(),
    roster,
    server,
    administrator: server.firstAdministrator?.username,
    passwordFile: await keepPassword(file.dataFolder, server.firstAdministrator?.password),
    loginLink: undefined,
    stop: () => steps.stopAll(),
  };
}

function listenOf({ source }: GatewayFile): { readonly websocketPort?: number; readonly frontendPort?: number } {
  const { values } = source.section("dispatcher");
  const portOf = (key: string): number | undefined => (typeof values[key] === "number" ? values[key] : undefined);
  const [websocketPort, frontendPort] = [portOf("websocket-port"), portOf("frontend-port")];
  return { ...(websocketPort !== undefined && { websocketPort }), ...(frontendPort !== undefined && { frontendPort }) };
}

/** Keeps a line of another process with those of this one. */
function keepLine({ level, worker, fields, message }: GroupLogLine, logs: LogBook, logger: Logger): void {
  logger[level](fields, message);
  logs.add({ at: Date.now(), level, worker: worker ?? String(fields["group"]), message, fields });
}

/** Writes the password of the first administrator where only its owner can read it; returns the file, if there is one. */
async function keepPassword(folder: string, password: string | undefined): Promise<string | undefined> {
  const path = join(folder, "admin-password");
  if (password !== undefined) await writeFile(path, `${password}\n`, { mode: 0o600 });
  return existsSync(path) ? path : undefined;
}
