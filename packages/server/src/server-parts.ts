// The parts of a server, made in the order in which they need each other. Nothing is opened to the outside here; server.ts does that.

import {
  AuditLog,
  Authenticator,
  KeptTokens,
  LoginThrottle,
  SessionLog,
  type UserBackend,
  UserStore,
} from "./auth/index.ts";
import { auditService } from "./connections/audit-service.ts";
import { authService } from "./connections/auth-service.ts";
import { ConnectionTable } from "./connections/connection-table.ts";
import { Logins } from "./connections/logins.ts";
import { rpcService } from "./connections/rpc-service.ts";
import { ConfigStore } from "./datastore/index.ts";
import { EventHub, startEntitySubscriber } from "./events/index.ts";
import { ConfinedFolders } from "./files/confined-folders.ts";
import { filesystemService } from "./files/filesystem-service.ts";
import { FileTransfers } from "./files/transfers.ts";
import type { ResolvedServerOptions } from "./options.ts";
import { CrashReports, Hooks, PluginManager } from "./plugins/index.ts";
import { discoveryService } from "./rpc/discovery.ts";
import { Offerings, pluginService } from "./rpc/plugin-service.ts";
import { ServiceRegistry } from "./rpc/service-registry.ts";
import { SchemaRegistry } from "./schema/index.ts";
import { builtInServices, Locks, testService } from "./services/index.ts";
import { TaskEngine, taskService, testTasks } from "./tasks/index.ts";

/** What a server consists of. */
export interface ServerParts {
  readonly services: ServiceRegistry;
  readonly events: EventHub;
  readonly schemas: SchemaRegistry;
  readonly audit: AuditLog;
  readonly config: ConfigStore;
  readonly users: UserBackend;
  readonly logins: Logins;
  readonly connections: ConnectionTable;
  readonly transfers: FileTransfers;
  readonly tasks: TaskEngine;
  readonly plugins: PluginManager;
}

/** What the parts need of the running server. */
export interface RunningServer {
  /** Resolves when all plugins are started. */
  readonly ready: Promise<void>;
  readonly shutDown: () => void;
}

type Basics = Pick<ServerParts, "services" | "events" | "schemas" | "audit" | "config">;

/** Makes the parts of a server, with its built-in services registered. */
export async function createParts(options: ResolvedServerOptions, running: RunningServer): Promise<ServerParts> {
  const { clock, logger, limits, debug, dispatcher, datastore, logStore } = options;
  const events = new EventHub({ clock, logger, maxMasks: limits.maxMasks });
  const schemas = new SchemaRegistry({ onChange: () => announceSchemas(events, schemas) });
  const audit = await AuditLog.open(logStore, { clock, logger });
  const { ready: started } = running;
  const services = new ServiceRegistry({ dispatcher, schemas, clock, logger, debug, audit, started, ...limits });
  const basics: Basics = { services, events, schemas, audit, config: await ConfigStore.open(datastore) };

  const users = options.auth.users ?? (await UserStore.open(datastore));
  const logins = await createLogins(options, users, basics);
  const connections = new ConnectionTable(limits);
  const transfers = new FileTransfers(logins.tokens);
  const access = { users, logins, connections, transfers };
  const work = await createWork(options, { ...basics, ...access }, running);

  registerOwnServices(options, { ...basics, ...access, ...work });
  startEntitySubscriber({ events, services, logger });
  return { ...basics, ...access, ...work };
}

async function createLogins(
  { auth, datastore, logStore, clock, logger }: ResolvedServerOptions,
  users: UserBackend,
  { events, audit, config }: Basics,
): Promise<Logins> {
  const authenticator = new Authenticator({
    users,
    rules: auth,
    throttle: new LoginThrottle({ clock, ...auth.throttle }),
    services: auth.services ?? [],
    clock,
  });
  const tokenLifetimeMs = (): Promise<number> | number => auth.tokenLifetimeMs ?? lifetimeFrom(config);
  return new Logins({
    authenticator,
    events,
    audit,
    keptTokens: await KeptTokens.open(datastore, { lifetimeMs: await tokenLifetimeMs(), clock, logger }),
    sessionLog: await SessionLog.open(logStore, clock),
    tokenLifetimeMs,
    clock,
    logger,
  });
}

