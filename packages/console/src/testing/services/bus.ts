// The memory gateway's queues and what is parked in them.

import { RpcError } from "@switchboard/client";
import type { PeerServices } from "@switchboard/client/testing";
import { causesOf } from "../data/parked.ts";
import type { World } from "../world.ts";

/** `bus`. */
export function busServices(world: World): PeerServices {
  return {
    bus: {
      queues: () => world.queues,
      queue: (name: string) => {
        const queue = world.queues.find((each) => each.name === name);
        if (queue === undefined) throw new RpcError(2, `there is no queue "${name}"`);
        return queue;
      },
      parked: (
        queue: string,
        { cause, limit = 100, offset = 0 }: { cause?: string; limit?: number; offset?: number } = {},
      ) => world.chosen(queue, cause === undefined ? {} : { cause }).slice(offset, offset + limit),
      causes: (queue?: string) =>
        [...world.parked]
          .filter(([name]) => queue === undefined || queue === null || name === queue)
          .flatMap(([name, list]) => causesOf(name, list)),
      preview: ({ queue, ...choice }: { queue: string; cause?: string; ids?: readonly string[] }) => {
        const chosen = world.chosen(queue, choice);
        return { count: chosen.length, oldest: chosen.at(-1)?.at ?? null, estimate_ms: 113_000, position: 316 };
      },
      retry_one: (queue: string, id: string) => {
        world.unpark(queue, new Set([id]));
        return null;
      },
      edit_and_retry: (queue: string, id: string) => {
        world.unpark(queue, new Set([id]));
        return null;
      },
    },
  };
}
