// The parts of a server that connections need, without datastore and sockets, and clients to connect to them.

import { TestClock } from "@switchboard/core/testing";
import { Password, type ServerFrame } from "@switchboard/protocol";
import {
  Authenticator,
  type KeptTokens,
  LoginThrottle,
  type SessionLog,
  type User,
  type UserBackend,
} from "../../src/auth/index.ts";
import type { ConnectionContext } from "../../src/connections/client-connection.ts";
import { ConnectionTable } from "../../src/connections/connection-table.ts";
import { type LimitOptions, resolveLimits } from "../../src/connections/limits.ts";
import { Logins } from "../../src/connections/logins.ts";
import type { Peer } from "../../src/connections/wire.ts";
import { EventHub } from "../../src/events/index.ts";
import { discoveryService } from "../../src/rpc/discovery.ts";
import { type Caller, ServiceRegistry } from "../../src/rpc/index.ts";
import { Offerings, pluginService } from "../../src/rpc/plugin-service.ts";
import { SchemaRegistry } from "../../src/schema/index.ts";
import { createMemoryConnection, type MemoryClient, unixPeer } from "../../src/testing/memory-connection.ts";

const everybody: Readonly<Record<string, User & { readonly password: string }>> = {
  root: { username: "root", groups: ["wheel"], password: "correct" },
  ada: { username: "ada", groups: ["operators"], password: "lovelace" },
  guest: { username: "guest", groups: ["nobody"], password: "guest" },
};

/** What a {@link newServer} is. */
export interface TestServer {
  readonly context: ConnectionContext & { readonly services: ServiceRegistry };
  readonly clock: TestClock;
  readonly schemas: SchemaRegistry;
  /** Names and args of all events so far. */
  readonly events: [name: string, args: Readonly<Record<string, unknown>>][];
  /** Who there is, by name; may be changed. */
  readonly people: Record<string, User & { readonly password: string }>;
  /** A client that is not logged in. */
  connect(peer?: Peer): MemoryClient;
  /** A client that has logged in by password. */
  logIn(username?: string, peer?: Peer): Promise<MemoryClient>;
  /** A local daemon. */
  daemon(name?: string): Promise<MemoryClient>;
}

interface TestServerOptions {
  readonly limits?: LimitOptions;
  readonly debug?: boolean;
  readonly sessionLog?: SessionLog;
  readonly burstSize?: number;
  readonly keptTokens?: KeptTokens;
  readonly clock?: TestClock;
  readonly tokenLifetimeMs?: () => number;
}

/** The services that most tests call, besides `discovery` and `plugin`. */
const testMethods = {
  ping: { handler: () => "pong" },
  who: { passSender: true, handler: (sender?: Caller) => sender?.principal?.name ?? null },
  address: { passSender: true, unauthenticated: true, handler: (sender?: Caller) => sender?.address },
  echo: { handler: (...args: unknown[]) => args },
  add: { accepts: [{ type: "integer", mandatory: true }, { type: "integer" }], handler: (a: number, b = 0) => a + b },
  enable: {
    passSender: true,
    handler: (sender?: Caller) => {
      sender?.features.add("streaming_responses");
      return null;
    },
  },
};

/** Puts a server together. */
export function newServer({
  limits: given = {},
  debug = false,
  sessionLog,
  burstSize = 16,
  keptTokens,
  clock = new TestClock(),
  tokenLifetimeMs = () => 600_000,
}: TestServerOptions = {}): TestServer {
  const limits = resolveLimits(given);
  const hub = new EventHub({ clock, maxMasks: limits.maxMasks });
  const events: TestServer["events"] = [];
  const emit = hub.emit.bind(hub);
  hub.emit = (name, args) => {
    events.push([name, args ?? {}]);
    return emit(name, args);
  };
  const schemas = new SchemaRegistry();
  const services = new ServiceRegistry({ schemas, clock, debug, maxCallsPerSecond: limits.maxCallsPerSecond });
  const people: TestServer["people"] = { ...everybody };
  const users: UserBackend = {
    find: async (username) => people[username],
    authenticate: async (username, password) =>
      people[username]?.password === password ? people[username] : undefined,
  };
  const authenticator = new Authenticator({
    users,
    rules: { groupRoles: { operators: ["operator"] } },
    throttle: new LoginThrottle({ clock }),
    services: ["daemon", "networkd"],
  });
  const logins = new Logins({
    authenticator,
    events: hub,
    sessionLog,
    keptTokens,
    clock,
    tokenLifetimeMs,
  });
  const connections = new ConnectionTable(limits);
  const offerings = { services, schemas, events: hub, maxWaitingCalls: limits.maxWaitingCalls };
  services.register("plugin", pluginService(new Offerings(offerings), offerings));
  services.register("discovery", discoveryService({ services, schemas, tasks: () => ({}), eventTypes: () => ({}) }));
  services.register("test", { methods: testMethods });
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const context = {
    services,
    events: hub,
    logins,
    connections,
    limits,
    burstSize: () => burstSize,
    clock,
    logger,
    debug,
  };
  const connect = (peer?: Peer): MemoryClient => createMemoryConnection(context, peer);
  return {
    context,
    clock,
    schemas,
    events,
    people,
    connect,
    logIn: async (username = "root", peer) => {
      const client = connect(peer);
      await authenticate(client, username, people[username]?.password ?? "");
      return client;
    },
    daemon: async (name = "daemon") => {
      const client = connect(unixPeer);
      client.send({ namespace: "rpc", name: "auth_service", id: "auth", args: { name } });
      await client.next(({ id }) => id === "auth");
      return client;
    },
  };
}

/** Logs in by password, and resolves with the answer. */
export function authenticate(client: MemoryClient, username: string, password: string): Promise<ServerFrame> {
  client.send({ namespace: "rpc", name: "auth", id: "auth", args: { username, password: new Password(password) } });
  return client.next(({ id }) => id === "auth");
}

/** Logs in by token, and resolves with the answer. */
export function authenticateByToken(client: MemoryClient, token: string): Promise<ServerFrame> {
  client.send({ namespace: "rpc", name: "auth_token", id: "auth", args: { token } });
  return client.next(({ id }) => id === "auth");
}

/** The token in the answer to a login. */
export function tokenOf(frame: ServerFrame): string {
  return String((frame.args as readonly unknown[])[0]);
}

/** Lets everything that is ready happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
