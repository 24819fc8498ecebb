// The service `task`: what clients can do with tasks.

import { queryParameters, type Caller, type ServiceDefinition } from "../rpc/index.ts";
import { queryList } from "../datastore/index.ts";
import { ServerError } from "../errors.ts";
import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import type { FileTransfers } from "../files/transfers.ts";
import { administrators, integer, text } from "../services/parameters.ts";
import type { TaskEngine } from "./engine.ts";
import type { HookCondition } from "./task-hooks.ts";
import { offerFiles } from "./task-file.ts";

const args = { title: "args", type: ["array", "null"] } as const;
const environment = { title: "environment", type: ["object", "null"] } as const;

/** What a process for tasks says in the reference over its connection; ours speak over a link, so nobody may. */
const workerMethods = [
  "checkin",
  "put_progress",
  "put_status",
  "put_warning",
  "run_hook",
  "verify_subtask",
  "run_subtask",
  "join_subtasks",
  "abort_subtask",
  "register_resource",
  "unregister_resource",
];

/** The definition of the service. */
export function taskService(engine: TaskEngine, transfers: Pick<FileTransfers, "offer">): ServiceDefinition {
  const submit = (
    caller: Caller | undefined,
    name: string,
    list: unknown[] | null,
    env?: Record<string, unknown> | null,
  ) => engine.submit(name, list ?? [], { caller, environment: env ?? {} });
  const withFiles = async (
    caller: Caller,
    request: { name: string; list: unknown[] | null; direction: "upload" | "download" },
  ) => {
    const { name, list, direction } = request;
    const { accepts } = engine.handlers.get(name, "TASK_NOT_FOUND").taskClass;
    if (accepts === undefined) throw new ServerError("TASK_NOT_FOUND", `task ${name} declares no arguments`);
    const offered = offerFiles(list ?? [], { accepts, direction, transfers, principal: caller.principal });
    try {
      return [await engine.submit(name, offered.args, { caller }), offered.tokens];
    } catch (error) {
      offered.discard();
      throw error;
    }
  };
  return {
    description: "Tasks: jobs that change things",
    methods: {
      submit: {
        description: "Submits a task and answers its number",
        accepts: [text("name"), args],
        passSender: true,
        handler: (name: string, list: unknown[] | null, caller?: Caller) => submit(caller, name, list),
      },
      submit_with_env: {
        description: "Submits a task with variables in its environment",
        accepts: [text("name"), args, environment],
        passSender: true,
        handler: (name: string, list: unknown[] | null, env: Record<string, unknown> | null, caller?: Caller) =>
          submit(caller, name, list, env),
      },
      submit_with_upload: {
        description: "Submits a task and answers its number and a token for each file that it reads",
        accepts: [text("name"), args],
        passSender: true,
        handler: (name: string, list: unknown[] | null, caller: Caller) =>
          withFiles(caller, { name, list, direction: "upload" }),
      },
      submit_with_download: {
        description: "Submits a task and answers its number and an address for each file that it writes",
        accepts: [text("name"), args],
        passSender: true,
        handler: (name: string, list: unknown[] | null, caller: Caller) =>
          withFiles(caller, { name, list, direction: "download" }),
      },
      status: {
        description: "The record of a task",
        accepts: [integer("id")],
        handler: (id: number) => engine.status(id),
      },
      wait: {
        description: "Answers when a task has ended",
        accepts: [integer("id")],
        handler: async (id: number) => {
          await engine.wait(id);
          return null;
        },
      },
      abort: {
        description: "Ends a task early",
        accepts: [integer("id")],
        passSender: true,
        handler: async (id: number, caller?: Caller) => {
          await engine.abort(id, caller);
          return null;
        },
      },
      query: {
        description: "Records of tasks",
        ...queryParameters,
        generator: true,
        handler: (filter?: QueryFilter, params?: QueryParams | null) => query(engine, filter ?? null, params ?? null),
      },
      list_resources: { description: "What tasks lock", handler: () => engine.resources.list() },
      list_executors: { description: "Where tasks run", handler: () => engine.executors() },
      write_resource_graph: { description: "What tasks lock, as DOT text", handler: () => engine.resources.toDot() },
      ...steering(engine),
      ...Object.fromEntries(
        workerMethods.map((name) => [name, { description: "For processes that run tasks", handler: refuse }]),
      ),
    },
  };
}

function steering(engine: TaskEngine): ServiceDefinition["methods"] {
  return {
    register_task_hook: {
      description: "Runs a task at <task>:before, :after or :error, if its arguments, as {args}, pass the filter",
      private: true,
      accepts: [text("hook"), text("task"), { title: "condition", type: ["array", "null"] }],
      handler: (hook: string, task: string, condition?: QueryFilter) => {
        const passes: HookCondition = (...given) => queryList([{ args: given }], condition).length > 0;
        engine.hooks.register(hook, task, condition === undefined || condition === null ? undefined : passes);
        return null;
      },
    },
    unregister_task_hook: {
      description: "Takes a task hook away",
      private: true,
      accepts: [text("hook"), text("task")],
      handler: (hook: string, task: string) => {
        engine.hooks.unregister(hook, task);
        return null;
      },
    },
    task_setenv: {
      description: "Sets a variable in the environment of a task",
      private: true,
      accepts: [integer("id"), text("key"), { title: "value" }],
      handler: (id: number, key: string, value?: unknown) => {
        engine.setEnvironment(id, key, value ?? null);
        return null;
      },
    },
    update_executor_environment: {
      description: "Sets variables in the environment of all processes for tasks",
      private: true,
      ...administrators,
      accepts: [{ title: "environment", type: "object", additionalProperties: { type: "string" }, mandatory: true }],
      handler: (variables: Record<string, string>) => {
        engine.setProcessEnvironment(variables);
        return null;
      },
    },
  };
}

async function query(engine: TaskEngine, filter: QueryFilter, params: QueryParams | null): Promise<unknown> {
  const history = await engine.history();
  const full = { ...params, callback: (record: object) => engine.withProgress(record as Record<string, unknown>) };
  return params?.single === true || params?.count === true ? history.query(filter, full) : history.stream(filter, full);
}

function refuse(): never {
  throw new ServerError("TASK_WORKERS_ONLY", "only processes that run tasks may call this");
}
