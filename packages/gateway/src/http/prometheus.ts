// The gateway's figures as Prometheus reads them. Gathered when somebody asks; between two questions it costs nothing.

import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { QueueInfo } from "@switchboard/bus";
import { QueueWatch } from "../observe/queue-watch.ts";
import type { GatewayView } from "../services/gateway-view.ts";
import { isIdle } from "./health.ts";
import { inTime } from "./probes.ts";

/** Figures in Prometheus's text format. */
export interface PrometheusPage {
  readonly contentType: string;
  text(): Promise<string>;
}

const prefix = "switchboard_";
/** Names come from the configuration, never from people or messages; and should there be very many, the rest goes under one. */
const maxLabels = 1_000;
const othersLabel = "(others)";

/** Makes the page of a gateway. */
export function prometheusPage(view: GatewayView): PrometheusPage {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addMessages(registry, view);
  addWorkers(registry, view);
  addEngines(registry, view);
  addQueues(registry, view);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

function addMessages(registry: Registry, { observer, store }: GatewayView): void {
  const kinds = [
    ["accepted", "Messages that people wrote."],
    ["sent", "Messages handed to channels."],
    ["failed", "Messages that a channel refused."],
    ["parked", "Messages set aside after too many failed deliveries."],
    ["dropped", "Steps of trails that were not recorded because too many waited."],
  ] as const;
  for (const [kind, help] of kinds) {
    const name = kind === "dropped" ? `${prefix}trail_steps_dropped_total` : `${prefix}messages_${kind}_total`;
    const counter = new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(observer.totals()[kind]);
      },
    });
    counter.inc(0);
  }
  const latency = new Gauge({
    name: `${prefix}answer_latency_seconds`,
    help: "From a person's message to its answer being handed to the channel, over the last minute.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      this.reset();
      const { p50, p95, p99 } = observer.figures().latency_ms;
      for (const [quantile, ms] of [
        ["0.5", p50],
        ["0.95", p95],
        ["0.99", p99],
      ] as const) {
        if (ms !== null) this.set({ quantile }, ms / 1_000);
      }
    },
  });
  latency.reset();
  if (store === undefined) return;
  const pending = new Gauge({
    name: `${prefix}store_pending`,
    help: "Messages and events that wait to be stored.",
    registers: [registry],
    collect() {
      this.set(store.pending);
    },
  });
  pending.set(0);
}

function addWorkers(registry: Registry, view: GatewayView): void {
  const up = new Gauge({
    name: `${prefix}worker_up`,
    help: "1 while a worker handles messages, 0 while it should and does not; of those that somebody stopped or paused there is none.",
    labelNames: ["worker", "process"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name: worker, process, state } of view.workers().slice(0, maxLabels)) {
        if (!isIdle(state)) this.set({ worker, process }, state === "running" ? 1 : 0);
      }
    },
  });
  up.reset();
  const states = new Gauge({
    name: `${prefix}worker_state`,
    help: "1 for the state that a worker is in.",
    labelNames: ["worker", "state"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name: worker, state } of view.workers().slice(0, maxLabels)) this.set({ worker, state }, 1);
    },
  });
  states.reset();
  const rates = new Gauge({
    name: `${prefix}worker_messages_per_minute`,
    help: "What a worker did over the last minute.",
    labelNames: ["worker", "direction"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name: worker } of view.workers().slice(0, maxLabels)) {
        for (const [direction, count] of Object.entries(view.observer.worker(worker))) {
          this.set({ worker, direction }, count as number);
        }
      }
    },
  });
  rates.reset();
  const handling = new Gauge({
    name: `${prefix}worker_handling_seconds`,
    help: "How long a worker had a message, over the last minute.",
    labelNames: ["worker", "quantile"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name: worker } of view.workers().slice(0, maxLabels)) {
        const { p50 = null, p99 = null } = view.observer.handling(worker) ?? {};
        if (p50 !== null) this.set({ worker, quantile: "0.5" }, p50 / 1_000);
        if (p99 !== null) this.set({ worker, quantile: "0.99" }, p99 / 1_000);
      }
    },
  });
  handling.reset();
}

function addEngines(registry: Registry, { probes }: GatewayView): void {
  const up = new Gauge({
    name: `${prefix}engine_up`,
    help: "1 while what the gateway stands on answers: bus, datastore, keyvalue, store, disk.",
    labelNames: ["engine"],
    registers: [registry],
    async collect() {
      await Promise.all(
        probes.map(async ({ name: engine, check }) => {
          const isUp = await check().then(
            () => 1,
            () => 0,
          );
          this.set({ engine }, isUp);
        }),
      );
    },
  });
  up.reset();
}

function addQueues(registry: Registry, view: GatewayView): void {
  const watch = new QueueWatch(view);
  const figures = [
    ["depth", "Messages that wait in a queue.", "depth"],
    ["parked", "Messages parked from a queue.", "parked"],
    ["in_flight", "Messages in handlers.", "inFlight"],
    ["consumers", "Workers that read a queue.", "consumers"],
  ] as const;
  for (const [name, help, key] of figures) {
    const gauge = new Gauge({
      name: `${prefix}queue_${name}`,
      help,
      labelNames: ["queue"],
      registers: [registry],
      async collect() {
        this.reset();
        // Without its bus a gateway has other things to tell; that it is away is one of them.
        const queues = await inTime(view.clock, watch.queues()).catch(() => new Map<string, QueueInfo>());
        let others = 0;
        for (const [index, [queue, info]] of [...queues].entries()) {
          if (index < maxLabels) this.set({ queue }, info[key]);
          else others += info[key];
        }
        if (queues.size > maxLabels) this.set({ queue: othersLabel }, others);
      },
    });
    gauge.reset();
  }
}
