// The embedded bus alone: a chain of queues, each handler publishing to the next.

import { openEmbeddedBus } from "@switchboard/bus/embedded";
import { tempFolder } from "@switchboard/testkit";
import type { Route } from "../bus-amqp/routes.ts";

/** A chain on a bus of its own. */
export interface Chain {
  readonly route: Route;
  /** Sets who hears of what a queue has handed over: by default of the last one. */
  readonly onArrival: (listener: () => void, hop?: number) => void;
}

/** Lays a chain of so many queues. */
export async function embeddedRoute(hops: number): Promise<Chain> {
  const bus = await openEmbeddedBus({ path: tempFolder() });
  const listeners: (() => void)[] = [];
  for (let hop = 1; hop <= hops; hop++) {
    const next = hop < hops ? `hop${hop + 1}` : undefined;
    await bus.consume(`hop${hop}`, { prefetch: 64 }, ({ body }) => {
      listeners[hop]?.();
      return next === undefined ? undefined : bus.publish(next, body);
    });
  }
  return {
    route: { publish: (body) => bus.publish("hop1", body), close: () => bus.close() },
    onArrival: (listener, hop = hops) => (listeners[hop] = listener),
  };
}
