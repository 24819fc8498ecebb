// Services `workers`, `channels`, `routers` (their list) and `applications`, and the tasks that create, change, start and stop them.

import { queryList } from "@switchboard/server/datastore";
import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import { defineTask, type TaskClass } from "@switchboard/server/tasks";
import { errno, type QueryFilter, type QueryParams, RpcError } from "@switchboard/protocol";
import { stringify } from "yaml";
import type { Board, WorkerRecord } from "./board.ts";
import { statusView } from "./board.ts";
import { doNothing, operators, throttled, workerOf } from "./common.ts";
import { nameArgument, queryArguments } from "./schemas.ts";
import { checkChange, checkRevision, resolveChange, withConflicts, type WorkerArgument } from "./worker-changes.ts";

const workerSchema = {
  title: "worker",
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 100 },
    class: { type: "string" },
    config: { type: "object" },
    group: { type: "string" },
    revision: { type: "string" },
  },
  additionalProperties: false,
  mandatory: true,
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
      const stopCounting = board.meanwhile.watch(view, (worker) => board.queuesOf(worker));
      stopWatching = () => {
        remove();
        stopCounting();
        tell.cancel();
      };
    },
    stop: () => stopWatching(),
  });
}

async function details(board: Board, name: string): Promise<object> {
  const worker = workerOf(board.view, name);
  const config = await board.masked(worker);
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
  const changing = ({ verb, what, run, required = ["name"], verify }: WorkerTask): TaskClass =>
    defineTask<[WorkerArgument]>({
      name: `worker.${verb}`,
      description: `${what} a worker.`,
      accepts: [{ ...workerSchema, required }],
      roles: operators,
      describe: (_context, { name }: WorkerArgument) => ({ message: `${what} ${name}`, name }),
      // Resources are not declared per worker: the gateway carries changes of one worker out one after another.
      verify: async (_context, argument: WorkerArgument) => {
        if (verb !== "create") workerOf(view, argument.name);
        await checkRevision(board, argument);
        await verify?.(argument);
        return [];
      },
      run: async (_context, argument: WorkerArgument) => {
        await withConflicts(board, argument.name, () => run(argument));
        return argument.name;
      },
    });
  const plain = (verb: string, what: string, run: (name: string) => Promise<unknown>): TaskClass =>
    changing({ verb, what, run: ({ name }) => run(name) });
  return {
    "worker.create": changing({
      verb: "create",
      what: "Create",
      required: ["name", "class"],
      verify: async (argument) => {
        const { name } = argument;
        if (view.workers().some((worker) => worker.name === name)) {
          throw new RpcError(errno.EEXIST, `there is a worker ${name} already`);
        }
        await checkChange(board, argument);
      },
      run: ({ name, class: className = "", config = {}, group }) =>
        view.create({ name, className, config, ...(group !== undefined && { group }) }),
    }),
    "worker.update": changing({
      verb: "update",
      what: "Change",
      required: ["name", "config"],
      verify: (argument) => checkChange(board, argument),
      run: (argument) => {
        const { name, className, config } = resolveChange(board, argument);
        const { group, revision } = argument;
        return view.update({ name, className, config, ...(group !== undefined && { group }) }, revision);
      },
    }),
    "worker.remove": changing({
      verb: "remove",
      what: "Remove",
      run: ({ name, revision }) => view.remove(name, revision),
    }),
    "worker.start": plain("start", "Start", (name) => view.start(name)),
    "worker.stop": plain("stop", "Stop", (name) => view.stop(name)),
    "worker.restart": plain("restart", "Restart", (name) => view.restart(name)),
    "worker.pause": plain("pause", "Pause", (name) => view.pause(name)),
    "worker.resume": plain("resume", "Resume", (name) => view.resume(name)),
  };
}

interface WorkerTask {
  readonly verb: string;
  readonly what: string;
  readonly required?: readonly string[];
  /** What else must hold before it is queued. */
  readonly verify?: (argument: WorkerArgument) => Promise<void>;
  readonly run: (argument: WorkerArgument) => Promise<unknown>;
}
