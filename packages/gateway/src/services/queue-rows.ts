// Queues as lists show them: who reads them, what waits, what is parked, and how much came and went within the last minute.

import type { QueueInfo } from "@switchboard/bus";
import type { Board } from "./board.ts";
import { noSuch } from "./common.ts";

/** One queue, as it goes over the wire. */
export interface QueueRow {
  readonly id: string;
  readonly name: string;
  /** Who reads it; null when no worker's connector does. */
  readonly worker: string | null;
  readonly direction: string;
  readonly waiting: number;
  readonly delayed: number;
  readonly oldest_ms: number | null;
  /** Per minute. */
  readonly in: number;
  readonly out: number;
  readonly in_flight: number;
  readonly consumers: number;
  readonly parked: number;
  readonly state: string;
}

/** All queues. */
export async function queueRows(board: Board): Promise<QueueRow[]> {
  const [queues, records] = await Promise.all([board.queues.queues(), board.records()]);
  const readers = new Map(
    records.flatMap(({ name, connectors }) =>
      [...connectors.inbound, ...connectors.outbound].map((queue) => [queue, name] as const),
    ),
  );
  return [...queues.values()].map((info) => queueRow(board, info, readers.get(info.queue)));
}

/** Does nothing when there is such a queue: for where nothing was found in one. @throws {RpcError} ENOENT. */
export async function checkQueue({ view, queues }: Board, name: string): Promise<void> {
  if ((await view.bus.inspect(name)).length === 0) throw noSuch("queue", name, (await queues.queues()).keys());
}

function queueRow({ view }: Board, info: QueueInfo, worker: string | undefined): QueueRow {
  const { queue, depth, delayed, oldestAgeMs, rates, inFlight, consumers, parked } = info;
  // Workers tell what passes their connectors, in whichever process they run; of other queues only the bus knows.
  const passed =
    worker === undefined
      ? { in: Math.round(rates.published * 60), out: Math.round(rates.acknowledged * 60) }
      : view.observer.queue(queue);
  return {
    id: queue,
    name: queue,
    worker: worker ?? null,
    direction: queue.slice(queue.lastIndexOf(".") + 1),
    waiting: depth,
    delayed,
    oldest_ms: oldestAgeMs ?? null,
    ...passed,
    in_flight: inFlight,
    consumers,
    parked,
    state: parked > 0 ? "parked" : consumers === 0 && depth > 0 ? "down" : consumers === 0 ? "stopped" : "ok",
  };
}
