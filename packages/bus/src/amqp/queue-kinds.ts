// The queues that the bus declares: those of its callers, and beside each of them those in which messages wait for another delivery and those
// in which they are parked. Names and arguments only.

import { createHash } from "node:crypto";
import type { ResolvedAmqpOptions } from "./options.ts";

/** The arguments of a queue declaration. */
export type QueueArguments = Readonly<Record<string, string | number>>;

const maxNameBytes = 255;

/** Arguments of the queues that callers name, and of those beside them. A classic one has none, like those of Vumi's workers. */
export function queueArguments({
  queueType,
  maxPriority,
}: {
  readonly queueType: ResolvedAmqpOptions["queueType"];
  readonly maxPriority?: number | undefined;
}): QueueArguments {
  if (queueType === "classic") return maxPriority === undefined ? {} : { "x-max-priority": maxPriority };
  // With a limit, what is given back goes to where it was, without one to the end. It must never be reached, as that drops the message.
  return { "x-queue-type": "quorum", "x-delivery-limit": 1_000_000 };
}

/** Where messages of `queue` wait for their next delivery. */
export function retryQueueName(queue: string): string {
  return beside(queue, ".retry");
}

/** Where messages of `queue` are parked. */
export function parkedQueueName(queue: string): string {
  return beside(queue, ".parked");
}

// A name too long to be added to is stood for by its hash.
function beside(queue: string, suffix: string): string {
  const name = `${queue}${suffix}`;
  if (Buffer.byteLength(name) <= maxNameBytes) return name;
  return `${createHash("sha256").update(queue).digest("hex")}${suffix}`;
}
