// What all workers are: a name, connectors on the bus, middleware, and a life. Subclasses say which connectors they have and what they do
// with what comes in; reading configuration, choosing classes and building the context is somebody else's work (`create-worker.ts`).

import type { Bus, ConsumeOptions } from "@switchboard/bus";
import type { Clock, Logger } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";
import type { ConfigFields } from "../config/fields.ts";
import { workerFields } from "./base-fields.ts";
import { Connector, type ConnectorRole } from "./connector.ts";
import { WorkerError } from "./errors.ts";
import type { HeartbeatPublisher } from "./heartbeat-publisher.ts";
import type { MiddlewareStack } from "./middleware.ts";
import type { Watch } from "./observer.ts";

/** What a worker is given to live on. */
export interface WorkerContext {
  /** Names the worker in logs, statuses and errors. */
  readonly name: string;
  readonly bus: Bus;
  /** Where it may keep what must outlive it. */
  readonly keyValue: KeyValue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly middleware: MiddlewareStack;
  /** Its sign of life; none for a worker whose configuration does not name it. */
  readonly heartbeat?: HeartbeatPublisher | undefined;
  /** Prefetch and retries of every queue it consumes. */
  readonly consume: ConsumeOptions;
  /** How long a handler may take before its message counts as failed. Milliseconds. */
  readonly handlerTimeoutMs: number;
  /** Who hears of what it handles and publishes; default nobody. */
  readonly watch?: Watch | undefined;
}

/** Where a worker is in its life. It ends in `stopped`, or in `failed` when it could not start. */
export type WorkerState = "created" | "starting" | "running" | "pausing" | "paused" | "stopping" | "stopped" | "failed";

/** What a worker tells of itself. */
export interface WorkerStatus {
  readonly state: WorkerState;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Why, for `failed`. */
  readonly cause?: unknown;
}

/**
 * The base of all workers.
 *
 * Start: heartbeat, middleware, connectors (queues exist from here on), `setup`, then messages flow. Stop: no new messages, running handlers end,
 * `teardown`, connectors, middleware, heartbeat. What fails half-way is taken down again.
 */
export abstract class Worker<Config = unknown> {
  /** What may be configured. A subclass declares its own fields; those of its base classes are added. */
  static readonly fields: ConfigFields = workerFields;

  readonly config: Config;
  protected readonly context: WorkerContext;
  readonly #connectors = new Map<string, Connector>();
  #status: WorkerStatus;
  #stopping: Promise<void> | undefined;

  constructor(config: Config, context: WorkerContext) {
    this.config = config;
    this.context = context;
    this.#status = { state: "created", since: context.clock.now() };
  }

  get name(): string {
    return this.context.name;
  }

  get status(): WorkerStatus {
    return this.#status;
  }

  /** Adds the connectors, by {@link addConnector}, and sets their handlers. Runs before `setup`; nothing flows yet. */
  protected abstract setupConnectors(): void | Promise<void>;

  /** Opens what the worker needs besides its connectors. Called once, before messages flow. */
  protected setup(): void | Promise<void> {}

  /** Releases what `setup` opened. Called once, after the last handler has ended, also when `setup` itself failed. */
  protected teardown(): void | Promise<void> {}

  /** False for a worker that resumes its connectors itself, for instance once it is logged in to the network. */
  protected get resumesOnStart(): boolean {
    return true;
  }

  /**
   * Brings the worker up; resolves when it handles messages.
   *
   * @throws {WorkerError} WORKER_START_FAILED with the cause, everything being closed again; WORKER_STATE when it was started before.
   */
  async start(): Promise<void> {
    this.#expect(["created"], "start");
    this.#become("starting");
    try {
      await this.context.heartbeat?.start();
      await this.context.middleware.setup();
      await this.setupConnectors();
      for (const connector of this.#connectors.values()) await connector.setup();
      await this.setup();
    } catch (error) {
      await this.#takeDown();
      this.#become("failed", error);
      const reason = error instanceof Error ? error.message : String(error);
      throw new WorkerError("WORKER_START_FAILED", `worker ${this.name}: ${reason}`, {
        cause: error,
        details: { worker: this.name },
      });
    }
    this.#become("running");
    if (this.resumesOnStart) this.resumeConnectors();
  }

  /** Stops taking messages; resolves when no handler runs any more. Queues keep what comes in. */
  async pause(): Promise<void> {
    this.#expect(["running", "pausing", "paused"], "pause");
    if (this.#status.state === "running") this.#become("pausing");
    await this.pauseConnectors();
    if (this.#status.state === "pausing") this.#become("paused");
  }

  /** Takes messages again after `pause`. */
  resume(): void {
    this.#expect(["running", "paused"], "resume");
    this.#become("running");
    this.resumeConnectors();
  }

  /** Drains and releases everything. Idempotent; a worker that has stopped cannot be started again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /**
   * Adds a connector; its queues will exist before `setup` runs.
   *
   * @throws {WorkerError} WORKER_CONNECTOR_EXISTS.
   */
  protected addConnector(name: string, role: ConnectorRole): Connector {
    // A transport and an application of one name have different queues, except that both sides of it meet here; that is allowed.
    const key = `${role} ${name}`;
    if (this.#connectors.has(key)) {
      throw new WorkerError("WORKER_CONNECTOR_EXISTS", `worker ${this.name} has a ${role} connector ${name} already`);
    }
    const connector = new Connector(name, role, this.context);
    this.#connectors.set(key, connector);
    return connector;
  }

  protected resumeConnectors(): void {
    for (const connector of this.#connectors.values()) connector.resume();
  }

  /** Resolves when no handler runs any more. */
  protected async pauseConnectors(): Promise<void> {
    await Promise.all([...this.#connectors.values()].map((connector) => connector.pause()));
  }

  async #stop(): Promise<void> {
    if (["created", "failed"].includes(this.#status.state)) {
      if (this.#status.state === "created") this.#become("stopped");
      return;
    }
    this.#become("stopping");
    try {
      await this.pauseConnectors();
    } finally {
      await this.#takeDown();
      this.#become("stopped");
    }
  }

  // Each step is tried, whatever became of the one before: a worker that leaves half of itself behind cannot be started again.
  async #takeDown(): Promise<void> {
    const steps: readonly (readonly [what: string, run: () => void | Promise<void>])[] = [
      ["teardown", () => this.teardown()],
      ...[...this.#connectors.values()].map((one) => [`connector ${one.name}`, () => one.stop()] as const),
      ["middleware", () => this.context.middleware.teardown()],
      ["heartbeat", () => this.context.heartbeat?.stop()],
    ];
    for (const [what, run] of steps) {
      try {
        await run();
      } catch (error) {
        this.context.logger.error({ worker: this.name, step: what, err: error }, "a step of stopping a worker failed");
      }
    }
  }

  #become(state: WorkerState, cause?: unknown): void {
    this.#status = { state, since: this.context.clock.now(), ...(cause === undefined ? {} : { cause }) };
    this.context.logger.info({ worker: this.name, state }, "worker state changed");
  }

  #expect(allowed: readonly WorkerState[], action: string): void {
    if (allowed.includes(this.#status.state)) return;
    throw new WorkerError(
      "WORKER_STATE",
      `worker ${this.name} is ${this.#status.state}; ${action} needs it to be ${allowed.join(" or ")}`,
    );
  }
}
