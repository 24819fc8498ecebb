// The workers of an echo over HTTP: transport, router and application, as configurations. Run as a program it is one of them, on RabbitMQ.

import { fileURLToPath } from "node:url";
import type { Bus } from "@switchboard/bus";
import { openAmqpBus } from "@switchboard/bus/amqp";
import { silentLogger, systemClock } from "@switchboard/core";
import { builtInClasses } from "@switchboard/gateway";
import { createWorker, newMessageId, type Worker } from "@switchboard/messaging";
import { ConfigSource } from "@switchboard/messaging/config";
import { openKeyValue } from "@switchboard/storage";

const prefetch = { amqp_prefetch_count: 64 };

/** Name → class and configuration. */
export const echoWorkers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  HttpApiTransport: {
    transport_name: "web",
    web_path: "/echo",
    web_port: 0,
    web_host: "127.0.0.1",
    reply_expected: true,
    ...prefetch,
  },
  BaseDispatchWorker: {
    router_class: "SimpleDispatchRouter",
    transport_names: ["web"],
    exposed_names: ["app"],
    route_mappings: { web: "app" },
    ...prefetch,
  },
  EchoWorker: { transport_name: "app", ...prefetch },
};

/** Starts one of them. */
export async function startEchoWorker(className: string, bus: Bus): Promise<Worker> {
  const keyValue = await openKeyValue({ driver: "memory", clock: systemClock });
  const worker = await createWorker(
    { name: className, className, source: new ConfigSource(echoWorkers[className] ?? {}) },
    {
      bus,
      openKeyValue: () => Promise.resolve(keyValue),
      classes: builtInClasses(),
      clock: systemClock,
      logger: silentLogger,
      newId: newMessageId,
    },
  );
  await worker.start();
  return worker;
}

/** The port that the transport listens on; 0 for others. */
export function portOf(worker: Worker): number {
  return "port" in worker ? Number(worker.port) : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , className = "", url = ""] = process.argv;
  const bus = await openAmqpBus({ url });
  const worker = await startEchoWorker(className, bus);
  process.once("SIGTERM", () => void worker.stop().then(() => bus.close()));
  process.send?.({ port: portOf(worker) });
  process.channel?.unref();
}
