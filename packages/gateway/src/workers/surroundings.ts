// What workers of one process live on: the bus, their place in the key-value store, classes, loggers. The same in the gateway and in a group's process.

import type { Bus } from "@switchboard/bus";
import { type Logger, systemClock } from "@switchboard/core";
import {
  createWorker,
  type JsonObject,
  kindOfWorker,
  newMessageId,
  type Worker,
  type WorkerObserver,
} from "@switchboard/messaging";
import { ConfigSource } from "@switchboard/messaging/config";
import type { MessageStore } from "@switchboard/messaging/store";
import { redisManagerOptions } from "@switchboard/messaging/components";
import { type KeyValue, type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { builtInClasses } from "../classes.ts";
import type { GatewayWorkerPlan } from "./plan.ts";

/** What the workers of one process share. */
export interface SharedParts {
  readonly bus: Bus;
  readonly keyValue: KeyValue;
  /** The logger of a worker. */
  readonly loggerOf: (worker: string) => Logger;
  /** Undefined: messages are not stored. */
  readonly messageStore: MessageStore | undefined;
  /** Hears what workers do. */
  readonly observer: WorkerObserver;
}

/** A worker, not started, and what was opened for it alone. */
export interface MadeWorker {
  readonly worker: Worker;
  /** Closes what was opened for it; call it after its `stop`. */
  readonly release: () => Promise<void>;
}

/**
 * Makes the worker of a plan.
 *
 * @throws {ConfigError} with everything that is wrong with its options, {@link ClassError}, and what opening a Redis of its own throws.
 */
export async function makeWorker(plan: GatewayWorkerPlan, shared: SharedParts): Promise<MadeWorker> {
  const own: KeyValueStore[] = [];
  const release = async (): Promise<void> => {
    for (const store of own.splice(0)) await store.close();
  };
  const logger = shared.loggerOf(plan.name);
  try {
    const worker = await createWorker(
      { name: plan.name, className: plan.className, source: await withStoring(plan, shared) },
      {
        bus: shared.bus,
        openKeyValue: (manager) => stateOf(manager, plan.name, { shared: shared.keyValue, logger, own }),
        classes: builtInClasses(),
        clock: systemClock,
        logger,
        newId: newMessageId,
        messageStore: shared.messageStore,
        observer: shared.observer,
      },
    );
    return { worker, release };
  } catch (error) {
    await release();
    throw error;
  }
}

const storing = "StoringMiddleware";

// Channels are where messages come in and go out, so that storing them there misses none. Next to the bus, so that what is stored is what travels.
// Whoever configures storing differs on purpose.
async function withStoring({ className, source }: GatewayWorkerPlan, shared: SharedParts): Promise<ConfigSource> {
  if (shared.messageStore === undefined) return source;
  const folder = source.folder === undefined ? {} : { folder: source.folder };
  const loaded = await builtInClasses().load(className, { kind: "worker", ...folder });
  if (kindOfWorker(loaded) !== "channel") return source;
  const { middleware = [] } = source.values;
  if (!Array.isArray(middleware) || JSON.stringify(middleware).includes(storing)) return source;
  return new ConfigSource(
    { ...source.values, middleware: [{ message_store: storing }, ...middleware] },
    {
      ...folder,
      warnings: source.warnings,
      // The file's own stand one further back than in the file.
      locate: (path) => {
        const [key, index, ...rest] = path;
        const isEntry = key === "middleware" && typeof index === "number";
        return source.locate(isEntry ? [key, index - 1, ...rest] : path);
      },
    },
  );
}

interface StatePlaces {
  readonly shared: KeyValue;
  readonly logger: Logger;
  /** Gets each store that is opened for the worker alone. */
  readonly own: KeyValueStore[];
}

// A `redis_manager` that says where its Redis is means that Redis, shared with Vumi's workers perhaps. Any other gets a part of the gateway's store.
async function stateOf(manager: JsonObject, worker: string, { shared, logger, own }: StatePlaces): Promise<KeyValue> {
  if (["host", "port", "db", "password"].some((key) => key in manager)) {
    const store = await openKeyValue({ ...(await redisManagerOptions(manager)), logger });
    own.push(store);
    return store;
  }
  const { key_prefix } = manager;
  return shared.sub(typeof key_prefix === "string" ? key_prefix : worker);
}
