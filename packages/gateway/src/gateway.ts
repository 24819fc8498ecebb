// The composition root: a configuration file in, a running gateway out. Parts are opened in the order in which they need each other and closed
// in reverse; what each of them does is its own business.

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Logger, systemClock } from "@switchboard/core";
import { newMessageId } from "@switchboard/messaging";
import { createServer, type DispatcherServer } from "@switchboard/server";
import { shutdownTimeoutMs } from "@switchboard/server/config";
import { backupPlugin } from "./backup/backup-plugin.ts";
import { builtInClasses } from "./classes.ts";
import { foldersOf } from "./config/engines.ts";
import type { GatewayFile } from "./config/gateway-file.ts";
import { prepareDataFolder } from "./data-folder.ts";
import { type Engines, openEngines } from "./engines.ts";
import type { GatewayOptions, ResolvedOptions } from "./gateway-options.ts";
import { probesOf } from "./http/probes.ts";
import { startObservabilityServer } from "./http/observability-server.ts";
import { GatewayObserver } from "./observe/gateway-observer.ts";
import { LogBook } from "./observe/log-book.ts";
import { readStatusQueues } from "./observe/status-queues.ts";
import { startTracing } from "./observe/tracing.ts";
import { serverOptionsOf } from "./server-options.ts";
import type { GatewayIdentity, GatewayView } from "./services/gateway-view.ts";
import { gatewayPlugins } from "./services/index.ts";
import { Steps } from "./steps.ts";
import { version } from "./version.ts";
import { createView } from "./view.ts";
import { type GroupLogLine, readLogLine } from "./workers/group-log.ts";
import { type Hosts, openHosts } from "./workers/hosts.ts";
import { plansOf } from "./workers/plan.ts";
import { Roster, type RosterReload } from "./workers/roster.ts";
import { openPlanStore } from "./workers/stored-plans.ts";
import type { RestartRules } from "./workers/supervised-worker.ts";

/** A running gateway. */
export interface Gateway {
  /** Another one after each start. */
  readonly bootId: string;
  readonly roster: Roster;
  readonly server: DispatcherServer;
  /** Port of metrics and health; undefined where none is open. */
  readonly observabilityPort: number | undefined;
  /** Where its password is, readable by nobody else. Undefined when there is no such file. */
  readonly passwordFile: string | undefined;
  /**
   * Takes over the workers of a file that was read anew: starts new ones, stops those that are gone, restarts those that changed. What was changed
   * at run time stays as it is. Everything is checked before anything is touched; other sections count from the next start.
   *
   * Rejects with what is wrong with a worker, nothing being changed then.
   */
  reload(file: GatewayFile): Promise<RosterReload>;
  /** Drains the workers and closes everything, in reverse. Idempotent; never rejects: what does not stop is logged, by name. */
  stop(): Promise<void>;
}

