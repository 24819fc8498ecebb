// A task that is not over yet: its record, kept in memory, and who waits for it.

import { maskSecrets, type SchemaNames, toStored } from "./stored-value.ts";
import { isFinal, mayFollow, type TaskState } from "./states.ts";
import type { TaskErrorRecord } from "./task-errors.ts";
import { isAbortable, type TaskClass, type TaskDescription, type TaskProgress } from "./task.ts";

/** A task handler under one of its names. */
export interface TaskHandler {
  readonly name: string;
  readonly taskClass: TaskClass;
  /** Where another process finds the class; needed for isolated tasks. */
  readonly source: TaskSource | undefined;
}

/** The module of a task class. */
export interface TaskSource {
  /** Path or URL of the module. */
  readonly filename: string;
  /** Default: the default export, or the member `tasks[name]` of it. */
  readonly exportName?: string | undefined;
}

/** How a task came to its end. */
export interface TaskOutcome {
  readonly state: TaskState;
  /** The result as the task returned it. */
  readonly result: unknown;
  readonly error: TaskErrorRecord | null;
}

/** What a task has used, by the names of getrusage(2). */
export type ResourceUse = Readonly<Record<string, number>>;

/** What a live task is made of. */
export interface LiveTaskOptions {
  readonly id: number;
  readonly handler: TaskHandler;
  /** The task's own copy. */
  readonly args: readonly unknown[];
  readonly user: string | null;
  readonly session: number | null;
  readonly parent: LiveTask | undefined;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly now: number;
  readonly schemas: SchemaNames;
}

/** One task from its submission to its end. */
export class LiveTask {
  readonly id: number;
  readonly handler: TaskHandler;
  readonly args: unknown[];
  readonly user: string | null;
  readonly session: number | null;
  readonly parent: LiveTask | undefined;
  readonly environment: Record<string, unknown>;
  readonly abortable: boolean;
  readonly createdAt: Date;
  /** Resolves when the end is recorded; never rejects. */
  readonly ended: Promise<TaskOutcome>;
  /** Subtasks that have not ended. */
  readonly children: Set<LiveTask> = new Set();
  readonly warnings: TaskErrorRecord[] = [];
  readonly #storedArgs: readonly unknown[];
  #state: TaskState = "CREATED";
  #end: (outcome: TaskOutcome) => void = () => undefined;
  #updatedAt: Date;
  #startedAt: Date | null = null;
  #finishedAt: Date | null = null;
  #outcome: TaskOutcome | undefined;
  resources: readonly string[] = [];
  description: TaskDescription;
  progress: TaskProgress = { percentage: 0, message: "", extra: null };
  output: string | null = null;
  rusage: ResourceUse | null = null;
  /** Told of progress. */
  onProgress: ((progress: TaskProgress) => void) | undefined;

  constructor({ id, handler, args, user, session, parent, environment, now, schemas }: LiveTaskOptions) {
    this.id = id;
    this.handler = handler;
    this.args = [...args];
    this.user = user;
    this.session = session;
    this.parent = parent;
    this.environment = { ...environment, ID: id, ...(parent === undefined ? {} : { parent: parent.id }) };
    const { taskClass } = handler;
    this.abortable = isAbortable(taskClass);
    this.createdAt = this.#updatedAt = new Date(now);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#storedArgs = args.map((arg, index) =>
      toStored(maskSecrets(arg, taskClass.accepts?.[index] ?? true, schemas)),
    );
    this.description = toDescription(taskClass.earlyDescribe?.() ?? taskClass.description ?? taskClass.name);
  }

  get name(): string {
    return this.handler.name;
  }

  get state(): TaskState {
    return this.#state;
  }

  get startedAt(): Date | null {
    return this.#startedAt;
  }

  get finishedAt(): Date | null {
    return this.#finishedAt;
  }

  /** Undefined until it is decided. */
  get outcome(): TaskOutcome | undefined {
    return this.#outcome;
  }

  /** The result as it is kept and shown. */
  get storedResult(): unknown {
    return toStored(this.#outcome?.result ?? null);
  }

  /** Goes to a state that is not final. False when that is not possible (any more). */
  enter(state: TaskState, now: number): boolean {
    if (!mayFollow(this.#state, state)) return false;
    this.#state = state;
    this.#updatedAt = new Date(now);
    if (state === "EXECUTING") this.#startedAt = this.#updatedAt;
    return true;
  }

  /** Decides how it ends; only the first time counts. */
  finish(outcome: TaskOutcome, now: number): boolean {
    if (!isFinal(outcome.state) || !this.enter(outcome.state, now)) return false;
    this.#outcome = outcome;
    this.#finishedAt = this.#updatedAt;
    this.progress = { ...this.progress, percentage: outcome.state === "FINISHED" ? 100 : 0 };
    return true;
  }

  /** Tells whoever waits. */
  settle(): void {
    if (this.#outcome !== undefined) this.#end(this.#outcome);
  }

  /** The record as the log store gets it, without its `id`. */
  toRecord(): Record<string, unknown> {
    return {
      name: this.name,
      args: this.#storedArgs,
      user: this.user,
      session: this.session,
      parent: this.parent?.id ?? null,
      description: toStored(this.description),
      resources: this.resources,
      state: this.#state,
      started_at: this.#startedAt,
      finished_at: this.#finishedAt,
      result: this.storedResult,
      error: toStored(this.#outcome?.error ?? null),
      warnings: toStored(this.warnings),
      output: this.output,
      rusage: this.rusage,
      environment: toStored(this.environment),
      debugger: null,
      abortable: this.abortable,
    };
  }

  /** The record as `task.status` answers it. */
  toStatus(): Record<string, unknown> {
    const record = { id: this.id, ...this.toRecord(), created_at: this.createdAt, updated_at: this.#updatedAt };
    return { ...record, progress: this.#state === "EXECUTING" ? this.progress : idleProgress(this.#state) };
  }
}

/** The progress of a task that does not run. */
function idleProgress(state: TaskState): TaskProgress {
  const message = `${state.charAt(0)}${state.slice(1).toLowerCase()}`;
  return { percentage: state === "FINISHED" ? 100 : 0, message, extra: null };
}

/** What `describe` and the like return, in the record's form. */
export function toDescription(description: string | TaskDescription): TaskDescription {
  const {
    message,
    name = null,
    format = null,
  } = typeof description === "string" ? { message: description } : description;
  return { message, name, format };
}

/** The progress of the task behind a record: what it reported while it runs, else what its state says. */
export function progressOf({ state }: Readonly<Record<string, unknown>>, task: LiveTask | undefined): TaskProgress {
  return task?.state === "EXECUTING" ? task.progress : idleProgress(state as TaskState);
}
