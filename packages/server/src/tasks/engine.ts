// The task engine: takes tasks, verifies them in order, queues them by the resources they need, runs and remembers them.
// What runs is in task-runner.ts, where in execution.ts and process/; records are in history.ts, who is next in scheduler.ts.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import { errno } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { Events } from "../events/event.ts";
import type { Caller, Services } from "../rpc/index.ts";
import type { SchemaRegistry } from "../schema/index.ts";
import { Heap } from "./heap.ts";
import { TaskHistory } from "./history.ts";
import { type LiveTask, progressOf } from "./live-task.ts";
import { type ResolvedTaskLimits, resolveTaskLimits, type TaskLimits } from "./limits.ts";
import { type ExecutorInfo, ProcessPool } from "./process/pool.ts";
import type { ResourceGraph } from "./resource-graph.ts";
import type { TaskStores } from "./run-host.ts";
import { Scheduler } from "./scheduler.ts";
import { fromErrorRecord, TaskAbortError, TaskError } from "./task-errors.ts";
import { TaskEvents } from "./task-events.ts";
import { TaskHooks } from "./task-hooks.ts";
import { TaskHandlers } from "./task-handlers.ts";
import { failed, type OpenStore, TaskRunner } from "./task-runner.ts";

/** What the engine is given. */
export interface TaskEngineOptions {
  readonly services: Pick<Services, "call">;
  readonly events: Pick<Events, "emit">;
  readonly schemas: SchemaRegistry;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly limits?: TaskLimits;
  /** Told of what tasks threw that was not made for callers. Default: writes it to the log. */
  readonly reportError?: (title: string, error: unknown) => void;
}

/** How a task is submitted. */
export interface SubmitOptions {
  /** On whose behalf; roles are checked then. Default: the server itself. */
  readonly caller?: Caller | undefined;
  /** Added to the task's environment. `RUN_AS_USER`, from administrators only, changes the user. */
  readonly environment?: Readonly<Record<string, unknown>> | undefined;
}

/** The tasks of a server. */
export class TaskEngine {
  readonly handlers: TaskHandlers;
  readonly hooks: TaskHooks = new TaskHooks();
  readonly #events: TaskEvents;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: ResolvedTaskLimits;
  readonly #scheduler: Scheduler;
  readonly #pool: ProcessPool;
  readonly #runner: TaskRunner;
  /** Verified or to be verified, in the order of submission. */
  readonly #unverified = new Heap<LiveTask>();
  #isVerifying = false;
  #store: OpenStore | undefined;

