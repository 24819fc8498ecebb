// The composition of a server: its parts are made here, in the order in which they need each other, and ended in the reverse order.

import { randomUUID } from "node:crypto";
import { Authenticator, LoginThrottle, SessionLog, type UserBackend, UserStore } from "./auth/index.ts";
import { authService } from "./connections/auth-service.ts";
import { ConnectionTable } from "./connections/connection-table.ts";
import { type Endpoints, openEndpoints } from "./connections/endpoints.ts";
import { Logins } from "./connections/logins.ts";
import { rpcService } from "./connections/rpc-service.ts";
import { ConfigStore, type Datastore } from "./datastore/index.ts";
import { EventHub, type Events } from "./events/index.ts";
import { ConfinedFolders } from "./files/confined-folders.ts";
import { filesystemService } from "./files/filesystem-service.ts";
import { FileTransfers } from "./files/transfers.ts";
import { resolveServerOptions, type ServerOptions } from "./options.ts";
import { discoveryService } from "./rpc/discovery.ts";
import { Offerings, pluginService } from "./rpc/plugin-service.ts";
import { ServiceRegistry } from "./rpc/service-registry.ts";
import type { Services } from "./rpc/service.ts";
import { SchemaRegistry } from "./schema/index.ts";

/** A running server. */
export interface DispatcherServer {
  readonly services: Services;
  readonly events: Events;
  readonly schemas: SchemaRegistry;
  readonly users: UserBackend;
  readonly datastore: Datastore;
  /** Ports by what they are for; undefined where none is open. */
  readonly ports: Endpoints["ports"];
  /** The administrator that was made on the first start, with the only copy of the password; undefined on later starts. */
  readonly firstAdministrator: { readonly username: string; readonly password: string } | undefined;
  /**
   * Stops the server: nobody is let in any more, subscribers get `server.shutdown`, calls and tasks have `deadlineMs` (default 5_000) to end, then
   * everything is closed except the datastores, which belong to whoever opened them. Idempotent.
   */
  close(deadlineMs?: number): Promise<void>;
}

/**
 * Starts a server.
 *
 * Rejects with the system's error when a port or the Unix socket cannot be opened; nothing is left open then.
 */
export async function createServer(given: ServerOptions): Promise<DispatcherServer> {
  const options = resolveServerOptions(given);
  const { datastore, logStore, clock, logger, limits, auth, debug, dispatcher } = options;

  const events = new EventHub({ clock, logger, maxMasks: limits.maxMasks });
  const schemas = new SchemaRegistry({ onChange: () => announceSchemas(events, schemas) });
  const services = new ServiceRegistry({ dispatcher, schemas, clock, logger, debug });
  const config = await ConfigStore.open(datastore);

  const users = auth.users ?? (await UserStore.open(datastore));
  const firstAdministrator =
    users instanceof UserStore ? await users.createFirstAdministrator(auth.adminGroup) : undefined;
  const logins = new Logins({
    authenticator: new Authenticator({
      users,
      rules: auth,
      throttle: new LoginThrottle({ clock, ...auth.throttle }),
      services: auth.services ?? [],
    }),
    events,
    sessionLog: await SessionLog.open(logStore, clock),
    tokenLifetimeMs: () => auth.tokenLifetimeMs ?? lifetimeFrom(config),
    clock,
    logger,
  });

  const connections = new ConnectionTable(limits);
  const offerings = { services, schemas, events, maxWaitingCalls: limits.maxWaitingCalls };
  services.register("plugin", pluginService(new Offerings(offerings), offerings));
  services.register("auth", authService(logins));
  services.register("rpc", rpcService({ services, schemas, connections }));
  services.register(
    "discovery",
    discoveryService({ services, schemas, tasks: () => ({}), eventTypes: () => Object.fromEntries(events.types()) }),
  );

  const transfers = new FileTransfers(logins.tokens);
  if (options.files.folders.length > 0) {
    services.register("filesystem", filesystemService(new ConfinedFolders(options.files.folders), transfers));
  }

  let isReady = false;
  const burstSize = await burstSizeFrom(config);
  const endpoints = await openEndpoints(options.listen, {
    services,
    events,
    logins,
    connections,
    limits,
    burstSize: () => burstSize,
    clock,
    logger,
    debug,
    bootId: randomUUID(),
    transfers,
    maxUploadBytes: options.files.maxUploadBytes ?? 2 ** 30,
    isReady: () => isReady,
  });
  isReady = true;
  void events.emit("server.ready", { description: "the server is ready" });

  const end = async (): Promise<void> => {
    isReady = false;
    await endpoints.stop();
    await events.emit("server.shutdown", { description: "the server stops" });
    for (const connection of connections.list()) connection.logout("the server stops");
    await endpoints.close();
    logins.tokens.clear();
    services.close();
    await events.close();
    if (given.dispatcher === undefined) await dispatcher.shutdown();
  };
  let ended: Promise<void> | undefined;
  return {
    services,
    events,
    schemas,
    users,
    datastore,
    ports: endpoints.ports,
    firstAdministrator,
    close: () => (ended ??= end()),
  };
}

async function lifetimeFrom(config: ConfigStore): Promise<number> {
  const seconds = await config.get("middleware.token_lifetime", 600);
  return typeof seconds === "number" && seconds > 0 ? seconds * 1000 : 600_000;
}

async function burstSizeFrom(config: ConfigStore): Promise<number> {
  const size = await config.get("middleware.streaming_burst_size", 16);
  return typeof size === "number" && Number.isInteger(size) && size > 0 ? Math.min(size, 10_000) : 1;
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
