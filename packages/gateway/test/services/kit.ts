// A small gateway for tests of its services: real workers, roster, bus, message store, observer and control server, without ports and processes.
// Who calls is an administrator unless told otherwise, so that arguments and roles are checked as on the wire.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "@switchboard/bus";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger, systemClock } from "@switchboard/core";
import { type JsonObject, newMessageId } from "@switchboard/messaging";
import { type MessageStore, openMessageStore } from "@switchboard/messaging/store";
import { createServer, type DispatcherServer } from "@switchboard/server";
import { Datastore } from "@switchboard/server/datastore";
import { type KeyValueStore, openKeyValue, openSql } from "@switchboard/storage";
import { tempFolder, until } from "@switchboard/testkit";
import { stringify } from "yaml";
import { builtInClasses } from "../../src/classes.ts";
import { loadGatewayFile } from "../../src/config/gateway-file.ts";
import { probesOf } from "../../src/http/probes.ts";
import { GatewayObserver } from "../../src/observe/gateway-observer.ts";
import { LogBook } from "../../src/observe/log-book.ts";
import type { GatewayView } from "../../src/services/gateway-view.ts";
import { gatewayPlugins } from "../../src/services/index.ts";
import { createView } from "../../src/view.ts";
import { LocalHost } from "../../src/workers/local-host.ts";
import { plansOf } from "../../src/workers/plan.ts";
import { Roster } from "../../src/workers/roster.ts";
import { openPlanStore } from "../../src/workers/stored-plans.ts";

/** A gateway under test. */
export interface TestGateway {
  readonly view: GatewayView;
  readonly store: MessageStore;
  readonly server: DispatcherServer;
  readonly datastore: Datastore;
  readonly keyValue: KeyValueStore;
  /** Calls a method as somebody with these roles; default an administrator. */
  readonly call: <Result>(method: string, args?: readonly unknown[], roles?: readonly string[]) => Promise<Result>;
  /** Runs a task to its end and gives its result. */
  readonly run: (task: string, argument: object) => Promise<unknown>;
  /** Says something as a person of the line `sms`, and resolves with the row of the answer. */
  readonly say: (content: string, fields?: object) => Promise<string>;
  readonly stop: () => Promise<void>;
}

const storing = { middleware: [{ keep: { class: "StoringMiddleware" } }] };
const gauge = { max_deliveries: 2, retry_delay: 0 };

/** The configuration that the tests begin with: two lines, a keyword router, two applications. */
export const configuration: Readonly<Record<string, { readonly className: string; readonly config: JsonObject }>> = {
  sms: {
    className: "LoopbackTransport",
    config: { transport_name: "sms", address: "8000", publish_status: true, ...storing },
  },
  ussd: {
    className: "LoopbackTransport",
    config: { transport_name: "ussd", kind: "ussd", address: "*120*1#", ...storing },
  },
  keywords: {
    className: "BaseDispatchWorker",
    config: {
      router_class: "ContentKeywordRouter",
      dispatcher_name: "keywords",
      transport_names: ["sms", "ussd"],
      exposed_names: ["echo", "reverse"],
      rules: [{ app: "reverse", keyword: "turn" }],
      fallback_application: "echo",
      transport_mappings: { "8000": "sms", "*120*1#": "ussd" },
      ...gauge,
    },
  },
  echo: { className: "EchoWorker", config: { transport_name: "echo", ...gauge } },
  reverse: { className: "ReverseWorker", config: { transport_name: "reverse", password: "hunter2", ...gauge } },
};

/** How it is started. */
export interface TestGatewayOptions {
  /** Workers instead of {@link configuration}. */
  readonly workers?: typeof configuration;
  /** Gives the bus for the workers and services instead of the one in memory, for tests of what fails. */
  readonly wrapBus?: (bus: Bus) => Bus;
}

/** Starts it. */
export async function startTestGateway({
  workers = configuration,
  wrapBus = (bus) => bus,
}: TestGatewayOptions = {}): Promise<TestGateway> {
  const clock = systemClock;
  const logger = silentLogger;
  const folder = tempFolder();
  const bus = wrapBus(createMemoryBus({ clock }));
  const sql = await openSql({ driver: "sqlite", path: join(folder, "gateway.db") });
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const store = await openMessageStore({ sql, clock });
  const observer = new GatewayObserver({ clock, logger, store });
  const logs = new LogBook({ clock, output: logger });
  const path = join(folder, "switchboard.yaml");
  await writeFile(path, stringify({ workers: fileWorkers(workers) }));
  const file = await loadGatewayFile(path);
  const datastore = await Datastore.open(sql, { clock, logger });
  const host = new LocalHost({
    bus,
    keyValue,
    messageStore: store,
    observer,
    loggerOf: (worker) => logs.loggerOf(worker),
  });
  const roster = await Roster.open({
    plans: await plansOf(file),
    store: await openPlanStore(datastore),
    hostOf: () => host,
    rules: { minMs: 50, maxMs: 1_000, maxRestarts: 3, windowMs: 60_000, startTimeoutMs: 30_000 },
    clock,
    logger,
  });
  const view = createView({
    current: { file },
    roster,
    hostOf: () => host,
    identity: {
      name: "test",
      environment: "test",
      version: "0.1.0",
      bootId: "boot",
      startedAt: clock.now(),
      drivers: { bus: "memory", datastore: "sqlite", keyvalue: "memory" },
      folders: { data: folder },
      ports: () => Promise.resolve({}),
    },
    bus,
    store,
    probes: probesOf({ bus, datastore, keyValue, messageStore: store }, clock),
    logs,
    observer,
    classes: builtInClasses(),
    clock,
    logger,
    newId: newMessageId,
  });
  await roster.startAll();
  const listen = { websocketPort: null, frontendPort: null };
  const server = await createServer({ datastore, logger, clock, listen, plugins: gatewayPlugins(view) });
  const call = async <Result>(method: string, args: readonly unknown[] = [], roles: readonly string[] = ["admin"]) =>
    (await server.services.call(method, structuredClone(args), { caller: callerWith(roles) })) as Result;
  return {
    view,
    store,
    server,
    datastore,
    keyValue,
    call,
    run: (task, argument) => server.tasks.run(task, [argument]),
    say: async (content, fields = {}) => {
      const id = await call<string>("send.in", [{ channel: "sms", from_addr: "+271", content, ...fields }]);
      const answer = await until(async () => (await store.read.answersTo(id))[0]);
      await until(async () => (await store.read.eventsOf(answer.message.message_id)).length === 2);
      return id;
    },
    stop: async () => {
      await server.close(0);
      await roster.stopAll(() => undefined);
      await observer.close();
      logs.close();
      await bus.close();
      await store.close();
      datastore.close();
      await keyValue.close();
      await sql.close();
    },
  };
}

function fileWorkers(workers: typeof configuration): object {
  return Object.fromEntries(
    Object.entries(workers).map(([name, { className, config }]) => [name, { class: className, config }]),
  );
}

function callerWith(roles: readonly string[]) {
  return {
    id: "test",
    address: "192.0.2.1,1",
    resource: "test",
    principal: { kind: "user", name: "root", roles: new Set(roles) },
    sessionId: 1,
    features: new Set<never>(),
    onClose: () => () => undefined,
  } as const;
}
