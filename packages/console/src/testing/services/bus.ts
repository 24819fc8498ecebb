// The memory gateway's queues and what is parked in them.

import { RpcError } from "@switchboard/client";
import type { PeerServices } from "@switchboard/client/testing";
import { causesOf } from "../data/parked.ts";
import type { ParkedWhole } from "../../services/types.ts";
import type { World } from "../world.ts";

interface ParkedPage {
  readonly cause?: string;
  readonly message_id?: string;
  readonly limit?: number;
  readonly offset?: number;
}

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
      parked: (queue: string, { cause, message_id, limit = 100, offset = 0 }: ParkedPage = {}) =>
        world
          .chosen(queue, cause === undefined ? {} : { cause })
          .filter((message) => message_id === undefined || message.message_id === message_id)
          .slice(offset, offset + limit),
      parked_get: (queue: string, id: string) => wholeOf(world, queue, id),
      parked_export: ({ queue, ...choice }: { queue: string; cause?: string; ids?: readonly string[] }) =>
        world.chosen(queue, choice).map((message) => `${JSON.stringify({ queue, ...message })}\n`),
      edits: () => world.edits,
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
      edit_and_retry: (queue: string, id: string, body: string) => {
        const { message_id, body: before, headers } = wholeOf(world, queue, id);
        if (!("message_id" in JSON.parse(body))) throw new RpcError(22, "message_id: expected a text, got nothing");
        const edit = { at: world.now(), by: world.user, queue, message_id, before: { body: before, headers } };
        world.edits = [{ id: world.edits.length + 1, ...edit, after: { body, headers } }, ...world.edits];
        world.unpark(queue, new Set([id]));
        return null;
      },
    },
  };
}

function wholeOf(world: World, queue: string, id: string): ParkedWhole {
  const found = world.parked.get(queue)?.find((message) => message.id === id);
  if (found === undefined) throw new RpcError(2, `no message ${id} is parked in ${queue}`);
  const kept = { headers: {}, priority: 0, content_type: "application/json", body_base64: null };
  return { ...found, ...kept, queue, size_bytes: found.body.length };
}
