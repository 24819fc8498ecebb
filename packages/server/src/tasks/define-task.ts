// Task handlers without a class of one's own.

import { ServerError } from "../errors.ts";
import { Task, type TaskClass, type TaskContext, type TaskDeclaration, type TaskDescription } from "./task.ts";

/** A task as an object of functions, each of which gets the {@link TaskContext} first and then the task's arguments. */
export interface TaskFunctions<Args extends readonly unknown[]> extends TaskDeclaration {
  /** The class's name, shown where nothing better is known. */
  readonly name: string;
  describe?(context: TaskContext, ...args: Args): string | TaskDescription | Promise<string | TaskDescription>;
  verify?(context: TaskContext, ...args: Args): readonly string[] | Promise<readonly string[]>;
  run(context: TaskContext, ...args: Args): unknown;
  rollback?(context: TaskContext, ...args: Args): unknown;
  abort?(context: TaskContext): unknown;
}

/** The same, with functions that need no `this`. */
type UnboundFunctions<Args extends readonly unknown[]> = {
  readonly [Key in keyof TaskFunctions<Args>]: TaskFunctions<Args>[Key] extends
    ((...args: infer All) => infer Result) | undefined
    ? (this: void, ...args: All) => Result
    : TaskFunctions<Args>[Key];
};

/**
 * Returns a task handler made of functions, as if it had been written as a class derived from {@link Task}.
 *
 * ```ts
 * const sleep = defineTask({ name: "sleep", verify: () => ["system"], run: async (context, ms: number) => context.setProgress(50) });
 * ```
 *
 * @throws {ServerError} TASK_DEFINITION_INVALID for what is no function.
 */
export function defineTask<Args extends readonly unknown[]>(functions: TaskFunctions<Args>): TaskClass {
  const { name, describe, verify, run, rollback, abort, ...declaration } = functions as UnboundFunctions<Args>;
  const optional = { describe, verify, rollback, abort };
  for (const [method, call] of Object.entries({ run, ...optional })) {
    if (typeof call === "function" || (call === undefined && method !== "run")) continue;
    const got = JSON.stringify(call)?.slice(0, 100) ?? "nothing";
    throw new ServerError("TASK_DEFINITION_INVALID", `task ${name}: expected a function as ${method}, got ${got}`);
  }
  class DefinedTask extends Task {
    run(...args: never[]): unknown {
      return run(this.context, ...(args as unknown as Args));
    }
  }
  for (const [method, call] of Object.entries(optional)) {
    if (call === undefined) continue;
    const bound = function (this: DefinedTask, ...args: unknown[]): unknown {
      return (call as (...all: unknown[]) => unknown)(this.context, ...args);
    };
    Object.defineProperty(DefinedTask.prototype, method, { value: bound, configurable: true, writable: true });
  }
  return Object.defineProperties(DefinedTask, {
    name: { value: name },
    ...Object.fromEntries(Object.entries(declaration).map(([key, value]) => [key, { value, enumerable: true }])),
  });
}