/**
 * Starts a gateway; resolves when its workers have been started. A worker that cannot start is tried again, and does not keep the others.
 *
 * Rejects with the error of the part that could not be opened (GATEWAY_STEP_TIMEOUT when it hung), everything being closed again.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { file, logger, ports = {}, clock = systemClock, onProgress = () => undefined, consoleFolder } = options;
  const { gateway } = file.config;
  const steps = new Steps({
    startTimeoutMs: gateway["start-timeout"] * 1_000,
    stopTimeoutMs: gateway["drain-timeout"] * 1_000,
    clock,
    logger,
    onProgress,
  });
  try {
    return await openAll(
      { file, logger, ports, clock, onProgress, ...(consoleFolder !== undefined && { consoleFolder }) },
      steps,
    );
  } catch (error) {
    await steps.stopAll();
    throw error;
  }
}

async function openAll(options: ResolvedOptions, steps: Steps): Promise<Gateway> {
  const { file, logger, clock, onProgress } = options;
  const startedAt = clock.now();
  if (prepareDataFolder(file.dataFolder).isOpenToOthers) {
    logger.warn({ folder: file.dataFolder }, "others may read the data folder; chmod 700 keeps them out");
  }
  // Before anything is opened, since it may be wrong.
  const plans = await plansOf(file);
  const engines = await openEngines(options, steps);
  const { bus, datastore, messageStore } = engines;
  const { logs, observer, hosts } = await openHouse(options, engines, steps);
  const roster = await Roster.open({
    plans,
    store: await openPlanStore(datastore),
    hostOf: hosts.of,
    rules: restartRulesOf(file),
    clock,
    logger,
  });

  const bootId = randomUUID();
  // Why messages do not get through yet, or any more.
  let phase: string | undefined = "the workers are being started";
  const current = { file };
  const view = createView({
    current,
    roster,
    hostOf: hosts.of,
    identity: identityOf(file, { bootId, startedAt, ports: async () => portsOf(await opening) }),
    bus,
    store: messageStore,
    probes: [
      ...probesOf({ ...engines, folders: foldersOf(file) }, clock),
      { name: "gateway", check: () => (phase === undefined ? Promise.resolve() : Promise.reject(new Error(phase))) },
    ],
    logs,
    observer,
    classes: builtInClasses(),
    clock,
    logger,
    newId: newMessageId,
  });
  const opening: Promise<DispatcherServer> = steps.take({
    name: "server",
    start: async () =>
      createServer(
        serverOptionsOf(options, datastore, [
          ...gatewayPlugins(view),
          backupPlugin({ current, bus, plans: () => roster.workers.map(({ plan }) => plan) }),
        ]),
      ),
    stop: (one) => one.close(shutdownTimeoutMs(file.dispatcher)),
  });
  const server = await opening;
  const { port: observabilityPort } = await watch(view, file, steps);
  await steps.take({
    name: "statuses",
    start: () => readStatusQueues({ bus, view, logger }),
    stop: (stop) => stop(),
  });
  const passwordFile = await keepPassword(file.dataFolder, server.firstAdministrator?.password);
  await steps.take({
    name: "workers",
    // Started below: each has a deadline of its own, and one that hangs does not keep the gateway from running.
    start: () => undefined,
    stop: () => {
      phase = "it is being stopped";
      return roster.stopAll((name) => onProgress(`waiting for the messages in work at ${name}`));
    },
    waitsFor: () => roster.unsettled.join(", "),
  });
  await roster.startAll((name) => onProgress(`starting ${name}`));
  phase = undefined;
  const reload = async (changed: GatewayFile): Promise<RosterReload> => {
    const reloaded = await roster.reload(await plansOf(changed));
    current.file = changed;
    return reloaded;
  };
  return { bootId, roster, server, observabilityPort, passwordFile, reload, stop: () => steps.stopAll() };
}

/** Opens what workers live in: where they log, who watches them, and the processes that they run in. */
async function openHouse(
  { file, logger, clock }: ResolvedOptions,
  engines: Engines,
  steps: Steps,
): Promise<{ readonly logs: LogBook; readonly observer: GatewayObserver; readonly hosts: Hosts }> {
  const { bus, keyValue, messageStore } = engines;
  const logs = await steps.take({
    name: "logs",
    start: () => new LogBook({ clock, output: logger }),
    stop: (one) => one.close(),
  });
  const observer = await steps.take({
    name: "observer",
    start: () => new GatewayObserver({ clock, logger, store: messageStore }),
    stop: (one) => one.close(),
  });
  const shared = { bus, keyValue, messageStore, observer, loggerOf: (worker: string) => logs.loggerOf(worker) };
  const onLog = (group: string, line: string): void => keepLine(readLogLine(group, line), { logs, logger, clock });
  const hosts = await steps.take({
    name: "groups",
    start: () => openHosts({ file, shared, observer, engines, clock, logger, onLog }),
    stop: (one) => one.close(),
  });
  return { logs, observer, hosts };
}

/** Opens what machines watch the gateway by, as far as the file asks for it. */
async function watch(
  view: GatewayView,
  { config: { observability } }: GatewayFile,
  steps: Steps,
): Promise<{ readonly port: number | undefined }> {
  const { port, host, tracing } = observability;
  if (tracing) {
    await steps.take({
      name: "tracing",
      start: async () => {
        const stop = await startTracing({ observer: view.observer });
        if (stop === undefined) view.logger.warn({}, "no spans are made: @opentelemetry/api is not installed");
        return stop;
      },
      stop: (stop) => stop?.(),
    });
  }
  if (port === null) return { port: undefined };
  return steps.take({
    name: "observability",
    start: () => startObservabilityServer(view, { host, port }),
    stop: (one) => one.close(),
  });
}

function restartRulesOf({ config: { gateway, supervisor } }: GatewayFile): RestartRules {
  return {
    minMs: supervisor["restart-min"] * 1_000,
    maxMs: supervisor["restart-max"] * 1_000,
    maxRestarts: supervisor["max-restarts"],
    windowMs: supervisor["restart-window"] * 1_000,
    startTimeoutMs: gateway["start-timeout"] * 1_000,
  };
}

function identityOf(
  { config, dataFolder }: GatewayFile,
  rest: Pick<GatewayIdentity, "bootId" | "startedAt" | "ports">,
): GatewayIdentity {
  const { gateway, bus, datastore, keyvalue } = config;
  return {
    name: gateway.name,
    environment: gateway.environment,
    version,
    drivers: { bus: bus.driver, datastore: datastore.driver, keyvalue: keyvalue.driver },
    folders: { data: dataFolder },
    ...rest,
  };
}

function portsOf({ ports }: DispatcherServer): Readonly<Record<string, number>> {
  return {
    ...(ports.websocket !== undefined && { control: ports.websocket }),
    ...(ports.frontend !== undefined && { console: ports.frontend }),
  };
}

/** Keeps a line of another process with those of this one. */
function keepLine(
  { level, worker, fields, message }: GroupLogLine,
  { logs, logger, clock }: { readonly logs: LogBook; readonly logger: Logger; readonly clock: Clock },
): void {
  logger[level](fields, message);
  logs.add({ at: clock.now(), level, worker: worker ?? String(fields["group"]), message, fields });
}

/** Writes the password of the first administrator where only its owner can read it; returns the file, if there is one. */
async function keepPassword(folder: string, password: string | undefined): Promise<string | undefined> {
  const path = join(folder, "admin-password");
  if (password !== undefined) await writeFile(path, `${password}\n`, { mode: 0o600 });
  return existsSync(path) ? path : undefined;
}
