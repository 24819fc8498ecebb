// Tasks that run before, after or upon the failure of another task. Which ones there are; running them is the engine's business.

import { ServerError } from "../errors.ts";

/** When a hook task runs. */
export type HookPoint = "before" | "after" | "error";

/** False, or throwing: the hook task is skipped. Gets the task's arguments. */
export type HookCondition = (...args: readonly unknown[]) => unknown;

/** Hook tasks by what they are attached to. */
export class TaskHooks {
  readonly #hooks = new Map<string, Map<string, HookCondition | undefined>>();

  /**
   * Attaches a hook task to `<task>:<point>`, point being `before`, `after` or `error`; a second time replaces its condition.
   *
   * @throws {ServerError} TASK_DEFINITION_INVALID.
   */
  register(hook: string, task: string, condition?: HookCondition): void {
    if (!/^.+:(?:before|after|error)$/.test(hook)) {
      const shown = JSON.stringify(hook.slice(0, 100));
      throw new ServerError(
        "TASK_DEFINITION_INVALID",
        `expected <task>:before, <task>:after or <task>:error, got ${shown}`,
      );
    }
    const tasks = this.#hooks.get(hook) ?? new Map<string, HookCondition | undefined>();
    this.#hooks.set(hook, tasks.set(task, condition));
  }

  /** Detaches a hook task. False when it was not attached. */
  unregister(hook: string, task: string): boolean {
    const tasks = this.#hooks.get(hook);
    const isGone = tasks?.delete(task) === true;
    if (tasks?.size === 0) this.#hooks.delete(hook);
    return isGone;
  }

  /** The hook tasks whose conditions hold, in the order in which they were attached. */
  of(task: string, point: HookPoint, args: readonly unknown[]): string[] {
    const tasks = this.#hooks.get(`${task}:${point}`);
    return tasks === undefined
      ? []
      : [...tasks].filter(([, condition]) => holds(condition, args)).map(([name]) => name);
  }
}

function holds(condition: HookCondition | undefined, args: readonly unknown[]): boolean {
  if (condition === undefined) return true;
  try {
    return Boolean(condition(...args));
  } catch {
    return false;
  }
}
