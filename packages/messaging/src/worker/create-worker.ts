// From a class and its configuration to a worker that can be started: fields are read, middleware is made, state gets its place.
// Everything that can be wrong with a configuration shows here, before anything is opened.

import type { Bus } from "@switchboard/bus";
import type { Clock, Logger } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";
import { type ConfigFields, fieldsOf } from "../config/fields.ts";
import { type ClassLoader, readConfig } from "../config/read-config.ts";
import type { ConfigSource } from "../config/source.ts";
import type { JsonObject } from "../message/json.ts";
import type { MessageStore } from "../store/message-store.ts";
import { unlimitedPrefetch, type WorkerBaseConfig } from "./base-fields.ts";
import { HeartbeatPublisher } from "./heartbeat-publisher.ts";
import { createMiddleware } from "./create-middleware.ts";
import { kindOfWorker } from "./kind-of-worker.ts";
import type { WorkerObserver } from "./observer.ts";
import type { Worker, WorkerContext } from "./worker.ts";

/** A class that makes workers: what `--worker-class` and `class` name. */
export interface WorkerClass<Config = never, Parts = never> {
  new (config: Config, context: WorkerContext, parts: Parts): Worker;
  readonly fields?: ConfigFields;
  /** Makes what the worker consists of besides itself, from the same source, such as a dispatcher's router. Given to the constructor. */
  readParts?(config: Config, source: ConfigSource, surroundings: WorkerSurroundings): Promise<Parts>;
}

/** What workers of one process share. */
export interface WorkerSurroundings {
  readonly bus: Bus;
  /** Opens the store that a `redis_manager` section asks for; an empty one means the process's own. */
  readonly openKeyValue: (manager: JsonObject) => Promise<KeyValue>;
  readonly classes: ClassLoader;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  /** Where storing middleware stores; default nowhere, and such a middleware is then an error. */
  readonly messageStore?: MessageStore | undefined;
  /** Hears of everything that workers handle and publish; default nobody. */
  readonly observer?: WorkerObserver | undefined;
}

/** Which worker is wanted. */
export interface WorkerPlan {
  /** Names the worker where its configuration has no `worker_name`. */
  readonly name: string;
  /** Our name, Vumi's dotted path, or `./file.ts#Name`. */
  readonly className: string;
  readonly source: ConfigSource;
}

/**
 * Makes a worker; `start` it next.
 *
 * @throws {ConfigError} CONFIG_INVALID with all that is wrong; {@link ClassError} when its class cannot be had.
 */
export async function createWorker(plan: WorkerPlan, surroundings: WorkerSurroundings): Promise<Worker> {
  const { source, className } = plan;
  const { classes, bus, clock, logger, newId, messageStore, observer } = surroundings;
  const folder = source.folder === undefined ? {} : { folder: source.folder };
  const loaded = await classes.load(className, { kind: "worker", ...folder });
  const workerClass = loaded as unknown as WorkerClass<WorkerBaseConfig, unknown>;
  const onWarning = (warning: string): void => logger.warn({ worker: plan.name }, warning);

  const config = (await readConfig(fieldsOf(workerClass), source, { classes, onWarning })) as WorkerBaseConfig;
  const name = config.worker_name ?? plan.name;
  const keyValue = await surroundings.openKeyValue(config.redis_manager as JsonObject);
  const middleware = await createMiddleware(source, {
    classes,
    onWarning,
    context: (instance) => ({ name: instance, workerName: name, keyValue, clock, logger, messageStore }),
    watch:
      observer?.passed === undefined ? undefined : (middleware, tookMs) => observer.passed?.(name, middleware, tookMs),
  });
  const parts = await workerClass.readParts?.(config, source, surroundings);
  const context: WorkerContext = {
    name,
    bus,
    keyValue,
    clock,
    logger,
    newId,
    middleware,
    heartbeat:
      config.worker_name === null
        ? undefined
        : new HeartbeatPublisher({ bus, clock, logger, systemId: config.system_id, workerName: name }),
    consume: {
      prefetch: config.amqp_prefetch_count ?? unlimitedPrefetch,
      maxDeliveries: config.max_deliveries,
      retryDelayMs: Math.round(config.retry_delay * 1_000),
    },
    handlerTimeoutMs: config.handler_timeout * 1_000,
    watch: observer === undefined ? undefined : { observer, worker: name, workerKind: kindOfWorker(workerClass) },
  };
  return new workerClass(config, context, parts);
}
