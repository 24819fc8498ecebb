// How a worker comes by the bus that its run is about.

import type { Logger } from "@switchboard/core";
import { type WorkerBus, plant } from "./faults.ts";
import { RemoteBus } from "./remote-bus.ts";
import type { Fault, Reach } from "./settings.ts";

// A broker on a machine that does many other things takes a while to start.
const connectTimeoutMs = 120_000;

/** Returns the bus; with RabbitMQ the fault is planted here, with an embedded one the owner has it. */
export async function reachBus(reach: Reach, fault: Fault): Promise<WorkerBus> {
  if (reach.kind === "owner") return new RemoteBus(reach.port);
  // Loaded only when wanted, so that workers of an embedded bus start quickly.
  const { openAmqpBus } = await import("@switchboard/bus/amqp");
  return plant(await openAmqpBus({ url: reach.url, heartbeatMs: 2_000, connectTimeoutMs, logger }), fault);
}

const write = (fields: object, message: string): void => console.error(message, JSON.stringify(fields));
// Shown when something went wrong. Single messages are no news here.
const logger: Logger = { debug: write, info: () => undefined, warn: write, error: write };
