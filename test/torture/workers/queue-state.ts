// What a bus still has, asked for at the end of a run.

import type { Bus, QueueInfo } from "@switchboard/bus";

/** What is in all queues together. */
export interface QueueState {
  /** Waiting, delayed or in handlers. */
  readonly open: number;
  /** Bodies of parked messages, in base64. */
  readonly parked: readonly string[];
  /** What the bus says of each queue. */
  readonly queues: readonly QueueInfo[];
}

/** Asks `bus` about `queues`. */
export async function queueState(bus: Bus, queues: readonly string[]): Promise<QueueState> {
  let open = 0;
  const parked: string[] = [];
  const infos: QueueInfo[] = [];
  for (const queue of queues) {
    await bus.declareQueue({ queue });
    const [info] = await bus.inspect(queue);
    open += (info?.depth ?? 0) + (info?.inFlight ?? 0);
    if (info !== undefined) infos.push(info);
    let after: string | undefined;
    do {
      const page = await bus.parking.list(queue, after === undefined ? {} : { after });
      parked.push(...page.messages.map(({ body }) => body.toString("base64")));
      after = page.next;
    } while (after !== undefined);
  }
  return { open, parked, queues: infos };
}
