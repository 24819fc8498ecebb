// The task handlers of a server by name, and who may submit them.

import { hasRoles, isPrivileged } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import type { Caller } from "../rpc/index.ts";
import { type ArgumentsSchema, compileArguments, type JsonSchema, type SchemaRegistry } from "../schema/index.ts";
import { type LiveTask, type TaskHandler, type TaskSource, toDescription } from "./live-task.ts";
import { isAbortable, type TaskClass } from "./task.ts";

/** A task as `discovery.get_tasks` shows it. */
export interface TaskInfo {
  readonly description: string;
  /** One schema per argument; null when anything is accepted. */
  readonly schema: readonly JsonSchema[] | null;
  readonly abortable: boolean;
  readonly private: boolean;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

interface Registered extends TaskHandler {
  readonly binder: ArgumentsSchema | undefined;
}

/** Names, classes and schemas of tasks. */
export class TaskHandlers {
  readonly #schemas: SchemaRegistry;
  readonly #handlers = new Map<string, Registered>();
  readonly #aliases = new Map<string, string>();

  constructor(schemas: SchemaRegistry) {
    this.#schemas = schemas;
  }

  /**
   * Makes a task submittable; a second registration replaces the first. An isolated one must say in which module its class is. Returns its remover.
   *
   * @throws {ServerError} TASK_DEFINITION_INVALID, SCHEMA_INVALID.
   */
  register(name: string, taskClass: TaskClass, source?: TaskSource): () => void {
    if (name === "" || name.length > 200) throw invalid("expected a name of 1 to 200 characters");
    if (typeof taskClass !== "function" || typeof taskClass.prototype.run !== "function") {
      throw invalid(`task ${name}: expected a class with a method run`);
    }
    if (taskClass.isolated === true && source === undefined) {
      throw invalid(`task ${name} is isolated: expected the file that its class is in`);
    }
    const { accepts } = taskClass;
    const binder = accepts === undefined ? undefined : compileArguments(this.#schemas, accepts);
    const handler = { name, taskClass, source, binder };
    this.#handlers.set(name, handler);
    return () => {
      if (this.#handlers.get(name) === handler) this.#handlers.delete(name);
    };
  }

  /** Gives a task a second name. Returns its remover. @throws {ServerError} TASK_UNKNOWN. */
  registerAlias(alias: string, name: string): () => void {
    this.get(name);
    this.#aliases.set(alias, name);
    return () => {
      if (this.#aliases.get(alias) === name) this.#aliases.delete(alias);
    };
  }

  /** The handler of that name. @throws {ServerError} TASK_UNKNOWN, or the code given. */
  get(name: string, code: "TASK_UNKNOWN" | "TASK_NOT_FOUND" = "TASK_UNKNOWN"): TaskHandler {
    const handler = this.#handlers.get(name) ?? this.#handlers.get(this.#aliases.get(name) ?? "");
    if (handler === undefined) throw new ServerError(code, `no task ${JSON.stringify(name.slice(0, 100))}`);
    return handler.name === name ? handler : { ...handler, name };
  }

  /** What checks the arguments of a handler; undefined when it takes anything. */
  binder(handler: TaskHandler): ArgumentsSchema | undefined {
    return (handler as Registered).binder;
  }

  /** Refuses callers who may not submit a task, or not with this environment. @throws {ServerError} TASK_REFUSED. */
  check(
    { name, taskClass }: TaskHandler,
    { caller, environment }: { readonly caller: Caller | undefined; readonly environment: object },
  ): void {
    if (caller === undefined) return;
    const isAllowed =
      hasRoles(caller.principal, taskClass.roles ?? []) &&
      (taskClass.private !== true || isPrivileged(caller.principal));
    if (!isAllowed) throw new ServerError("TASK_REFUSED", `task ${name} may not be submitted by this user`);
    if ("RUN_AS_USER" in environment && !isPrivileged(caller.principal)) {
      throw new ServerError("TASK_REFUSED", "only administrators may run tasks as another user (RUN_AS_USER)");
    }
  }

  /** Refuses callers who may not abort a task: others than its user and administrators. @throws {ServerError} TASK_REFUSED. */
  checkOwner({ id, user }: LiveTask, caller: Caller | undefined): void {
    if (caller === undefined || isPrivileged(caller.principal) || caller.principal?.name === user) return;
    throw new ServerError("TASK_REFUSED", `task ${id} belongs to another user`);
  }

  /** All tasks by name, aliases included. */
  list(): Readonly<Record<string, TaskInfo>> {
    const names = [
      ...this.#handlers.keys(),
      ...[...this.#aliases].filter(([, name]) => this.#handlers.has(name)).map(([alias]) => alias),
    ];
    return Object.fromEntries(names.map((name) => [name, infoOf(this.get(name))]));
  }
}

function infoOf({ taskClass }: TaskHandler): TaskInfo {
  const { description, accepts, metadata } = taskClass;
  return {
    description: toDescription(description ?? taskClass.earlyDescribe?.() ?? taskClass.name).message,
    schema: accepts ?? null,
    abortable: isAbortable(taskClass),
    private: taskClass.private === true,
    metadata: metadata ?? null,
  };
}

function invalid(message: string): ServerError {
  return new ServerError("TASK_DEFINITION_INVALID", message);
}
