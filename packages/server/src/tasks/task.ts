// The base classes of task handlers, and what a running task can do. Plugins derive from these, or use `defineTask`.

import type { Logger } from "@switchboard/core";
import type { ConfigStore, Datastore } from "../datastore/index.ts";
import type { JsonSchema } from "../schema/index.ts";

/** How far a task has come. */
export interface TaskProgress {
  /** 0 to 100, fractions allowed. */
  readonly percentage: number;
  readonly message: string;
  /** Anything else that the task wants to show. */
  readonly extra: unknown;
}

/** A task in words: `message` for people, and the parts it was made from for translation. */
export interface TaskDescription {
  readonly message: string;
  /** What the task is about, such as the name of a volume. */
  readonly name?: string | null;
  readonly format?: { readonly string: string; readonly args: Readonly<Record<string, unknown>> } | null;
}

/** A warning, as a task gives it. */
export interface WarningOptions {
  /** Number of `errno`; default EFAULT. */
  readonly code?: number;
  readonly extra?: unknown;
}

/** How a subtask is run. */
export interface SubtaskOptions {
  /** Added to the environment that the subtask inherits. */
  readonly environment?: Readonly<Record<string, unknown>>;
  /** Called with each progress report of the subtask. */
  readonly onProgress?: (progress: TaskProgress) => void;
}

/** The methods of a datastore that tasks have, wherever they run. */
export type TaskDatastore = Pick<
  Datastore,
  | "query"
  | "getOne"
  | "getById"
  | "exists"
  | "insert"
  | "update"
  | "upsert"
  | "delete"
  | "deleteWhere"
  | "nextKey"
  | "requireCollection"
>;

/** The methods of the config store that tasks have. */
export type TaskConfigStore = Pick<ConfigStore, "get" | "set" | "delete" | "exists" | "listChildren" | "childrenDict">;

/** What a task gets from the server. When the task has ended, or was abandoned, its methods throw {@link TaskAbortError}. */
export interface TaskContext {
  readonly id: number;
  /** The name under which the task was submitted. */
  readonly name: string;
  /** Who submitted it; null for the server itself. */
  readonly user: string | null;
  /** `ID`, `SENDER_ADDRESS`, `parent` of subtasks, and what the submitter and `task.task_setenv` added. */
  readonly environment: Readonly<Record<string, unknown>>;
  readonly datastore: TaskDatastore;
  readonly datastoreLog: TaskDatastore;
  readonly configstore: TaskConfigStore;
  readonly logger: Logger;
  /** Aborts when the task is to end early. A task that heeds it should say so by `abortable`. */
  readonly signal: AbortSignal;
  /** Calls `service.method` from inside the server; rejects with an {@link RpcError}. */
  call(method: string, args?: readonly unknown[] | Readonly<Record<string, unknown>>): Promise<unknown>;
  emit(name: string, args?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Reports progress; `percentage` is brought into 0 to 100. */
  setProgress(percentage: number, message?: string, extra?: unknown): void;
  /** Adds a warning to the task's record. A {@link TaskWarning} keeps its number and `extra`. */
  addWarning(warning: string | Error, options?: WarningOptions): void;
  /**
   * Verifies a subtask, starts it at once, in a place of its own, and resolves with its number. It takes no resources: those of this task cover it.
   *
   * @throws {TaskError} what the subtask's verification found; {ServerError} TASK_UNKNOWN, TASK_QUEUE_FULL.
   */
  runSubtask(name: string, args?: readonly unknown[], options?: SubtaskOptions): Promise<number>;
  /** Waits for subtasks and resolves with their results in the order given. Rejects with the error of the first that did not finish well. */
  joinSubtasks(...ids: readonly number[]): Promise<unknown[]>;
  /** Runs a subtask and resolves with its result. */
  runSubtaskSync(name: string, args?: readonly unknown[], options?: SubtaskOptions): Promise<unknown>;
  /** Only verifies: resolves with the resources that the task would need. */
  verifySubtask(name: string, args?: readonly unknown[]): Promise<readonly string[]>;
  abortSubtask(id: number): Promise<void>;
  /** Aborts all subtasks of this task that run. */
  abortSubtasks(): Promise<void>;
}

/** What is declared of a task besides its methods. */
export interface TaskDeclaration {
  /** Shown by discovery. */
  readonly description?: string;
  /** One schema per positional argument, as for methods. Default: anything. Members with `x-secret: true` are masked wherever they are kept. */
  readonly accepts?: readonly JsonSchema[];
  /** A submitter must have all of them. Default none. */
  readonly roles?: readonly string[];
  /** Submitted by services and administrators only. Default false. */
  readonly private?: boolean;
  /** Runs in a process of its own, so that it can be killed, crash, and compute without holding others up. Default false. */
  readonly isolated?: boolean;
  /** It ends soon after `signal` aborts. Default: true with an `abort` method. Others are killed, or abandoned when they are not isolated. */
  readonly abortable?: boolean;
  /** After so many milliseconds it is aborted and FAILED with ETIMEDOUT. Default without limit. */
  readonly timeoutMs?: number;
  /** Free data shown by discovery. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A task handler as it is registered: a class derived from {@link Task}, or what `defineTask` returns. */
export interface TaskClass extends TaskDeclaration {
  readonly name: string;
  readonly prototype: Task;
  new (context: TaskContext): Task;
  earlyDescribe?(): string | TaskDescription;
}

/**
 * The base of every task handler: one kind of state-changing job.
 *
 * `verify` and `describe` are called in the server before the task is queued, on an object of their own; `run`, `rollback` and `abort` on another
 * one, where the task runs. All get the arguments by position.
 */
export abstract class Task {
  static readonly description?: string;
  static readonly accepts?: readonly JsonSchema[];
  static readonly roles?: readonly string[];
  static readonly private?: boolean;
  static readonly isolated?: boolean;
  static readonly abortable?: boolean;
  static readonly timeoutMs?: number;
  static readonly metadata?: Readonly<Record<string, unknown>>;

