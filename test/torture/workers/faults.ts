// Bugs to plant: each is one that real gateways have had, and that the harness must find.

import type { Bus } from "@switchboard/bus";
import type { Fault } from "./settings.ts";

/** What workers need of a bus. */
export type WorkerBus = Pick<Bus, "publish" | "consume" | "inspect">;

const faulty: Readonly<Record<Fault, (bus: WorkerBus) => WorkerBus>> = {
  none: (bus) => bus,
  "acknowledges before handling": (bus) => ({
    publish: (...message) => bus.publish(...message),
    inspect: (queue) => bus.inspect(queue),
    consume: (queue, options, handler) =>
      bus.consume(queue, options, (delivery) => {
        void Promise.resolve(handler(delivery)).catch(() => undefined);
      }),
  }),
  "resolves before safe": (bus) => ({
    publish: async (...message) => {
      void bus.publish(...message).catch(() => undefined);
    },
    consume: (queue, options, handler) => bus.consume(queue, options, handler),
    inspect: (queue) => bus.inspect(queue),
  }),
};

/** The bus, with the fault in it. */
export function plant(bus: WorkerBus, fault: Fault): WorkerBus {
  return faulty[fault](bus);
}
