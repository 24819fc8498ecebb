// How many messages have come for workers that take none: paused, stopped, or down. Measured by how much their queues have grown since, which holds
// on any bus and for whoever publishes.

import type { QueueInfo } from "@switchboard/bus";
import type { GatewayView, WorkerView } from "./gateway-view.ts";

const idleStates: ReadonlySet<WorkerView["state"]> = new Set(["paused", "stopped", "failed", "crash_looping"]);

/** Remembers how much waited when workers stopped taking messages. */
export class Meanwhile {
  /** By name of a worker that takes none, how much waited for it then. */
  readonly #waitedThen = new Map<string, number>();

  /** Messages that have come since a worker takes none; undefined while it does. `own`: the queues that it reads, as they are now. */
  count({ name, state }: WorkerView, own: readonly QueueInfo[]): number | undefined {
    if (state === "running") {
      this.#waitedThen.delete(name);
      return undefined;
    }
    const then = this.#waitedThen.get(name);
    const now = own.reduce((total, { depth }) => total + depth, 0);
    if (then !== undefined) return Math.max(0, now - then);
    if (!idleStates.has(state)) return undefined;
    this.#waitedThen.set(name, now);
    return 0;
  }

  /** Notes how much waits at the moment when a worker stops taking messages; `queuesOf` says which queues it reads. Returns how to end that. */
  watch(view: GatewayView, queuesOf: (worker: WorkerView) => Promise<readonly string[]>): () => void {
    const note = async (name: string): Promise<void> => {
      const worker = view.workers().find((one) => one.name === name);
      if (worker === undefined) this.#waitedThen.delete(name);
      else {
        const found = await Promise.all((await queuesOf(worker)).map((queue) => view.bus.inspect(queue)));
        this.count(worker, found.flat());
      }
    };
    return view.onWorkersChanged(({ names }) => {
      for (const name of names) {
        note(name).catch((error: unknown) => {
          view.logger.debug({ worker: name, err: error }, "its queues cannot be seen");
        });
      }
    });
  }
}
