// What every worker can be configured with. Vumi's names where Vumi has them.

import type { ConfigOf } from "../config/fields.ts";

/** The fields of `Worker`. */
export const workerFields = {
  worker_name: {
    type: "text",
    static: true,
    doc: "Names the worker in logs, statuses and heartbeats; a worker without one gives no heartbeat.",
  },
  system_id: {
    type: "text",
    default: "global",
    static: true,
    doc: "Names the group of workers that its heartbeats are for.",
  },
  amqp_prefetch_count: {
    type: "int",
    min: 1,
    max: 65_535,
    default: 20,
    nullable: true,
    static: true,
    doc: "How many messages of a queue may be in work at a time; null for as many as possible.",
  },
  handler_timeout: {
    type: "float",
    min: 0.001,
    default: 60,
    unit: "seconds",
    static: true,
    doc: "How long one message may be in work before it counts as failed.",
  },
  max_deliveries: {
    type: "int",
    min: 1,
    max: 1_000,
    default: 5,
    static: true,
    doc: "After how many failed deliveries a message is parked.",
  },
  retry_delay: {
    type: "float",
    min: 0,
    max: 86_400,
    default: 1,
    unit: "seconds",
    static: true,
    doc: "Pause before a failed message is delivered again; three times as long after each further failure.",
  },
  redis_manager: {
    type: "dict",
    default: {},
    static: true,
    doc: "Where the worker keeps state: `key_prefix`, and for a Redis of its own `host`, `port`, `db`, `password`.",
  },
  middleware: {
    type: "list",
    default: [],
    static: true,
    doc: "Middlewares in order, each `{name: class}` or `{name: {class, consume_priority, publish_priority}}`; its settings are under its name.",
  },
} as const;

/** Checked {@link workerFields}. */
export type WorkerBaseConfig = ConfigOf<typeof workerFields>;

/** Prefetch where the configuration says null, for no limit: AMQP's highest number. */
export const unlimitedPrefetch = 65_535;
