// One worker and the will that it run: starts it, brings it back with growing pauses when it fails, and leaves it alone when that does not help.

import type { Clock, Logger, Timer } from "@switchboard/core";
import { within } from "../within.ts";
import type { HostedWorker, WorkerHost } from "./host.ts";
import type { GatewayWorkerPlan } from "./plan.ts";

/** How workers that fail are brought back. */
export interface RestartRules {
  /** Pause before the first restart, milliseconds; doubles with each. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Failures within `windowMs` after which the worker is left alone. */
  readonly maxRestarts: number;
  readonly windowMs: number;
  /** How long a start may take; what hangs for longer has failed. */
  readonly startTimeoutMs: number;
}

/** What somebody wants of a worker. */
export type DesiredState = "running" | "paused" | "stopped";

/** Where it is. `failed` is tried again by itself, `crash_looping` only when somebody starts it. */
export type SupervisedState =
  "starting" | "running" | "pausing" | "paused" | "stopping" | "stopped" | "failed" | "crash_looping";

/** What a supervised worker lives on. */
export interface SupervisedWorkerOptions {
  readonly plan: GatewayWorkerPlan;
  /** The host of a plan; asked anew at each start, since a plan may move to another group. */
  readonly hostOf: (plan: GatewayWorkerPlan) => WorkerHost;
  readonly rules: RestartRules;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each change of state, plan or error. */
  readonly onChange: (worker: SupervisedWorker) => void;
}

/** Keeps one worker as it is wanted. Calls of its methods are carried out one after another. */
export class SupervisedWorker {
  readonly #options: SupervisedWorkerOptions;
  #plan: GatewayWorkerPlan;
  #desired: DesiredState = "stopped";
  #state: SupervisedState = "stopped";
  #since: number;
  #hosted: HostedWorker | undefined;
  /** Stands for the present start; what is heard of a former one comes too late. */
  #run: object | undefined;
  /** When it failed, within the window. */
  #failures: number[] = [];
  #restarts = 0;
  #lastError: unknown;
  #retry: Timer | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: SupervisedWorkerOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#since = options.clock.now();
  }

  get plan(): GatewayWorkerPlan {
    return this.#plan;
  }

  get state(): SupervisedState {
    return this.#state;
  }

  /** What somebody wants of it; differs from `state` while it is on its way, or fails. */
  get desired(): DesiredState {
    return this.#desired;
  }

  /** Milliseconds since 1970. */
  get since(): number {
    return this.#since;
  }

  /** How often it was brought back since somebody last started it. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Why it failed last; undefined when it never did, or was started by somebody since. */
  get lastError(): unknown {
    return this.#lastError;
  }

  get process(): string {
    return this.#options.hostOf(this.#plan).process;
  }

  get pid(): number | undefined {
    return this.#hosted?.pid;
  }

  /**
   * Starts it, also out of `failed` and `crash_looping`; resolves when it handles messages.
   *
   * Rejects with what keeps it from starting; it is then tried again by itself.
   */
  start(): Promise<void> {
    return this.#become("running");
  }

  /** Drains and stops it. */
  stop(): Promise<void> {
    return this.#become("stopped");
  }

  /** Stops taking messages; queues keep them. */
  pause(): Promise<void> {
    return this.#become("paused");
  }

  /** Stops it, if it runs, and starts it again. */
  restart(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#stopHosted();
      this.#forgive("running");
      await this.#reach();
    });
  }

  /**
   * Makes it another worker of the same name: what runs is drained and stopped, the new one started if the old one was wanted to run.
   * When the new one does not start, the old one is brought back, and the error is given.
   */
  replace(plan: GatewayWorkerPlan): Promise<void> {
    return this.#enqueue(async () => {
      const before = this.#plan;
      const desired = this.#desired;
      await this.#options.hostOf(plan).check(plan);
      await this.#stopHosted();
      this.#plan = plan;
      this.#forgive(desired);
      try {
        await this.#reach();
      } catch (error) {
        this.#plan = before;
        this.#forgive(desired);
        await this.#reach().catch((reason: unknown) => {
          this.#options.logger.error({ worker: plan.name, err: reason }, "the former worker does not start any more");
        });
        throw error;
      }
    });
  }

  /** Takes another plan that says the same; nothing restarts. */
  adopt(plan: GatewayWorkerPlan): void {
    this.#plan = plan;
  }

  #become(desired: DesiredState): Promise<void> {
    return this.#enqueue(async () => {
      this.#forgive(desired);
      await this.#reach();
    });
  }

  /** Whoever asks for something gives the worker a fresh chance. */
  #forgive(desired: DesiredState): void {
    this.#desired = desired;
    this.#failures = [];
    this.#restarts = 0;
    this.#lastError = undefined;
  }

  async #reach(): Promise<void> {
    this.#retry?.cancel();
    this.#retry = undefined;
    if (this.#desired === "stopped") return this.#stopHosted();
    if (this.#hosted === undefined) await this.#startHosted();
    if (this.#desired === "running" && this.#state === "paused") {
      await this.#hosted?.resume();
      this.#enter("running");
    } else if (this.#desired === "paused" && this.#state === "running") {
      this.#enter("pausing");
      await this.#hosted?.pause();
      this.#enter("paused");
    }
  }

  async #startHosted(): Promise<void> {
    this.#enter("starting");
    const run = {};
    this.#run = run;
    const { clock, hostOf, logger, rules } = this.#options;
    const { name } = this.#plan;
    const starting = hostOf(this.#plan).start(this.#plan, (error) => {
      if (this.#run === run) this.#fail(error);
    });
    try {
      const patience = { clock, timeoutMs: rules.startTimeoutMs, what: () => `worker ${name} did not start` };
      this.#hosted = await within(patience, starting);
    } catch (error) {
      // Should it start after all, there will be another one.
      starting
        .then((late) => late.stop())
        .catch((reason: unknown) => logger.debug({ worker: name, err: reason }, "it did not start late"));
      this.#fail(error);
      throw error;
    }
    this.#enter("running");
  }

  async #stopHosted(): Promise<void> {
    const hosted = this.#hosted;
    if (hosted !== undefined) {
      this.#enter("stopping");
      this.#hosted = undefined;
      this.#run = undefined;
      await hosted.stop();
    }
    this.#enter("stopped");
  }

  #fail(error: unknown): void {
    const { clock, logger, rules } = this.#options;
    this.#hosted = undefined;
    this.#run = undefined;
    this.#lastError = error;
    const now = clock.now();
    this.#failures = [...this.#failures.filter((at) => now - at < rules.windowMs), now];
    if (this.#failures.length >= rules.maxRestarts) {
      logger.error({ worker: this.#plan.name, failures: this.#failures.length, err: error }, "worker left alone");
      this.#enter("crash_looping");
      return;
    }
    const pause = Math.min(rules.minMs * 2 ** (this.#failures.length - 1), rules.maxMs);
    logger.warn({ worker: this.#plan.name, pause_ms: pause, err: error }, "worker failed; it is started again");
    this.#enter("failed");
    this.#retry = clock.setTimer(() => {
      this.#restarts += 1;
      // What keeps it from starting is told by #fail.
      this.#enqueue(() => this.#reach()).catch(() => undefined);
    }, pause);
  }

  #enter(state: SupervisedState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#since = this.#options.clock.now();
    this.#options.onChange(this);
  }

  #enqueue(job: () => Promise<void>): Promise<void> {
    const done = this.#work.then(job);
    this.#work = done.catch(() => undefined);
    return done;
  }
}
