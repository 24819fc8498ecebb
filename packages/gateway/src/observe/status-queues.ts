// Keeps the queues of the gateway's own channels' statuses empty. The gateway hears of statuses from its workers directly; what they publish
// besides waits on the bus for whoever wants it, and would wait for ever where nobody does.

import type { Bus, Consumer } from "@switchboard/bus";
import type { Logger } from "@switchboard/core";
import type { GatewayView } from "../services/gateway-view.ts";

/** What is read. */
export interface StatusQueuesOptions {
  readonly bus: Bus;
  readonly view: Pick<GatewayView, "workers" | "onWorkersChanged">;
  readonly logger: Logger;
}

/** Reads the status queues of all channels that publish statuses, those that are added later too. Returns what stops it. */
export function readStatusQueues({ bus, view, logger }: StatusQueuesOptions): () => Promise<void> {
  const consumers = new Map<string, Promise<Consumer | undefined>>();
  const readAll = (): void => {
    for (const { config } of view.workers()) {
      const { publish_status, transport_name } = config;
      if (publish_status !== true || typeof transport_name !== "string") continue;
      const queue = `${transport_name}.status.status`;
      if (!consumers.has(queue)) consumers.set(queue, read(queue));
    }
  };
  const read = (queue: string): Promise<Consumer | undefined> =>
    bus
      .consume(queue, {}, () => undefined)
      .catch((error: unknown) => {
        logger.warn({ queue, err: error }, "a queue of statuses cannot be read");
        return undefined;
      });
  const forget = view.onWorkersChanged(readAll);
  readAll();
  return async () => {
    forget();
    await Promise.all([...consumers.values()].map(async (consumer) => (await consumer)?.stop()));
  };
}
