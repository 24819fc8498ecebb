// What a running task asks of the server, wherever it runs: in the server's process the host does it, in a process of its own it is asked over
// the link. `createContext` makes of either what the task sees.

import type { Logger } from "@switchboard/core";
import { errno } from "@switchboard/protocol";
import type { TaskErrorRecord } from "./task-errors.ts";
import { toErrorRecord } from "./task-errors.ts";
import {
  clampPercentage,
  type SubtaskOptions,
  type TaskConfigStore,
  type TaskContext,
  type TaskDatastore,
  type TaskProgress,
  type WarningOptions,
} from "./task.ts";

/** One of the stores. */
export type StoreName = "datastore" | "datastoreLog" | "configstore";

/** The server's side of a running task. Its methods fail once the task has ended. */
export interface TaskHost {
  call(method: string, args: unknown): Promise<unknown>;
  emit(name: string, args: Readonly<Record<string, unknown>>): Promise<void>;
  store(store: StoreName, method: string, args: readonly unknown[]): Promise<unknown>;
  setProgress(progress: TaskProgress): void;
  addWarning(warning: TaskErrorRecord): void;
  runSubtask(name: string, args: readonly unknown[], options: SubtaskOptions): Promise<number>;
  joinSubtasks(ids: readonly number[]): Promise<unknown[]>;
  verifySubtask(name: string, args: readonly unknown[]): Promise<readonly string[]>;
  /** Without numbers: all. */
  abortSubtasks(ids: readonly number[] | null): Promise<void>;
}

/** What is fixed about a running task. */
export interface TaskFacts {
  readonly id: number;
  readonly name: string;
  readonly user: string | null;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const datastoreMethods = [
  "query",
  "getOne",
  "getById",
  "exists",
  "insert",
  "update",
  "upsert",
  "delete",
  "deleteWhere",
  "nextKey",
  "requireCollection",
] as const satisfies readonly (keyof TaskDatastore)[];
const configMethods = [
  "get",
  "set",
  "delete",
  "exists",
  "listChildren",
  "childrenDict",
] as const satisfies readonly (keyof TaskConfigStore)[];

/** True for methods that {@link TaskHost.store} may be asked for. */
export function isStoreMethod(store: StoreName, method: string): boolean {
  const methods: readonly string[] = store === "configstore" ? configMethods : datastoreMethods;
  return methods.includes(method);
}

/** Makes of a host what a task sees. */
export function createContext(host: TaskHost, facts: TaskFacts): TaskContext {
  const store = (name: StoreName, methods: readonly string[]): object =>
    Object.fromEntries(methods.map((method) => [method, (...args: unknown[]) => host.store(name, method, args)]));
  return {
    ...facts,
    datastore: store("datastore", datastoreMethods) as TaskDatastore,
    datastoreLog: store("datastoreLog", datastoreMethods) as TaskDatastore,
    configstore: store("configstore", configMethods) as TaskConfigStore,
    call: (method, args = []) => host.call(method, args),
    emit: (name, args = {}) => host.emit(name, args),
    setProgress: (percentage, message = "", extra = null) =>
      host.setProgress({ percentage: clampPercentage(percentage), message, extra }),
    addWarning: (warning, options) => host.addWarning(toWarning(warning, options)),
    runSubtask: (name, args = [], options = {}) => host.runSubtask(name, args, options),
    joinSubtasks: (...ids) => host.joinSubtasks(ids),
    runSubtaskSync: async (name, args = [], options = {}) => {
      const [result] = await host.joinSubtasks([await host.runSubtask(name, args, options)]);
      return result;
    },
    verifySubtask: (name, args = []) => host.verifySubtask(name, args),
    abortSubtask: (id) => host.abortSubtasks([id]),
    abortSubtasks: () => host.abortSubtasks(null),
  };
}

function toWarning(warning: string | Error, { code, extra }: WarningOptions = {}): TaskErrorRecord {
  const record =
    typeof warning === "string"
      ? { type: "TaskWarning", message: warning, code: errno.EFAULT, stacktrace: [] }
      : toErrorRecord(warning);
  return { ...record, ...(code === undefined ? {} : { code }), ...(extra === undefined ? {} : { extra }) };
}
