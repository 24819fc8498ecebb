// The built-in services on parts without sockets.

import { TestClock } from "@switchboard/core/testing";
import { Authenticator, SessionLog, UserStore } from "../../src/auth/index.ts";
import type { ManagedConnection } from "../../src/connections/connection-table.ts";
import { type Login, Logins } from "../../src/connections/logins.ts";
import type { Events, EventSubscription } from "../../src/events/index.ts";
import { PluginManager } from "../../src/plugins/index.ts";
import { builtInServices, LogRing, type ServerHost, testService } from "../../src/services/index.ts";
import { TestCaller, TestOutlet } from "../events/kit.ts";
import { type TestHost, testHost } from "../plugins/kit.ts";

/** Somebody who is connected and can be logged out. */
export class TestConnection extends TestCaller implements ManagedConnection {
  readonly peer = { host: "192.0.2.1", port: 4711, isLocal: false, isTrusted: false };
  readonly outlet: TestOutlet = new TestOutlet();
  readonly reasons: string[] = [];
  readonly subscription: EventSubscription;
  readonly isClosed = false;
  login: Login | undefined;

  constructor(id: string, events: Events, fields?: ConstructorParameters<typeof TestCaller>[1]) {
    super(id, fields);
    this.subscription = events.connect(this, this.outlet);
  }

  setLogin(login: Login | undefined): void {
    this.login = login;
  }

  logout(reason: string): void {
    this.reasons.push(reason);
  }

  goAway(): void {}
}

/** All parts, and who is connected. */
export interface TestServer {
  readonly host: TestHost;
  readonly clock: TestClock;
  readonly users: UserStore;
  readonly logins: Logins;
  readonly ring: LogRing;
  readonly logControl: { level: string };
  /** True once somebody asked the server to stop. */
  readonly stopped: () => boolean;
  /** Connects somebody. */
  connect(id: string, fields?: ConstructorParameters<typeof TestCaller>[1]): TestConnection;
  /** Calls on behalf of somebody. */
  readonly as: (caller: TestCaller, method: string, ...args: readonly unknown[]) => Promise<unknown>;
}

export async function testServer(): Promise<TestServer> {
  const host = await testHost();
  const { datastore } = host;
  const clock = new TestClock();
  const users = await UserStore.open(datastore);
  await SessionLog.open(datastore, clock);
  // The datastore is shared by the tests of a file.
  for (const collection of ["users", "sessions"]) await datastore.deleteWhere(collection, null);
  const all: TestConnection[] = [];
  const logins = new Logins({ authenticator: new Authenticator({ users }), events: host.events, clock });
  const ring = new LogRing({ maxEntries: 10 });
  const logControl = { level: "info" };
  let isStopped = false;
  const parts: ServerHost = {
    startedAt: clock.now(),
    connections: {
      list: () => all,
      of: ({ id }) => all.find((one) => one.id === id),
      ofSession: (session) => all.find((one) => one.sessionId === session),
      get size() {
        return all.length;
      },
    },
    events: host.events,
    plugins: new PluginManager({ host }),
    users,
    access: {},
    logins,
    logStore: datastore,
    locks: host.locks,
    hooks: host.hooks,
    clock,
    logger: host.logger,
    logControl,
    logRing: ring,
    ready: Promise.resolve(),
    shutDown: () => (isStopped = true),
  };
  ring.announceIn(host.events);
  for (const [name, service] of Object.entries(builtInServices(parts))) host.services.register(name, service);
  host.services.register("test", testService());
  return {
    host,
    clock,
    users,
    logins,
    ring,
    logControl,
    stopped: () => isStopped,
    connect(id, fields) {
      const connection = new TestConnection(id, host.events, fields);
      all.push(connection);
      return connection;
    },
    as: (caller, method, ...args) => host.services.call(method, args, { caller }),
  };
}