  protected readonly context: TaskContext;

  constructor(context: TaskContext) {
    this.context = context;
  }

  /** The task in words, once it is verified. Default: the class's description or name. */
  describe?(...args: never[]): string | TaskDescription | Promise<string | TaskDescription>;
  /** Checks whether the task can be done, and returns the names of the resources that it needs for itself. Default none. */
  verify?(...args: never[]): readonly string[] | Promise<readonly string[]>;
  /** Does the job. What it returns is the task's result. */
  abstract run(...args: never[]): unknown;
  /** Undoes what a failed or aborted `run` has begun. Its own errors are only logged. */
  rollback?(...args: never[]): unknown;
  /** Makes `run` end early; called while it runs, after `context.signal` has aborted. */
  abort?(): unknown;
}

/** A task that reports how far it has come. */
export abstract class ProgressTask extends Task {
  /** Reports progress; `percentage` is brought into 0 to 100. */
  protected setProgress(percentage: number, message = "", extra: unknown = null): void {
    this.context.setProgress(percentage, message, extra);
  }

  /** Reports a child's progress as the part from `start` to `end` of this task's own. */
  protected chunkProgress(range: readonly [start: number, end: number], message: string, child: TaskProgress): void {
    const [start, end] = range;
    const text = [message, child.message].filter((part) => part !== "").join(": ");
    this.setProgress(start + ((end - start) * clampPercentage(child.percentage)) / 100, text, child.extra);
  }

  /** Runs a subtask and resolves with its result; meanwhile its progress is this task's. */
  protected runSubtaskSyncWithProgress(
    name: string,
    args: readonly unknown[] = [],
    options: SubtaskOptions = {},
  ): Promise<unknown> {
    const onProgress = ({ percentage, message, extra }: TaskProgress): void => {
      this.setProgress(percentage, message, extra);
      options.onProgress?.({ percentage, message, extra });
    };
    return this.context.runSubtaskSync(name, args, { ...options, onProgress });
  }
}

/** A percentage from 0 to 100, whatever came. */
export function clampPercentage(percentage: number): number {
  return Number.isNaN(percentage) ? 0 : Math.min(100, Math.max(0, percentage));
}

/** True when the task ends by itself after it was asked to. */
export function isAbortable(taskClass: TaskClass): boolean {
  return taskClass.abortable ?? taskClass.prototype.abort !== undefined;
}
