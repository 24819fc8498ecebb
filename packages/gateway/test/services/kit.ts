// A small gateway for tests of its services: real workers, bus, message store, observer and control server, without ports, processes or files of
// configuration. Who calls is an administrator unless told otherwise, so that arguments and roles are checked as on the wire.

import { join } from "node:path";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger, systemClock } from "@switchboard/core";
import {
  ClassRegistry,
  classKinds,
  createWorker,
  type JsonObject,
  messagingClasses,
  newMessageId,
  type Worker,
} from "@switchboard/messaging";
import { ConfigSource } from "@switchboard/messaging/config";
import { type MessageStore, openMessageStore } from "@switchboard/messaging/store";
import { createServer, type DispatcherServer } from "@switchboard/server";
import { Datastore } from "@switchboard/server/datastore";
import { openKeyValue, openSql } from "@switchboard/storage";
import { tempFolder, until } from "@switchboard/testkit";
import { transportClasses } from "@switchboard/transports";
import { GatewayObserver } from "../../src/observe/gateway-observer.ts";
import { LogBook } from "../../src/observe/log-book.ts";
import type { GatewayView, WorkerChange, WorkersChanged, WorkerView } from "../../src/services/gateway-view.ts";
import { gatewayPlugins } from "../../src/services/index.ts";

/** A gateway under test. */
export interface TestGateway {
  readonly view: GatewayView;
  readonly store: MessageStore;
  readonly server: DispatcherServer;
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

/** Starts it. */
export async function startTestGateway(): Promise<TestGateway> {
  const clock = systemClock;
  const logger = silentLogger;
  const bus = createMemoryBus({ clock });
  const sql = await openSql({ driver: "sqlite", path: join(tempFolder(), "gateway.db") });
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const store = await openMessageStore({ sql, clock });
  const observer = new GatewayObserver({ clock, logger, store });
  const classes = new ClassRegistry([...transportClasses, ...messagingClasses], classKinds);
  const logs = new LogBook({ clock, output: logger });
  const workers = new Map<string, { view: WorkerView; worker: Worker | undefined }>();
  const listeners = new Set<(change: WorkersChanged) => void>();
  const tell = (operation: WorkersChanged["operation"], name: string): void => {
    for (const listener of listeners) listener({ operation, names: [name] });
  };
  const set = (name: string, changes: Partial<WorkerView>, worker?: Worker): void => {
    const entry = workers.get(name);
    if (entry === undefined) return;
    entry.view = { ...entry.view, ...changes, since: clock.now() };
    entry.worker = worker ?? entry.worker;
    tell("update", name);
  };
  const start = async (name: string): Promise<void> => {
    const view = workers.get(name)?.view;
    if (view === undefined) throw new Error(`no worker ${name}`);
    const source = new ConfigSource(view.config);
    const surroundings = { bus, openKeyValue: () => Promise.resolve(keyValue.sub(name)), classes, clock };
    const worker = await createWorker(
      { name, className: view.className, source },
      { ...surroundings, logger: logs.loggerOf(name), newId: newMessageId, messageStore: store, observer },
    );
    await worker.start();
    set(name, { state: "running" }, worker);
  };
  const stop = async (name: string): Promise<void> => {
    await workers.get(name)?.worker?.stop();
    set(name, { state: "stopped" });
  };
  const create = async ({ name, className, config, group }: WorkerChange, origin: WorkerView["origin"] = "runtime") => {
    const more = { folder: undefined, label: undefined, pid: process.pid, restarts: 0, lastError: undefined };
    const view: WorkerView = {
      name,
      className,
      config,
      group,
      origin,
      state: "stopped",
      since: 0,
      process: "gateway",
      ...more,
    };
    workers.set(name, { view, worker: undefined });
    tell("create", name);
    await start(name);
  };
  const view: GatewayView = {
    identity: {
      name: "test",
      environment: "test",
      version: "0.1.0",
      bootId: "boot",
      startedAt: clock.now(),
      drivers: { bus: "memory", datastore: "sqlite", keyvalue: "memory" },
      folders: {},
      ports: () => ({}),
    },
    bus,
    store,
    logs,
    observer,
    classes,
    clock,
    logger,
    newId: newMessageId,
    workers: () => [...workers.values()].map((entry) => entry.view),
    onWorkersChanged: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    create: (change) => create(change),
    update: async ({ name, ...changes }) => {
      await stop(name);
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      set(name, { ...given, origin: "file, changed" });
      await start(name);
    },
    remove: async (name) => {
      await stop(name);
      workers.delete(name);
      tell("delete", name);
    },
    start,
    stop,
    restart: async (name) => {
      await stop(name);
      await start(name);
    },
    pause: async (name) => {
      await workers.get(name)?.worker?.pause();
      set(name, { state: "paused" });
    },
    resume: (name) => {
      workers.get(name)?.worker?.resume();
      set(name, { state: "running" });
      return Promise.resolve();
    },
    validate: () => Promise.resolve([]),
    exportConfig: () => Promise.resolve("workers: {}\n"),
  };
  for (const [name, plan] of Object.entries(configuration)) await create({ name, ...plan }, "file");
  const datastore = await Datastore.open(sql, { clock, logger });
  const listen = { websocketPort: null, frontendPort: null };
  const server = await createServer({ datastore, logger, clock, listen, plugins: gatewayPlugins(view) });
  const call = async <Result>(method: string, args: readonly unknown[] = [], roles: readonly string[] = ["admin"]) =>
    (await server.services.call(method, structuredClone(args), { caller: callerWith(roles) })) as Result;
  return {
    view,
    store,
    server,
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
      for (const name of workers.keys()) await stop(name);
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
