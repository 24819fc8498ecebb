// Runs tasks whose turn has come: in this process or another, with hooks and subtasks; records and announces how they end. Called by the engine, which
// takes tasks in and decides whose turn it is. The course of one run is in task-run.ts.

import type { Clock, Logger } from "@switchboard/core";
import { ServerError } from "../errors.ts";
import { copyValue } from "../events/copy-value.ts";
import type { Events } from "../events/event.ts";
import type { Services } from "../rpc/index.ts";
import type { SchemaRegistry } from "../schema/index.ts";
import { type Execution, LocalExecution } from "./execution.ts";
import type { TaskHistory } from "./history.ts";
import type { ResolvedTaskLimits } from "./limits.ts";
import { LiveTask, type TaskHandler, type TaskOutcome } from "./live-task.ts";
import type { ProcessPool } from "./process/pool.ts";
import { type HostSupport, RunHost, type TaskStores } from "./run-host.ts";
import type { TaskState } from "./states.ts";
import { fromErrorRecord, isUnexpected, TaskAbortError, type TaskErrorRecord, toErrorRecord } from "./task-errors.ts";
import type { TaskEvents } from "./task-events.ts";
import { TaskFile } from "./task-file.ts";
import type { TaskHandlers } from "./task-handlers.ts";
import type { HookPoint, TaskHooks } from "./task-hooks.ts";
import { type RunSupport, TaskRun } from "./task-run.ts";
import type { SubtaskOptions, TaskProgress } from "./task.ts";
import { Verifier } from "./verifier.ts";

/** Where ends are recorded, and what tasks work with. */
export interface OpenStore {
  readonly history: TaskHistory;
  readonly stores: TaskStores;
}

/** What the runner works with. */
export interface TaskRunnerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: ResolvedTaskLimits;
  readonly schemas: SchemaRegistry;
  readonly services: Pick<Services, "call">;
  /** Emits what tasks emit. */
  readonly emitter: Pick<Events, "emit">;
  /** Announces what becomes of tasks. */
  readonly events: TaskEvents;
  readonly handlers: TaskHandlers;
  readonly hooks: TaskHooks;
  readonly pool: ProcessPool;
  readonly reportError: (title: string, error: unknown) => void;
  /** Undefined when the engine is closed. */
  readonly store: () => OpenStore | undefined;
  /** The same. @throws {ServerError} TASK_NOT_READY. */
  readonly ready: () => OpenStore;
  /** Takes a task out of the queue, if it is there. */
  readonly unqueue: (id: number) => void;
  /** Called when a task that was never in the queue has ended. */
  readonly subtaskEnded: () => void;
}