  constructor(options: TaskEngineOptions) {
    const { services, events, schemas, clock = systemClock, logger = silentLogger } = options;
    this.#events = new TaskEvents(events);
    this.#clock = clock;
    this.#logger = logger;
    this.#limits = resolveTaskLimits(options.limits);
    this.handlers = new TaskHandlers(schemas);
    this.#pool = new ProcessPool({ clock, logger, limits: this.#limits });
    this.#scheduler = new Scheduler({
      clock,
      places: { local: this.#limits.maxRunning, isolated: this.#limits.maxProcesses },
      patienceMs: this.#limits.patienceMs,
      start: (id) => this.#startWaiting(id),
    });
    this.#runner = new TaskRunner({
      clock,
      logger,
      limits: this.#limits,
      schemas,
      services,
      emitter: events,
      events: this.#events,
      handlers: this.handlers,
      hooks: this.hooks,
      pool: this.#pool,
      reportError: options.reportError ?? ((title, error) => logger.error({ error }, title)),
      store: () => this.#store,
      ready: () => this.#ready(),
      unqueue: (id) => this.#scheduler.remove(id),
      subtaskEnded: () => this.#failMissing(),
    });
  }

  /** What tasks lock. */
  get resources(): ResourceGraph {
    return this.#scheduler.resources;
  }

  /** Opens the history; from then on tasks can be submitted. Unfinished tasks of an earlier life are marked as FAILED, code EINTR. */
  async start(stores: TaskStores): Promise<void> {
    if (this.#store !== undefined) return;
    const { retention } = this.#limits;
    const history = await TaskHistory.open({
      datastore: stores.datastoreLog,
      clock: this.#clock,
      logger: this.#logger,
      retention,
    });
    this.#store = { history, stores };
  }

  /**
   * Accepts a task and resolves with its number once it is recorded. Arguments are checked later: what is wrong with them is in the task's record.
   *
   * @throws {ServerError} TASK_NOT_READY, TASK_UNKNOWN, TASK_REFUSED, TASK_QUEUE_FULL.
   */
  async submit(
    name: string,
    args: readonly unknown[] = [],
    { caller, environment = {} }: SubmitOptions = {},
  ): Promise<number> {
    const { history } = this.#ready();
    const handler = this.handlers.get(name);
    this.handlers.check(handler, { caller, environment });
    if (this.#runner.live.size >= this.#limits.maxTasks) {
      throw new ServerError("TASK_QUEUE_FULL", `${this.#limits.maxTasks} tasks wait or run already`);
    }
    const runAs = environment["RUN_AS_USER"];
    const sender = caller === undefined ? {} : { SENDER_ADDRESS: caller.address };
    const task = this.#runner.newTask(handler, args, {
      user: typeof runAs === "string" ? runAs : (caller?.principal?.name ?? null),
      session: caller?.sessionId ?? null,
      environment: { ...sender, ...environment },
    });
    this.#runner.live.set(task.id, task);
    try {
      await history.add(task);
    } catch (error) {
      this.#runner.live.delete(task.id);
      throw error;
    }
    this.#events.created(task);
    this.#unverified.add(task.id, task);
    void this.#verifyAll();
    return task.id;
  }

  /** Runs a task at once, without queue and locks, as subtasks are run, and resolves with its result. Rejects with what it failed with. */
  async run(name: string, args: readonly unknown[] = []): Promise<unknown> {
    const task = await this.#runner.startSubtask(undefined, name, args, {});
    const { state, result, error } = await task.ended;
    if (state === "FINISHED") return result;
    throw error === null ? new TaskAbortError() : fromErrorRecord(error);
  }

  /** The record of a task, with `progress`. @throws {ServerError} TASK_NOT_FOUND, TASK_NOT_READY. */
  async status(id: number): Promise<Readonly<Record<string, unknown>>> {
    const task = this.#runner.live.get(id);
    if (task?.outcome === undefined && task !== undefined) return task.toStatus();
    // An end counts when it is safe.
    await task?.ended;
    const record = await this.#ready().history.get(id);
    if (record === null) throw notFound(id);
    return this.withProgress(record);
  }

  /** Resolves when a task has ended, whatever its state; at once when it has ended before. @throws {ServerError} TASK_NOT_FOUND. */
  async wait(id: number): Promise<void> {
    const task = this.#runner.live.get(id);
    if (task !== undefined) await task.ended;
    else if ((await this.#ready().history.get(id)) === null) throw notFound(id);
  }

  /**
   * Ends a task early. Waiting: at once. Running: it is asked if it is abortable, and killed, its subtasks with it, if it is not or does not end
   * within `abortGraceMs`. One that is over, or unknown, is left alone. Resolves when it was asked or killed.
   *
   * @throws {ServerError} TASK_REFUSED for another's task, unless the caller is an administrator.
   */
  async abort(id: number, caller?: Caller): Promise<void> {
    const task = this.#runner.live.get(id);
    if (task === undefined) {
      this.#logger.debug({ task: id }, "asked to abort a task that does not run");
      return;
    }
    this.handlers.checkOwner(task, caller);
    await this.#runner.abort(task);
  }

  /** Sets a variable in the environment of a task that is not over. @throws {ServerError} TASK_NOT_FOUND. */
  setEnvironment(id: number, key: string, value: unknown): void {
    const task = this.#runner.live.get(id);
    if (task === undefined || task.outcome !== undefined) throw notFound(id);
    task.environment[key] = value;
    this.#runner.runs.get(id)?.setEnvironment(key, value);
  }

  /** The history, with everything recorded that has happened. @throws {ServerError} TASK_NOT_READY. */
  async history(): Promise<TaskHistory> {
    const { history } = this.#ready();
    await history.flush();
    return history;
  }

  /** Adds `progress` to a record. */
  withProgress(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return { ...record, progress: progressOf(record, this.#runner.live.get(Number(record["id"]))) };
  }

  /** The places where tasks run: this process first, then those for isolated tasks. */
  executors(): ExecutorInfo[] {
    const isBusy = [...this.#runner.runs.keys()].some(
      (id) => this.#runner.live.get(id)?.handler.taskClass.isolated !== true,
    );
    return [{ index: 0, state: isBusy ? "EXECUTING" : "IDLE", pid: process.pid }, ...this.#pool.list()];
  }

  /** Sets variables in the environment of all processes for isolated tasks, present and future. */
  setProcessEnvironment(environment: Readonly<Record<string, string>>): void {
    this.#pool.setEnvironment(environment);
  }

  /** Replaces the processes for isolated tasks, after their present task, so that they read changed modules anew. */
  recycle(): void {
    this.#pool.recycle();
  }

  /** What is under way. */
  activity(): { readonly live: number; readonly waiting: number; readonly running: number } {
    return { live: this.#runner.live.size, waiting: this.#scheduler.waiting, running: this.#runner.runs.size };
  }

  /**
   * Takes no further tasks, gives those that run `deadlineMs` to end, and marks all others as FAILED, code EINTR. Idempotent. The stores stay open;
   * {@link start} opens the engine again.
   */
  async close(deadlineMs = 0): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    this.#store = undefined;
    const interrupted = new TaskError(errno.EINTR, "the server stopped");
    const ends = [...this.#runner.live.values()].map(({ ended }) => ended);
    for (const task of this.#runner.live.values()) {
      if (this.#runner.runs.has(task.id)) continue;
      this.#scheduler.remove(task.id);
      void this.#runner.finish(task, failed(interrupted), store.history);
    }
    await this.#untilIdle(deadlineMs);
    await Promise.all([...this.#runner.runs.values()].map((run) => run.kill(interrupted)));
    await Promise.all(ends);
    await store.history.close();
    await this.#pool.close();
  }

  async #untilIdle(deadlineMs: number): Promise<void> {
    if (deadlineMs <= 0 || this.#runner.runs.size === 0) return;
    const running = [...this.#runner.runs.keys()].flatMap((id) => this.#runner.live.get(id)?.ended ?? []);
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(resolve, deadlineMs);
      void Promise.all(running).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  // ── Verification and queue ─────────────────────────────────────────────────────────────────────────────────────────

  /** One after another, in the order of submission. */
  async #verifyAll(): Promise<void> {
    if (this.#isVerifying) return;
    this.#isVerifying = true;
    for (let task = this.#unverified.take(); task !== undefined; task = this.#unverified.take()) {
      if (task.outcome === undefined) await this.#verify(task);
    }
    this.#isVerifying = false;
    this.#failMissing();
  }

  async #verify(task: LiveTask): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    try {
      await this.#runner.prepare(task);
    } catch (error) {
      this.#runner.report(task, error);
      await this.#runner.finish(task, failed(error), store.history);
      return;
    }
    if (!task.enter("WAITING", this.#clock.now())) return;
    this.#events.updated(task);
    // Found as CREATED after a crash it means the same, so nobody waits for this.
    void store.history.save(task);
    const { id, resources, handler } = task;
    this.#scheduler.add({ id, resources, kind: handler.taskClass.isolated === true ? "isolated" : "local" });
  }

  #startWaiting(id: number): void {
    const task = this.#runner.live.get(id);
    if (task === undefined) return;
    void this.#runner.execute(task).finally(() => {
      this.#scheduler.ended(id);
      this.#failMissing();
    });
  }

  /** Nothing runs that could make the resources appear that tasks wait for. */
  #failMissing(): void {
    const isBusy = this.#runner.runs.size > 0 || this.#scheduler.running > 0 || this.#isVerifying;
    if (isBusy || this.#scheduler.waiting === 0) return;
    const { history } = this.#store ?? {};
    for (const id of this.#scheduler.missing()) {
      const task = this.#runner.live.get(id);
      if (task === undefined || history === undefined) continue;
      this.#scheduler.remove(id);
      const names = task.resources.filter((name) => !this.resources.has(name));
      void this.#runner.finish(
        task,
        failed(new TaskError(errno.EBUSY, `the resource ${names.join(", ")} does not exist`)),
        history,
      );
    }
  }

  #ready(): OpenStore {
    if (this.#store !== undefined) return this.#store;
    throw new ServerError(
      "TASK_NOT_READY",
      "the log store is not open, or the server stops: tasks cannot be submitted now",
    );
  }
}

function notFound(id: number): ServerError {
  return new ServerError("TASK_NOT_FOUND", `no task ${id}`);
}
