// One run of a task somewhere: what the engine asks of the place where it runs. The place in this process is here, processes are in process/.

import type { Logger } from "@switchboard/core";
import { deferred } from "../deferred.ts";
import type { LiveTask, ResourceUse } from "./live-task.ts";
import { TaskAbortError } from "./task-errors.ts";
import { createContext, type TaskHost } from "./task-host.ts";
import type { Task } from "./task.ts";

/** A task in a place where it can run. */
export interface Execution {
  /** Runs the task; rejects with what it threw, or with the reason of {@link kill}. */
  run(): Promise<unknown>;
  /** Undoes what `run` began. Resolves at once when the task has no `rollback`. */
  rollback(): Promise<void>;
  /** Asks the task to end: its signal aborts and its `abort` is called. Rejects when that fails. */
  abort(): Promise<void>;
  /** Ends it at once: a process is killed; in this process nothing can be, so its promise is abandoned. What waits rejects with `reason`. */
  kill(reason: Error): void;
  setEnvironment(key: string, value: unknown): void;
  /** Gives the place back, and says what was used and written there. */
  end(): ExecutionEnd;
}

/** What is left of a run. */
export interface ExecutionEnd {
  readonly rusage: ResourceUse | null;
  /** What it wrote to standard output and standard error. */
  readonly output: string | null;
}

/** Runs a task in this process. */
export class LocalExecution implements Execution {
  readonly #task: LiveTask;
  readonly #instance: Task;
  readonly #abort = new AbortController();
  readonly #killed = deferred<never>();
  readonly #environment: Record<string, unknown>;

  constructor(task: LiveTask, host: TaskHost, logger: Logger) {
    this.#task = task;
    this.#environment = { ...task.environment };
    const { id, name, user, handler } = task;
    const facts = { id, name, user, environment: this.#environment, logger, signal: this.#abort.signal };
    // Nobody may be waiting when it is killed.
    this.#killed.promise.catch(() => undefined);
    this.#instance = new handler.taskClass(createContext(host, facts));
  }

  run(): Promise<unknown> {
    return Promise.race([this.#killed.promise, callTask(this.#instance, "run", this.#task.args)]);
  }

  async rollback(): Promise<void> {
    await Promise.race([this.#killed.promise, callTask(this.#instance, "rollback", this.#task.args)]);
  }

  async abort(): Promise<void> {
    this.#abort.abort(new TaskAbortError());
    await callTask(this.#instance, "abort", []);
  }

  kill(reason: Error): void {
    this.#abort.abort(reason);
    this.#killed.reject(reason);
  }

  setEnvironment(key: string, value: unknown): void {
    this.#environment[key] = value;
  }

  end(): ExecutionEnd {
    // Its process is used, and written to the output of, by others as well.
    return { rusage: null, output: null };
  }
}

/** Calls a method of a task if it has it; what it throws at once rejects, too. */
export async function callTask(
  task: Task,
  method: "run" | "rollback" | "abort",
  args: readonly unknown[],
): Promise<unknown> {
  return task[method]?.(...(args as never[]));
}