/** Tasks and plugins, and the services that show and steer the server. */
async function createWork(
  options: ResolvedServerOptions,
  parts: Omit<ServerParts, "tasks" | "plugins">,
  running: RunningServer,
): Promise<Pick<ServerParts, "tasks" | "plugins">> {
  const { clock, logger, datastore, logStore } = options;
  const { services, events, schemas, config: configstore } = parts;
  const crashReports = new CrashReports({ folder: options.crashFolder, clock, logger });
  const hooks = new Hooks({ logger, crashReports });
  const locks = new Locks(clock);
  const reportError = (title: string, error: unknown): void => {
    logger.error({ err: error }, title);
    void crashReports.write(title, error);
  };
  const tasks = new TaskEngine({ services, events, schemas, clock, logger, limits: options.tasks, reportError });
  await tasks.start({ datastore, datastoreLog: logStore, configstore });

  const stores = { datastore, logStore, configstore };
  const { config, pushStatus } = options;
  const host = {
    services,
    events,
    tasks,
    schemas,
    ...stores,
    locks,
    hooks,
    crashReports,
    logger,
    clock,
    config,
    pushStatus,
  };
  const plugins = new PluginManager({
    host,
    directories: options.pluginDirs,
    plugins: options.plugins,
    loadDisabled: options.loadDisabled,
  });
  const { logControl, logRing } = options;
  const { connections, users, logins } = parts;
  const steered = {
    connections,
    events,
    plugins,
    users,
    access: options.auth,
    logins,
    logStore,
    locks,
    hooks,
    clock,
    logger,
    logControl,
    logRing,
  };
  const builtIn = builtInServices({ startedAt: clock.now(), ...steered, ...running });
  for (const [name, definition] of Object.entries(builtIn)) services.register(name, definition);
  logRing?.announceIn(events);
  return { tasks, plugins };
}

/** The services around calls themselves. */
function registerOwnServices({ limits, files, logStore, withTests }: ResolvedServerOptions, parts: ServerParts): void {
  const { services, schemas, events, logins, connections, transfers, tasks } = parts;
  const offerings = { services, schemas, events, maxWaitingCalls: limits.maxWaitingCalls };
  services.register("plugin", pluginService(new Offerings(offerings), offerings));
  services.register("auth", authService(logins));
  services.register("audit", auditService(logStore));
  services.register("task", taskService(tasks, transfers));
  services.register("rpc", rpcService({ services, schemas, connections }));
  services.register(
    "discovery",
    discoveryService({ services, schemas, tasks: () => tasks.handlers.list(), eventTypes: () => eventTypesOf(events) }),
  );
  if (withTests) {
    services.register("test", testService());
    for (const [name, taskClass] of Object.entries(testTasks)) tasks.handlers.register(name, taskClass);
  }
  if (files.folders.length > 0) {
    services.register("filesystem", filesystemService(new ConfinedFolders(files.folders), transfers));
  }
}

/** As `discovery.get_event_types` answers. */
function eventTypesOf(events: EventHub): Readonly<Record<string, unknown>> {
  const types = [...events.types()].map(([name, { schema, ...type }]) => [
    name,
    schema === undefined ? type : { ...type, event_schema: schema },
  ]);
  return Object.fromEntries(types) as Readonly<Record<string, unknown>>;
}

async function lifetimeFrom(config: ConfigStore): Promise<number> {
  const seconds = await config.get("middleware.token_lifetime", 600);
  return typeof seconds === "number" && seconds > 0 ? seconds * 1000 : 600_000;
}

// Many definitions come at once, when plugins are loaded: one event tells of them all.
const announcing = new WeakSet<EventHub>();

function announceSchemas(events: EventHub, schemas: SchemaRegistry): void {
  if (announcing.has(events)) return;
  announcing.add(events);
  setImmediate(() => {
    announcing.delete(events);
    void events.emit("server.schema_document_changed", { hash: schemas.hash() });
  });
}
