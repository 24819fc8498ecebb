// What a running task asks of the server, done in the server. One per run; deaf once the run is over.

import type { ConfigStore, Datastore } from "../datastore/index.ts";
import { ServerError } from "../errors.ts";
import type { Events } from "../events/event.ts";
import type { Services } from "../rpc/index.ts";
import type { LiveTask } from "./live-task.ts";
import { fromErrorRecord, TaskAbortError, type TaskErrorRecord } from "./task-errors.ts";
import { isStoreMethod, type StoreName, type TaskHost } from "./task-host.ts";
import type { SubtaskOptions, TaskProgress } from "./task.ts";

/** The stores that tasks work with. */
export interface TaskStores {
  readonly datastore: Datastore;
  readonly datastoreLog: Datastore;
  readonly configstore: ConfigStore;
}

/** What hosts need of the engine. */
export interface HostSupport {
  readonly services: Pick<Services, "call">;
  readonly events: Pick<Events, "emit">;
  readonly stores: TaskStores;
  progressed(task: LiveTask, progress: TaskProgress): void;
  warned(task: LiveTask, warning: TaskErrorRecord): void;
  startSubtask(parent: LiveTask, name: string, args: readonly unknown[], options: SubtaskOptions): Promise<LiveTask>;
  verifySubtask(parent: LiveTask, name: string, args: readonly unknown[]): Promise<readonly string[]>;
  abort(task: LiveTask): Promise<void>;
}

/** The host of one run. */
export class RunHost implements TaskHost {
  readonly #task: LiveTask;
  readonly #support: HostSupport;
  /** All subtasks that this run has started, since they may be joined after their end. */
  readonly #subtasks = new Map<number, LiveTask>();
  #isOver = false;

  constructor(task: LiveTask, support: HostSupport) {
    this.#task = task;
    this.#support = support;
  }

  /** From now on every method fails. */
  close(): void {
    this.#isOver = true;
    this.#subtasks.clear();
  }

  async call(method: string, args: unknown): Promise<unknown> {
    this.#refuseIfOver();
    return this.#support.services.call(method, args as readonly unknown[]);
  }

  async emit(name: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    this.#refuseIfOver();
    await this.#support.events.emit(name, args);
  }

  async store(store: StoreName, method: string, args: readonly unknown[]): Promise<unknown> {
    this.#refuseIfOver();
    if (!isStoreMethod(store, method))
      throw new ServerError("TASK_WORKERS_ONLY", `${store} has no method ${method} for tasks`);
    const target = this.#support.stores[store] as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
    return target[method]?.(...args);
  }

  setProgress(progress: TaskProgress): void {
    this.#refuseIfOver();
    this.#support.progressed(this.#task, progress);
  }

  addWarning(warning: TaskErrorRecord): void {
    this.#refuseIfOver();
    this.#support.warned(this.#task, warning);
  }

  async runSubtask(name: string, args: readonly unknown[], options: SubtaskOptions): Promise<number> {
    this.#refuseIfOver();
    const subtask = await this.#support.startSubtask(this.#task, name, args, options);
    if (this.#isOver) await this.#support.abort(subtask);
    else this.#subtasks.set(subtask.id, subtask);
    return subtask.id;
  }

  async joinSubtasks(ids: readonly number[]): Promise<unknown[]> {
    this.#refuseIfOver();
    const results: unknown[] = [];
    for (const subtask of ids.map((id) => this.#subtask(id))) {
      const { state, result, error } = await subtask.ended;
      if (state !== "FINISHED") throw error === null ? new TaskAbortError() : fromErrorRecord(error);
      results.push(result);
    }
    return results;
  }

  async verifySubtask(name: string, args: readonly unknown[]): Promise<readonly string[]> {
    this.#refuseIfOver();
    return this.#support.verifySubtask(this.#task, name, args);
  }

  async abortSubtasks(ids: readonly number[] | null): Promise<void> {
    this.#refuseIfOver();
    const subtasks = ids === null ? [...this.#subtasks.values()] : ids.map((id) => this.#subtask(id));
    await Promise.all(subtasks.map((subtask) => this.#support.abort(subtask)));
  }

  #subtask(id: number): LiveTask {
    const subtask = this.#subtasks.get(id);
    if (subtask !== undefined) return subtask;
    throw new ServerError("TASK_NOT_FOUND", `task ${this.#task.id} has no subtask ${id}`);
  }

  #refuseIfOver(): void {
    if (this.#isOver) throw new TaskAbortError("the task has ended");
  }
}
