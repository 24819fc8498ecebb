// Services `workers`, `channels`, `routers` (their list) and `applications`, and the tasks that create, change, start and stop them.

import { queryList } from "@switchboard/server/datastore";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import { defineTask, type TaskClass } from "@switchboard/server/tasks";
import type { JsonObject } from "@switchboard/messaging";
import type { QueryFilter, QueryParams } from "@switchboard/protocol";
import { stringify } from "yaml";
import type { Board, WorkerRecord } from "./board.ts";
import { statusView } from "./board.ts";
import { doNothing, operators, throttled, workerOf } from "./common.ts";
import { maskedConfig, unmaskedConfig } from "./worker-facts.ts";
import { nameArgument, queryArguments } from "./schemas.ts";

/** What a caller says of a worker that shall be. */
interface WorkerArgument {
  readonly name: string;
  readonly class?: string;
  readonly config?: JsonObject;
  readonly group?: string;
}

const workerSchema = {
  title: "worker",
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 100 },
    class: { type: "string" },
    config: { type: "object" },
    group: { type: "string" },
  },
  additionalProperties: false,
};

/** Shows workers and changes them. */
export function workersPlugin(board: Board): Plugin {
  const { view } = board;
  const query = (filter?: QueryFilter, params?: QueryParams, kind?: WorkerRecord["kind"]): Promise<unknown> =>
    board
      .records()
      .then((records) => records.filter((record) => kind === undefined || record.kind === kind))
      .then((records) => queryList(records, filter ?? [], params ?? {}));
  const listOf = (kind: WorkerRecord["kind"]) => ({
    description: `Workers of the kind ${kind}.`,
    methods: {
      query: {
        description: "Lists them.",
        accepts: queryArguments,
        handler: (filter?: QueryFilter, params?: QueryParams) => query(filter, params, kind),
      },
    },
  });
  let stopWatching = doNothing;
  return definePlugin({
    name: "workers",
    events: { "workers.changed": { description: "Workers were created, changed or removed." } },
    services: {
      workers: {
        description: "The gateway's workers: channels, routers, applications and others.",
        methods: {
          query: { description: "Lists workers.", accepts: queryArguments, handler: query },
          get: {
            description: "One worker with its configuration.",
            accepts: [nameArgument],
            handler: (name: string) => details(board, name),
          },
        },
      },
      channels: listOf("channel"),
      applications: listOf("application"),
    },
    tasks: workerTasks(board),
    start: (context) => {
      const changed = { create: new Set<string>(), update: new Set<string>(), delete: new Set<string>() };
      const tell = throttled(view, 100, () => {
        for (const [operation, names] of Object.entries(changed)) {
          if (names.size === 0) continue;
          void context.emitEvent("workers.changed", { operation, ids: [...names] });
          names.clear();
        }
      });
      const remove = view.onWorkersChanged(({ operation, names }) => {
        for (const name of names) changed[operation].add(name);
        if (operation === "delete") for (const name of names) view.observer.statuses.forget(name);
        tell.ask();
      });
      stopWatching = () => {
        remove();
        tell.cancel();
      };
    },
    stop: () => stopWatching(),
  });
}

async function details(board: Board, name: string): Promise<object> {
  const worker = workerOf(board.view, name);
  const { fields } = await board.facts.of(worker);
  const config = maskedConfig(worker.config, fields);
  return {
    ...(await board.record(worker)),
    config,
    config_source: stringify(config),
    endpoints: ["default"],
    status_history: board.view.observer.statuses.history(name).map(statusView),
  };
}

function workerTasks(board: Board): Record<string, TaskClass> {
  const { view } = board;
  const plainTask = (
    verb: string,
    what: string,
    run: (argument: WorkerArgument) => Promise<unknown>,
    required: readonly string[] = ["name"],
  ): TaskClass =>
    defineTask<[WorkerArgument]>({
      name: `worker.${verb}`,
      description: `${what} a worker.`,
      accepts: [{ ...workerSchema, required }],
      roles: operators,
      describe: (_context, { name }: WorkerArgument) => ({ message: `${what} ${name}`, name }),
      // Resources are not declared per worker: the gateway carries changes of one worker out one after another.
      verify: (_context, { name }: WorkerArgument) => {
        if (verb !== "create") workerOf(view, name);
        return [];
      },
      run: async (_context, argument: WorkerArgument) => {
        await run(argument);
        return argument.name;
      },
    });
  return {
    "worker.create": plainTask(
      "create",
      "Create",
      ({ name, class: className = "", config = {}, group }) =>
        view.create({ name, className, config, ...(group !== undefined && { group }) }),
      ["name", "class"],
    ),
    "worker.update": plainTask(
      "update",
      "Change",
      ({ name, class: className, config = {}, group }) => {
        const present = workerOf(view, name).config;
        return view.update({
          name,
          config: unmaskedConfig(config, present) as JsonObject,
          ...(className !== undefined && { className }),
          ...(group !== undefined && { group }),
        });
      },
      ["name", "config"],
    ),
    "worker.remove": plainTask("remove", "Remove", ({ name }) => view.remove(name)),
    "worker.start": plainTask("start", "Start", ({ name }) => view.start(name)),
    "worker.stop": plainTask("stop", "Stop", ({ name }) => view.stop(name)),
    "worker.restart": plainTask("restart", "Restart", ({ name }) => view.restart(name)),
    "worker.pause": plainTask("pause", "Pause", ({ name }) => view.pause(name)),
    "worker.resume": plainTask("resume", "Resume", ({ name }) => view.resume(name)),
  };
}
