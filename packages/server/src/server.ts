// The server's life: its parts are made, its doors opened, its plugins started, and all of it ended in the reverse order.

import { randomUUID } from "node:crypto";
import { type UserBackend, UserStore } from "./auth/index.ts";
import { type Endpoints, openEndpoints } from "./connections/endpoints.ts";
import type { ConfigStore, Datastore } from "./datastore/index.ts";
import { deferred } from "./deferred.ts";
import type { Events } from "./events/index.ts";
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from "./options.ts";
import type { PluginManager } from "./plugins/index.ts";
import type { Services } from "./rpc/service.ts";
import type { SchemaRegistry } from "./schema/index.ts";
import { createParts, type ServerParts } from "./server-parts.ts";
import type { TaskEngine } from "./tasks/engine.ts";

/** A running server. */
export interface DispatcherServer {
  readonly services: Services;
  readonly events: Events;
  readonly tasks: TaskEngine;
  readonly plugins: PluginManager;
  readonly schemas: SchemaRegistry;
  readonly users: UserBackend;
  readonly datastore: Datastore;
  /** Ports by what they are for; undefined where none is open. */
  readonly ports: Endpoints["ports"];
  /** The administrator that was made on the first start, with the only copy of the password; undefined on later starts. */
  readonly firstAdministrator: { readonly username: string; readonly password: string } | undefined;
  /**
   * A token that logs in once within five minutes, without a password: `auth.login_once` takes it, and so does the console at `/login/once/<token>`.
   *
   * @throws {ServerError} AUTH_REFUSED when the user may not log in.
   */
  createLoginLink(username: string): Promise<string>;
  /** Resolves when the server has been closed, whoever wanted it: the holder of this object, or an administrator by a call. */
  readonly closed: Promise<void>;
  /**
   * Stops the server: nobody is let in any more, subscribers get `server.shutdown`, tasks have `deadlineMs` (default 5_000) to end, plugins are
   * stopped, connections are closed with WebSocket's code 1001 (their tokens work again after a restart), then everything is closed except the
   * datastores, which belong to whoever opened them. Idempotent.
   */
  close(deadlineMs?: number): Promise<void>;
}

/** How long clients may take to read the last frames. */
const farewellMs = 1_000;

/**
 * Starts a server, and resolves when its plugins are started. Clients can connect and log in before that: `management.wait_ready` waits for it,
 * and so does what they call of services that are not there yet.
 *
 * Rejects with the system's error when a port or the Unix socket cannot be opened; nothing is left open then.
 */
export async function createServer(given: ServerOptions): Promise<DispatcherServer> {
  const options = resolveServerOptions(given);
  const ready = deferred();
  const closed = deferred();
  let isReady = false;
  let ending: Promise<void> | undefined;
  const close = (deadlineMs = 5_000): Promise<void> => {
    isReady = false;
    ending ??= end(deadlineMs)
      .then(closed.resolve, closed.reject)
      .then(() => closed.promise);
    return ending;
  };
  const parts = await createParts(options, { ready: ready.promise, shutDown: () => void close() });
  const endpoints = await openDoors(options, parts, () => isReady);
  // Not earlier: a password that nobody gets to see because a port is taken would lock everybody out.
  const { users } = parts;
  const firstAdministrator =
    users instanceof UserStore ? await users.createFirstAdministrator(options.auth.adminGroup) : undefined;

  async function end(deadlineMs: number): Promise<void> {
    await endpoints.stop();
    await stopWork(parts, deadlineMs);
    for (const connection of parts.connections.list()) connection.goAway("the server stops");
    await endpoints.close(farewellMs);
    await stopParts(parts);
    if (given.dispatcher === undefined) await options.dispatcher.shutdown();
  }

  await parts.plugins.start();
  isReady = true;
  ready.resolve();
  void parts.events.emit("server.ready", { description: "the server is ready" });
  const { ports } = endpoints;
  const { services, events, tasks, plugins, schemas, logins } = parts;
  const createLoginLink = async (username: string): Promise<string> =>
    logins.createLink(await logins.principalOf(username));
  const { datastore } = options;
  const doors = { ports, firstAdministrator, createLoginLink, closed: closed.promise, close };
  return { services, events, tasks, plugins, schemas, users, datastore, ...doors };
}

async function openDoors(
  { listen, limits, clock, logger, debug, files }: ResolvedServerOptions,
  parts: ServerParts,
  isReady: () => boolean,
): Promise<Endpoints> {
  const { services, events, logins, connections, transfers, config } = parts;
  const burstSize = await burstSizeFrom(config);
  const opened = openEndpoints(listen, {
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
    maxUploadBytes: files.maxUploadBytes ?? 2 ** 30,
    isReady,
  });
  return opened.catch(async (error: unknown) => {
    await stopWork(parts, 0);
    await stopParts(parts);
    throw error;
  });
}

/** While clients are still there, so that they hear of it. */
async function stopWork({ events, tasks, plugins }: ServerParts, deadlineMs: number): Promise<void> {
  await events.emit("server.shutdown", { description: "the server stops" });
  await tasks.close(deadlineMs);
  await plugins.close();
}

async function stopParts({ services, events, logins, audit }: ServerParts): Promise<void> {
  await logins.close();
  await audit.settled();
  services.close();
  await events.close();
}

async function burstSizeFrom(config: ConfigStore): Promise<number> {
  const size = await config.get("middleware.streaming_burst_size", 16);
  return typeof size === "number" && Number.isInteger(size) && size > 0 ? Math.min(size, 10_000) : 1;
}
