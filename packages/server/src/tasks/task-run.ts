// One task from the moment it has its place and its resources to its end: hooks, run, rollback, abort, time limit.

import { type Clock, type Logger, type Timer } from "@switchboard/core";
import { errno } from "@switchboard/protocol";
import type { Execution, ExecutionEnd } from "./execution.ts";
import type { LiveTask, TaskOutcome } from "./live-task.ts";
import type { TaskState } from "./states.ts";
import { TaskAbortError, TaskError, toErrorRecord } from "./task-errors.ts";
import type { HookPoint } from "./task-hooks.ts";

/** What a run needs of the engine. */
export interface RunSupport {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a task may take to end after it was asked to. */
  readonly abortGraceMs: number;
  /** Finds the task a place. */
  open(task: LiveTask): Promise<Execution>;
  /** Records and announces a state; resolves when that is safe. */
  enter(task: LiveTask, state: TaskState): Promise<void>;
  /** Runs hook tasks as subtasks; rejects with what the first one failed with. */
  runHooks(task: LiveTask, point: HookPoint, environment: Readonly<Record<string, unknown>>): Promise<void>;
  abortChildren(task: LiveTask): Promise<void>;
  /** What the task threw, if it was not made for callers, goes to the operator. */
  report(task: LiveTask, error: unknown): void;
}

/** The process that ran a task is gone: nothing of the task is left that could be rolled back. */
export class ExecutorLostError extends TaskError {}

/** One run of a task. */
export class TaskRun {
  readonly #task: LiveTask;
  readonly #support: RunSupport;
  #execution: Execution | undefined;
  /** Why it is to end early. */
  #reason: Error | undefined;
  #isKilled = false;
  readonly #timers: Timer[] = [];

  constructor(task: LiveTask, support: RunSupport) {
    this.#task = task;
    this.#support = support;
  }

  /** Runs the task to its end. Never rejects. */
  async run(): Promise<TaskOutcome> {
    try {
      this.#execution = await this.#support.open(this.#task);
      this.#refuseIfStopped();
      await this.#support.enter(this.#task, "EXECUTING");
      this.#limitTime();
      return await this.#attempt(this.#execution);
    } catch (error) {
      return this.#failure(error);
    } finally {
      for (const timer of this.#timers) timer.cancel();
      this.#end();
    }
  }

  /** Ends it early, with `reason`: asks it if it is abortable, else kills it. Resolves when it was asked or killed. */
  async stop(reason: Error = new TaskAbortError()): Promise<void> {
    const isRepeated = this.#reason !== undefined;
    this.#reason ??= reason;
    const execution = this.#execution;
    // Not there yet; it stops as soon as it is.
    if (execution === undefined) return;
    if (!this.#task.abortable || this.#task.state !== "EXECUTING") {
      await this.#kill(execution);
    } else if (!isRepeated) {
      const { clock, abortGraceMs } = this.#support;
      this.#timers.push(clock.setTimer(() => void this.#kill(execution), abortGraceMs));
      try {
        await execution.abort();
      } catch (error) {
        this.#support.logger.warn({ task: this.#task.id, error }, "a task could not be asked to end; it is killed");
        await this.#kill(execution);
      }
    }
  }

  /** Ends it at once. */
  async kill(reason: Error): Promise<void> {
    this.#reason ??= reason;
    if (this.#execution !== undefined) await this.#kill(this.#execution);
  }

  setEnvironment(key: string, value: unknown): void {
    this.#execution?.setEnvironment(key, value);
  }

  async #attempt(execution: Execution): Promise<TaskOutcome> {
    const task = this.#task;
    let isDone = false;
    try {
      await this.#support.runHooks(task, "before", {});
      this.#refuseIfStopped();
      const result = await execution.run();
      isDone = true;
      await this.#support.runHooks(task, "after", { result });
      return { state: "FINISHED", result, error: null };
    } catch (error) {
      // What a failed hook leaves behind when the work is done is the work, done.
      if (!isDone) await this.#rollback(execution, error);
      const outcome = this.#failure(error);
      if (!this.#isKilled) await this.#runErrorHooks(outcome);
      return outcome;
    }
  }

  async #rollback(execution: Execution, error: unknown): Promise<void> {
    const task = this.#task;
    if (this.#isKilled || error instanceof ExecutorLostError || task.handler.taskClass.prototype.rollback === undefined)
      return;
    await this.#support.enter(task, "ROLLBACK");
    try {
      await execution.rollback();
    } catch (problem) {
      this.#support.logger.warn({ task: task.id, error: problem }, "a task could not be rolled back");
    }
  }

  async #runErrorHooks({ error }: TaskOutcome): Promise<void> {
    try {
      await this.#support.runHooks(this.#task, "error", { error });
    } catch (problem) {
      this.#support.logger.warn({ task: this.#task.id, error: problem }, "an error hook failed");
    }
  }

  #failure(error: unknown): TaskOutcome {
    if (this.#reason === undefined) this.#support.report(this.#task, error);
    const cause = this.#reason ?? error;
    return { state: cause instanceof TaskAbortError ? "ABORTED" : "FAILED", result: null, error: toErrorRecord(cause) };
  }

  #limitTime(): void {
    const { timeoutMs } = this.#task.handler.taskClass;
    if (timeoutMs === undefined) return;
    const reason = new TaskError(errno.ETIMEDOUT, `the task took longer than ${timeoutMs} ms`);
    this.#timers.push(this.#support.clock.setTimer(() => void this.stop(reason), timeoutMs));
  }

  #refuseIfStopped(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  async #kill(execution: Execution): Promise<void> {
    this.#isKilled = true;
    execution.kill(this.#reason ?? new TaskAbortError());
    await this.#support.abortChildren(this.#task);
  }

  #end(): void {
    if (this.#execution === undefined) return;
    const { rusage, output }: ExecutionEnd = this.#execution.end();
    this.#task.rusage = rusage;
    this.#task.output = output;
  }
}
