// Where workers run: in the gateway's process or in another. The supervisor knows only this.

import type { GatewayWorkerPlan } from "./plan.ts";

/** A worker that was started. */
export interface HostedWorker {
  readonly pid: number;
  /** Resolves when no message is in work any more. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Drains it and releases everything. Idempotent. */
  stop(): Promise<void>;
}

/** Starts workers. */
export interface WorkerHost {
  /** `gateway`, or the name of the group. */
  readonly process: string;
  /**
   * Resolves when the worker handles messages. `onLost` is called at most once and only after that, when it is gone
   * without having been stopped.
   *
   * @throws whatever keeps it from starting; nothing of it is left then.
   */
  start(plan: GatewayWorkerPlan, onLost: (error: unknown) => void): Promise<HostedWorker>;
  /** Throws the error that starting with these options would give, without starting anything. */
  check(plan: GatewayWorkerPlan): Promise<void>;
  close(): Promise<void>;
}