/** The tasks that are not over, and those among them that run. */
export class TaskRunner {
  /** Tasks that are not over, by number. */
  readonly live: Map<number, LiveTask> = new Map();
  /** Those that run. */
  readonly runs: Map<number, TaskRun> = new Map();
  readonly #options: TaskRunnerOptions;
  readonly #verifier: Verifier;
  #subtasks = 0;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#verifier = new Verifier({ clock: options.clock, timeoutMs: options.limits.verifyTimeoutMs });
  }

  /** A task that is not announced or recorded yet. @throws {ServerError} TASK_NOT_READY. */
  newTask(
    handler: TaskHandler,
    args: readonly unknown[],
    origin: Pick<LiveTask, "user" | "session" | "environment"> & { readonly parent?: LiveTask | undefined },
  ): LiveTask {
    const { user, session, environment, parent } = origin;
    return new LiveTask({
      id: this.#options.ready().history.newId(),
      handler,
      args: copyValue(args) as unknown[],
      user,
      session,
      environment,
      parent,
      now: this.#options.clock.now(),
      schemas: this.#options.schemas,
    });
  }

  /** Checks a task's arguments, and asks it what it is and which resources it needs. */
  async prepare(task: LiveTask): Promise<void> {
    const host = new RunHost(task, this.#hostSupport());
    try {
      await this.#verifier.prepare(task, {
        host,
        bind: this.#options.handlers.binder(task.handler),
        logger: this.#options.logger,
      });
    } finally {
      host.close();
    }
  }

  /** Runs a task that has its resources, and resolves when its end is safe. */
  async execute(task: LiveTask): Promise<void> {
    const store = this.#options.store();
    if (store === undefined) return;
    const host = new RunHost(task, this.#hostSupport());
    const run = new TaskRun(task, this.#runSupport(host, store.history));
    this.runs.set(task.id, run);
    const outcome = await run.run();
    host.close();
    this.runs.delete(task.id);
    if (outcome.state === "ABORTED") await this.#abortChildren(task);
    await this.finish(task, outcome, store.history);
  }

  /** Records and announces the end, in this order. */
  async finish(task: LiveTask, outcome: TaskOutcome, history: TaskHistory): Promise<void> {
    if (!task.finish(outcome, this.#options.clock.now())) return;
    for (const arg of task.args) if (arg instanceof TaskFile) arg.close(outcome.state === "FINISHED");
    await history.save(task);
    this.live.delete(task.id);
    task.parent?.children.delete(task);
    this.#options.events.updated(task);
    task.settle();
  }

  /** Ends a task early, whether it waits or runs. Resolves when it was asked or killed. */
  async abort(task: LiveTask): Promise<void> {
    const run = this.runs.get(task.id);
    if (run !== undefined) {
      await run.stop();
      return;
    }
    const { history } = this.#options.store() ?? {};
    this.#options.unqueue(task.id);
    if (history !== undefined) await this.finish(task, failed(new TaskAbortError()), history);
  }

  /** Starts a task at once, without queue and locks; of no parent when there is none. @throws {ServerError} TASK_UNKNOWN, TASK_QUEUE_FULL. */
  async startSubtask(
    parent: LiveTask | undefined,
    name: string,
    args: readonly unknown[],
    options: SubtaskOptions,
  ): Promise<LiveTask> {
    const { history } = this.#options.ready();
    if (this.#subtasks >= this.#options.limits.maxSubtasks) {
      throw new ServerError("TASK_QUEUE_FULL", `${this.#options.limits.maxSubtasks} subtasks run already`);
    }
    const { user = null, session = null, environment = {} } = parent ?? {};
    const task = this.newTask(this.#options.handlers.get(name), args, {
      user,
      session,
      parent,
      environment: { ...environment, ...options.environment },
    });
    task.onProgress = options.onProgress;
    this.#subtasks++;
    try {
      await this.prepare(task);
      await history.add(task);
    } catch (error) {
      this.#subtasks--;
      throw error;
    }
    this.live.set(task.id, task);
    parent?.children.add(task);
    this.#options.events.created(task);
    void this.execute(task).finally(() => {
      this.#subtasks--;
      this.#options.subtaskEnded();
    });
    return task;
  }

  /** Reports an error that was not made for callers. */
  report({ id, name }: LiveTask, error: unknown): void {
    if (isUnexpected(error)) this.#options.reportError(`task ${id} (${name}) failed unexpectedly`, error);
  }

  async #abortChildren({ children }: LiveTask): Promise<void> {
    await Promise.all(Array.from(children, (child) => this.abort(child)));
  }

  #runSupport(host: RunHost, history: TaskHistory): RunSupport {
    return {
      clock: this.#options.clock,
      logger: this.#options.logger,
      abortGraceMs: this.#options.limits.abortGraceMs,
      open: (task) => this.#open(task, host),
      enter: async (task, state) => this.#enter(task, state, history),
      runHooks: (task, point, environment) => this.#runHooks(task, point, environment),
      abortChildren: (task) => this.#abortChildren(task),
      report: (task, error) => this.report(task, error),
    };
  }

  async #enter(task: LiveTask, state: TaskState, history: TaskHistory): Promise<void> {
    if (!task.enter(state, this.#options.clock.now())) throw new TaskAbortError();
    // Recorded before anything is done, so that what a crash interrupts is known to have begun.
    await history.save(task);
    this.#options.events.updated(task);
  }

  async #open(task: LiveTask, host: RunHost): Promise<Execution> {
    if (task.handler.taskClass.isolated === true) return this.#options.pool.open(task, host);
    return new LocalExecution(task, host, this.#options.logger);
  }

  async #runHooks(task: LiveTask, point: HookPoint, environment: Readonly<Record<string, unknown>>): Promise<void> {
    for (const name of this.#options.hooks.of(task.name, point, task.args)) {
      const hook = await this.startSubtask(task, name, task.args, { environment });
      const { state, error } = await hook.ended;
      if (state !== "FINISHED") throw error === null ? new TaskAbortError() : fromErrorRecord(error);
    }
  }

  #hostSupport(): HostSupport {
    const { stores } = this.#options.ready();
    return {
      services: this.#options.services,
      events: this.#options.emitter,
      stores,
      progressed: (task, progress) => this.#progressed(task, progress),
      warned: (task, warning) => this.#warned(task, warning),
      startSubtask: (parent, name, args, options) => this.startSubtask(parent, name, args, options),
      verifySubtask: async (parent, name, args) => {
        const { user, session, environment } = parent;
        const task = this.newTask(this.#options.handlers.get(name), args, { user, session, environment, parent });
        await this.prepare(task);
        return task.resources;
      },
      abort: (task) => this.abort(task),
    };
  }

  #progressed(task: LiveTask, progress: TaskProgress): void {
    if (task.state !== "EXECUTING") return;
    task.progress = progress;
    this.#options.events.progress(task);
    task.onProgress?.(progress);
  }

  #warned(task: LiveTask, warning: TaskErrorRecord): void {
    if (task.outcome !== undefined || task.warnings.length >= this.#options.limits.maxWarnings) return;
    task.warnings.push(warning);
    void this.#options.store()?.history.save(task);
    this.#options.events.changed(task);
  }
}

/** How a task ends that failed with an error. */
export function failed(error: unknown): TaskOutcome {
  return { state: error instanceof TaskAbortError ? "ABORTED" : "FAILED", result: null, error: toErrorRecord(error) };
}
