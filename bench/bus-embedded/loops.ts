// The embedded bus's own contenders: one hop, and an echo over four queues.

import { tempFolder } from "@switchboard/testkit";
import { type EmbeddedBus, openEmbeddedBus } from "@switchboard/bus/embedded";
import type { Peer } from "./peers.ts";

const ignore = (): void => undefined;

/** Opens a bus, in a new folder unless one is given. */
export function newBus(path: string = tempFolder()): Promise<EmbeddedBus> {
  return openEmbeddedBus({ path });
}

/**
 * Messages that pass through `queues` one after another, with `inFlight` on their way: each handler publishes to the next queue, the
 * last one to the first. An operation is one hop: publish, safe, handled, acknowledged.
 */
export async function hops(name: string, body: Buffer, inFlight: number, queues: readonly string[]): Promise<Peer> {
  const bus = await newBus();
  let left = 0;
  let running = 0;
  let failed: (error: unknown) => void = ignore;
  let finished: () => void = ignore;
  const publish = (queue: string, message: Buffer): void => {
    running++;
    bus.publish(queue, message).catch(failed);
  };
  for (const [index, queue] of queues.entries()) {
    const next = queues[(index + 1) % queues.length] ?? queue;
    await bus.consume(queue, { prefetch: inFlight }, async (delivery) => {
      if (delivery.body.length !== body.length) failed(new Error("the bus changed the message"));
      running--;
      if (left-- > 0) publish(next, delivery.body);
      else if (running === 0) finished();
    });
  }
  const run = async (operations: number): Promise<void> => {
    left = operations - inFlight;
    await new Promise<void>((resolve, reject) => {
      finished = resolve;
      failed = reject;
      for (let slot = 0; slot < inFlight; slot++) publish(queues[slot % queues.length] ?? "", body);
    });
  };
  return {
    name,
    async check() {
      await run(inFlight * 8);
      for (const { depth, inFlight: handling } of await bus.inspect()) {
        if (depth + handling > 0) throw new Error(`${depth} messages were not handled`);
      }
    },
    run,
    close: () => bus.close(),
  };
}
