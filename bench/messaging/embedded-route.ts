// The embedded bus alone: a chain of four queues, each handler publishing to the next.

import { openEmbeddedBus } from "@switchboard/bus/embedded";
import { tempFolder } from "@switchboard/testkit";
import type { Route } from "../bus-amqp/routes.ts";

/** Lays the chain on a bus of its own; `onArrival` sets who hears of what has come to the end. */
export async function embeddedRoute(): Promise<{
  readonly route: Route;
  readonly onArrival: (listener: () => void) => void;
}> {
  const bus = await openEmbeddedBus({ path: tempFolder() });
  let arrived: (() => void) | undefined;
  const queues = ["hop0", "hop1", "hop2", "hop3"];
  for (const [index, queue] of queues.entries()) {
    const next = queues[index + 1];
    await bus.consume(queue, { prefetch: 64 }, ({ body }) =>
      next === undefined ? arrived?.() : bus.publish(next, body),
    );
  }
  return {
    route: { publish: (body) => bus.publish("hop0", body), close: () => bus.close() },
    onArrival: (listener) => (arrived = listener),
  };
}
