// The program of a process for isolated tasks. Loads the class of each task it is given, runs it, and asks the server for everything else.

import { pathToFileURL } from "node:url";
import { Dispatcher, type Logger, type Message } from "@switchboard/core";
import { ipcLink } from "@switchboard/links";
import { decodeValue, encodeValue, errno } from "@switchboard/protocol";
import { callTask } from "../execution.ts";
import type { ResourceUse } from "../live-task.ts";
import { TaskAbortError, TaskError } from "../task-errors.ts";
import { createContext, type TaskHost } from "../task-host.ts";
import type { SubtaskOptions, Task, TaskClass, TaskProgress } from "../task.ts";
import { FileArgument } from "../../schema/json-schema.ts";
import { ServerError } from "../../errors.ts";
import { JobFiles } from "./files.ts";
import { endWithParent } from "./watchdog.ts";
import { answer, type Job, maxFrameBytes, readAnswer, serverId, taskId } from "./wire.ts";

interface Current {
  readonly job: Job;
  readonly task: Task;
  readonly environment: Record<string, unknown>;
  readonly controller: AbortController;
  readonly args: readonly unknown[];
  readonly files: JobFiles;
  readonly before: NodeJS.ResourceUsage;
}

const dispatcher = new Dispatcher({ onError: ({ error }) => console.error(error) });
const listeners = new Map<number, (progress: TaskProgress) => void>();
let current: Current | undefined;
let lastKey = 0;

async function ask(type: string, ...args: readonly unknown[]): Promise<unknown> {
  const text = await dispatcher.send({
    type,
    destinationId: serverId,
    content: encodeValue(args),
    responseRequired: true,
  });
  return readAnswer(text).value;
}

function tell(type: string, ...args: readonly unknown[]): void {
  // When the server is gone this process ends anyway.
  dispatcher.send({ type, destinationId: serverId, content: encodeValue(args) }).catch(() => undefined);
}

const host: TaskHost = {
  call: (method, args) => ask("call", method, args),
  emit: async (name, args) => void (await ask("emit", name, args)),
  store: (store, method, args) => ask("store", store, method, args),
  setProgress: (progress) => tell("setProgress", progress),
  addWarning: (warning) => tell("addWarning", warning),
  runSubtask: (name, args, options) => runSubtask(name, args, options),
  joinSubtasks: (ids) => ask("joinSubtasks", ids) as Promise<unknown[]>,
  verifySubtask: (name, args) => ask("verifySubtask", name, args) as Promise<readonly string[]>,
  abortSubtasks: async (ids) => void (await ask("abortSubtasks", ids)),
};

const logger: Logger = {
  debug: (fields, message) => tell("log", "debug", fields, message),
  info: (fields, message) => tell("log", "info", fields, message),
  warn: (fields, message) => tell("log", "warn", fields, message),
  error: (fields, message) => tell("log", "error", fields, message),
};

async function runSubtask(
  name: string,
  args: readonly unknown[],
  { environment = {}, onProgress }: SubtaskOptions,
): Promise<number> {
  if (args.some((arg) => arg instanceof FileArgument))
    throw new ServerError("TASK_FILE_REFUSED", `an isolated task cannot hand its files on, to its subtask ${name}`);
  if (onProgress === undefined) return (await ask("runSubtask", name, args, { environment })) as number;
  const progressKey = ++lastKey;
  listeners.set(progressKey, onProgress);
  return (await ask("runSubtask", name, args, { environment, progressKey })) as number;
}

function handle({ type, content }: Message): unknown {
  const value = decodeValue(String(content));
  switch (type) {
    case "prepare":
      return answer(() => prepare(value as Job));
    case "run":
    case "rollback":
      return work(type);
    case "abort":
      return answer(abort);
    case "setEnvironment": {
      const [key, item] = value as [string, unknown];
      if (current !== undefined) current.environment[key] = item;
      return undefined;
    }
    case "processEnvironment":
      Object.assign(process.env, value);
      return undefined;
    case "subtaskProgress": {
      const [key, progress] = value as [number, TaskProgress];
      listeners.get(key)?.(progress);
      return undefined;
    }
    default:
      throw new TaskError(errno.EINVAL, `unknown message ${type}`);
  }
}

async function prepare(job: Job): Promise<void> {
  listeners.clear();
  current?.files.close();
  current = undefined;
  const taskClass = await load(job);
  const { id, name, user } = job;
  const environment = { ...job.environment };
  const controller = new AbortController();
  const task = new taskClass(createContext(host, { id, name, user, environment, logger, signal: controller.signal }));
  const files = new JobFiles(id, ask);
  const args = files.join(job.args, job.files);
  current = { job, task, environment, controller, args, files, before: process.resourceUsage() };
}

async function load({ name, source }: Job): Promise<TaskClass> {
  const { filename, exportName = "default" } = source;
  const url = filename.startsWith("file:") ? filename : pathToFileURL(filename).href;
  const module = (await import(url)) as Readonly<Record<string, unknown>>;
  const exported = module[exportName];
  if (typeof exported === "function") return exported as TaskClass;
  const { tasks } = (exported ?? {}) as { tasks?: Readonly<Record<string, TaskClass>> };
  const taskClass = tasks?.[name];
  if (taskClass !== undefined) return taskClass;
  throw new TaskError(
    errno.ENOENT,
    `task ${name} is isolated: expected ${filename} to export its class as ${exportName}, or as tasks[${JSON.stringify(name)}] of that; registerTaskHandler takes another exportName`,
  );
}

async function work(type: "run" | "rollback"): Promise<string> {
  const { task, job, args, files, before } = theTask();
  const text = await answer(
    async () => {
      const result = await callTask(task, type, args);
      if (type === "run") await files.complete();
      return result;
    },
    () => ({ rusage: usedSince(before) }),
  );
  // Pipes are written at once, so the mark stands behind everything that the task wrote.
  process.stdout.write(job.mark);
  process.stderr.write(job.mark);
  return text;
}

async function abort(): Promise<void> {
  const { task, controller } = theTask();
  controller.abort(new TaskAbortError());
  await callTask(task, "abort", []);
}

function theTask(): Current {
  if (current !== undefined) return current;
  throw new TaskError(errno.EINVAL, "no task was given to this process");
}

/** In the units of getrusage(2): seconds for times. The size is that of the process. */
function usedSince(before: NodeJS.ResourceUsage): ResourceUse {
  const now = process.resourceUsage();
  return {
    ru_utime: (now.userCPUTime - before.userCPUTime) / 1e6,
    ru_stime: (now.systemCPUTime - before.systemCPUTime) / 1e6,
    ru_maxrss: now.maxRSS,
    ru_minflt: now.minorPageFault - before.minorPageFault,
    ru_majflt: now.majorPageFault - before.majorPageFault,
    ru_inblock: now.fsRead - before.fsRead,
    ru_oublock: now.fsWrite - before.fsWrite,
    ru_nvcsw: now.voluntaryContextSwitches - before.voluntaryContextSwitches,
    ru_nivcsw: now.involuntaryContextSwitches - before.involuntaryContextSwitches,
  };
}

// Without the server there is nobody to work for, nor for what the task has started. A busy task lets no event through, which the thread sees to.
process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
endWithParent(Number(process.argv[2]));
dispatcher.register({ id: taskId, handleMessage: handle, handleMessageSync: () => null });
await dispatcher.join(ipcLink(process, { maxFrameBytes }));
