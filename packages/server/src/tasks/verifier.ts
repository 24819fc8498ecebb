// Checks a task before it is queued: its arguments against the schema, `verify`, `describe`. In the server, whatever the task is run in.

import type { Clock, Logger } from "@switchboard/core";
import { errno, type ValidationEntry } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { ArgumentsSchema } from "../schema/index.ts";
import { within } from "../within.ts";
import type { LiveTask } from "./live-task.ts";
import { toDescription } from "./live-task.ts";
import { TaskError, TaskValidationError, VerifyError } from "./task-errors.ts";
import { createContext, type TaskHost } from "./task-host.ts";
import type { Task } from "./task.ts";

/** What is needed to verify a task. */
export interface VerifySupport {
  readonly host: TaskHost;
  readonly bind: ArgumentsSchema | undefined;
  readonly logger: Logger;
}

const maxResources = 10_000;

/** Verifies tasks. */
export class Verifier {
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor({ clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number }) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Fills in the task's resources and description, and the defaults of its arguments.
   *
   * @throws {TaskValidationError}; {VerifyError}; whatever `verify` and `describe` throw; {TaskError} ETIMEDOUT.
   */
  async prepare(task: LiveTask, { host, bind, logger }: VerifySupport): Promise<void> {
    bindArguments(task, bind);
    const { id, name, user, environment, handler } = task;
    const { prototype } = handler.taskClass;
    if (prototype.verify === undefined && prototype.describe === undefined) return;
    const { signal } = new AbortController();
    const instance = new handler.taskClass(createContext(host, { id, name, user, environment, logger, signal }));
    const timeoutMs = this.#timeoutMs;
    const late = (): never => {
      throw new TaskError(errno.ETIMEDOUT, `the task could not be verified within ${timeoutMs} ms`);
    };
    await within({ clock: this.#clock, timeoutMs, late }, verifyAndDescribe(instance, task));
  }
}

async function verifyAndDescribe(instance: Task, task: LiveTask): Promise<void> {
  const args = task.args as never[];
  if (instance.verify !== undefined) task.resources = checkResources(await instance.verify(...args));
  if (instance.describe !== undefined) task.description = toDescription(await instance.describe(...args));
}

function bindArguments(task: LiveTask, bind: ArgumentsSchema | undefined): void {
  if (bind === undefined) return;
  try {
    const bound = bind.bind(task.args);
    if (bound !== task.args) task.args.splice(0, task.args.length, ...bound);
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== "SCHEMA_MISMATCH") throw error;
    throw new TaskValidationError(error.extra as readonly ValidationEntry[], error.message);
  }
}

function checkResources(resources: unknown): readonly string[] {
  const isList =
    Array.isArray(resources) && resources.length <= maxResources && resources.every((name) => typeof name === "string");
  if (isList) return [...new Set(resources)];
  throw new VerifyError(errno.EINVAL, `verify: expected a list of up to ${maxResources} names of resources`);
}
