// One worker in a process of its own: opens the bus and the store it needs, starts it, and stops everything in reverse.

import { homedir } from "node:os";
import { join } from "node:path";
import type { Bus } from "@switchboard/bus";
import { type Logger, silentLogger, systemClock } from "@switchboard/core";
import {
  brokerUrl,
  createWorker,
  type JsonObject,
  newMessageId,
  type Worker,
  type WorkerOptions,
  type WorkerPlan,
  type WorkerSurroundings,
} from "@switchboard/messaging";
import { redisManagerOptions } from "@switchboard/messaging/components";
import { type KeyValue, type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { builtInClasses } from "./classes.ts";
import { closedBus } from "./config/closed-bus.ts";

/** Which bus a worker talks to. */
export type BusChoice =
  | { readonly driver: "amqp"; readonly url: string }
  /** One process at a time may have the folder open. */
  | { readonly driver: "embedded"; readonly path: string };

/** What the process of a worker is told. */
export interface RunWorkerOptions {
  readonly worker: WorkerOptions & { readonly workerClass: string };
  /** Default: RabbitMQ, where the worker's broker options say. */
  readonly bus?: BusChoice;
  /** Where workers without a Redis of their own keep their state; default a file in the user's data folder. */
  readonly statePath?: string;
  readonly logger: Logger;
}

/** A worker that runs, and the way to end it. */
export interface RunningWorker {
  readonly worker: Worker;
  /** Drains the worker, then closes what it used. Idempotent. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a worker; resolves when it handles messages.
 *
 * @throws {ConfigError}, {@link ClassError}, {@link WorkerError} WORKER_START_FAILED, and what opening bus and store throws; nothing is left open then.
 */
export async function runWorker(options: RunWorkerOptions): Promise<RunningWorker> {
  const { worker: given, logger } = options;
  const { workerClass: className, config: source } = given;
  const plan: WorkerPlan = { name: className.replace(/^.*[.#/]/, ""), className, source };
  const shared = { classes: builtInClasses(), clock: systemClock, logger, newId: newMessageId };
  await checkPlan(plan, shared);
  const opened: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).toReversed()) await close();
  };
  try {
    const choice = options.bus ?? { driver: "amqp", url: brokerUrl(given.broker) };
    const bus = await openBus(choice, logger);
    opened.push(() => bus.close());
    const worker = await createWorker(plan, {
      ...shared,
      bus,
      openKeyValue: (manager) => openState(manager, options, opened),
    });
    await worker.start();
    opened.push(() => worker.stop());
    let stopping: Promise<void> | undefined;
    return { worker, stop: () => (stopping ??= closeAll()) };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

// Nobody shall wait for a broker to be told of a mistake.
async function checkPlan(plan: WorkerPlan, shared: Omit<WorkerSurroundings, "bus" | "openKeyValue">): Promise<void> {
  const nowhere = await openKeyValue({ driver: "memory" });
  try {
    const openNothing = (): Promise<KeyValue> => Promise.resolve(nowhere);
    await createWorker(plan, { ...shared, bus: closedBus, openKeyValue: openNothing, logger: silentLogger });
  } finally {
    await nowhere.close();
  }
}

/** Opens the bus that is asked for. Only that one is loaded. */
export async function openBus(choice: BusChoice, logger: Logger): Promise<Bus> {
  if (choice.driver === "amqp") {
    const { openAmqpBus } = await import("@switchboard/bus/amqp");
    return openAmqpBus({ url: choice.url, logger });
  }
  const { openEmbeddedBus } = await import("@switchboard/bus/embedded");
  return openEmbeddedBus({ path: choice.path, logger });
}

// A `redis_manager` that says where its Redis is means that Redis; anything else is kept in a file, so that nothing needs installing.
async function openState(
  manager: JsonObject,
  { statePath, logger }: RunWorkerOptions,
  opened: (() => Promise<void>)[],
): Promise<KeyValue> {
  const wantsRedis = ["host", "port", "db", "password"].some((key) => key in manager);
  const { key_prefix } = manager;
  const store: KeyValueStore = await openKeyValue(
    wantsRedis
      ? { ...(await redisManagerOptions(manager)), logger }
      : {
          driver: "sqlite",
          path:
            statePath ?? join(process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local/share"), "switchboard/state.db"),
          ...(typeof key_prefix === "string" && { keyPrefix: key_prefix }),
        },
  );
  opened.push(() => store.close());
  return store;
}
