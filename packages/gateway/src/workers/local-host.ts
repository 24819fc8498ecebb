// Runs workers in this process.

import type { HostedWorker, WorkerHost } from "./host.ts";
import type { GatewayWorkerPlan } from "./plan.ts";
import { makeWorker, type SharedParts } from "./surroundings.ts";

/** The workers of the gateway's own process. */
export class LocalHost implements WorkerHost {
  readonly process: string = "gateway";
  readonly #shared: SharedParts;

  constructor(shared: SharedParts) {
    this.#shared = shared;
  }

  async start(plan: GatewayWorkerPlan): Promise<HostedWorker> {
    const { worker, release } = await makeWorker(plan, this.#shared);
    try {
      await worker.start();
    } catch (error) {
      await release();
      throw error;
    }
    let stopping: Promise<void> | undefined;
    return {
      pid: process.pid,
      pause: () => worker.pause(),
      resume: () => Promise.resolve(worker.resume()),
      stop: () => (stopping ??= worker.stop().then(release)),
    };
  }

  async check(plan: GatewayWorkerPlan): Promise<void> {
    const { release } = await makeWorker(plan, this.#shared);
    await release();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
