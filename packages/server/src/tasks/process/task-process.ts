// One child process for isolated tasks, seen from the server: started, given one task after the other, killed.

import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type Clock, Dispatcher, type Logger, type Message } from "@switchboard/core";
import { ipcLink } from "@switchboard/links";
import { decodeValue, encodeValue, errno } from "@switchboard/protocol";
import { deferred } from "../../deferred.ts";
import { within } from "../../within.ts";
import type { Execution, ExecutionEnd } from "../execution.ts";
import type { LiveTask, ResourceUse } from "../live-task.ts";
import { TaskError } from "../task-errors.ts";
import type { TaskHost } from "../task-host.ts";
import { ExecutorLostError } from "../task-run.ts";
import { FileArgument } from "../../schema/index.ts";
import { FileEnds, fileMethods } from "./files.ts";
import { OutputCapture } from "./output.ts";
import { answer, type Job, maxFrameBytes, readAnswer, serverId, taskId } from "./wire.ts";

/** What a process is started with. */
export interface TaskProcessOptions {
  readonly index: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string>>;
  readonly maxOutputChars: number;
  readonly startTimeoutMs: number;
  /** Called once when it has ended, whatever ended it. */
  readonly onExit: (process: TaskProcess) => void;
}

/** What a process is doing. */
export type ExecutorState = "STARTING" | "IDLE" | "ASSIGNED" | "EXECUTING";

type SubtaskRequest = [
  name: string,
  args: unknown[],
  options: { environment?: Record<string, unknown>; progressKey?: number },
];

/** What a task may ask for as it is; `runSubtask` takes a function, which cannot cross. */
const hostMethods = [
  "call",
  "emit",
  "store",
  "setProgress",
  "addWarning",
  "joinSubtasks",
  "verifySubtask",
  "abortSubtasks",
] as const satisfies readonly (keyof TaskHost)[];

const isSource = import.meta.url.endsWith(".ts");

/** A process that runs tasks. */
export class TaskProcess {
  readonly index: number;
  readonly pid: number | undefined;
  state: ExecutorState = "STARTING";
  /** True when it was ended on purpose. */
  isStopped = false;
  readonly #child: ChildProcess;
  readonly #dispatcher: Dispatcher;
  readonly #logger: Logger;
  readonly #output: OutputCapture;
  readonly #mark: string = `\0${randomUUID()}\0`;
  /** Rejects when the process has ended. */
  readonly #lost: Promise<never>;
  #host: TaskHost | undefined;
  #files: FileEnds | undefined;

  constructor(options: TaskProcessOptions) {
    const { index, clock, logger, environment, maxOutputChars, onExit } = options;
    this.index = index;
    this.#logger = logger;
    const entry = fileURLToPath(new URL(isSource ? "./worker.ts" : "./worker.js", import.meta.url));
    this.#child = fork(entry, [String(process.pid)], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...environment },
      // Leads a group of its own, so that what it starts can be killed with it.
      detached: true,
      ...(isSource ? { execArgv: ["--conditions=source", "--import", import.meta.resolve("tsx")] } : {}),
    });
    this.pid = this.#child.pid;
    const streams = [this.#child.stdout, this.#child.stderr].filter((stream) => stream !== null);
    this.#output = new OutputCapture(streams, { mark: this.#mark, maxChars: maxOutputChars });
    this.#lost = new Promise((_, reject) => {
      const end = (why: string): void => {
        reject(new ExecutorLostError(errno.EFAULT, `the process that ran the task ended (${why})`));
        void this.#dispatcher.shutdown();
        onExit(this);
      };
      this.#child.on("error", (error) => this.#child.pid ?? end(error.message));
      this.#child.on("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    });
    this.#lost.catch(() => undefined);
    this.#dispatcher = new Dispatcher({
      clock,
      logger,
      onError: ({ error }) => logger.warn({ error }, "a task's process was not understood"),
    });
    this.#dispatcher.register({
      id: serverId,
      handleMessage: (message) => this.#serve(message),
      handleMessageSync: () => null,
    });
  }

  /** Resolves when it can be given a task. */
  async start({ clock, startTimeoutMs }: Pick<TaskProcessOptions, "clock" | "startTimeoutMs">): Promise<void> {
    const late = (): never => {
      const message = `the process for the task did not start within ${startTimeoutMs} ms`;
      throw new ExecutorLostError(errno.EFAULT, message);
    };
    try {
      const joined = this.#dispatcher.join(ipcLink(this.#child, { maxFrameBytes, clock, logger: this.#logger }));
      const joinedOrLost = Promise.race([joined.catch(() => this.#lost), this.#lost]);
      await within({ clock, timeoutMs: startTimeoutMs, late }, joinedOrLost);
      this.state = "IDLE";
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  /** Gives it a task. */
  async assign(task: LiveTask, host: TaskHost): Promise<void> {
    this.state = "ASSIGNED";
    this.#host = host;
    this.#output.begin();
    const { id, name, user, environment, args, handler } = task;
    const { source } = handler;
    if (source === undefined)
      throw new TaskError(errno.EINVAL, `task ${name} is isolated, but nobody said in which file its class is`);
    this.#files = new FileEnds(id, args);
    const job: Job = {
      id,
      name,
      user,
      environment,
      args: args.map((arg) => (arg instanceof FileArgument ? null : arg)),
      files: this.#files.list(),
      source,
      mark: this.#mark,
    };
    await this.ask("prepare", job);
  }

  /** Takes the task away, which is over. */
  release(): string | null {
    this.#host = undefined;
    this.#files = undefined;
    this.state = "IDLE";
    return this.#output.take();
  }

  /** Waits until what the task wrote has been read. */
  async outputComplete(): Promise<void> {
    await this.#output.complete();
  }

  /** Says something to the task's side and resolves with the answer; rejects with what was thrown there, or when the process ends. */
  async ask(type: string, content: unknown): Promise<ReturnType<typeof readAnswer>> {
    const sent = this.#dispatcher.send({
      type,
      destinationId: taskId,
      content: encodeValue(content),
      responseRequired: true,
    });
    // When the link is lost the process has ended or is about to.
    const reply = await Promise.race([this.#lost, sent.catch(() => this.#giveUp())]);
    return readAnswer(reply);
  }

  /** Says something to which there is no answer. */
  tell(type: string, content: unknown): void {
    this.#dispatcher.send({ type, destinationId: taskId, content: encodeValue(content) }).catch((error: unknown) => {
      this.#logger.debug({ pid: this.pid, error }, "a task's process could not be told something");
    });
  }

  /** Ends it at once, with everything that it has started. Idempotent. */
  kill(): void {
    this.isStopped = true;
    if (this.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }

  /** Resolves when it has ended. */
  async exited(): Promise<void> {
    await this.#lost.catch(() => undefined);
  }

  async #giveUp(): Promise<never> {
    if (this.#child.connected) return this.#lost;
    this.#child.kill("SIGKILL");
    return this.#lost;
  }

  /** What the task asks of the server. */
  #serve({ type, content }: Message): unknown {
    const args = decodeValue(String(content)) as unknown[];
    return answer(() => this.#do(type, args));
  }

  #do(type: string, args: readonly unknown[]): unknown {
    const host = this.#host;
    if (host === undefined) throw new TaskError(errno.EPERM, "no task is running here");
    this.state = "EXECUTING";
    if (type === "runSubtask") return this.#runSubtask(host, ...(args as SubtaskRequest));
    if (type === "log") return this.#log(...(args as [keyof Logger, object, string]));
    const fileMethod = fileMethods.find((name) => name === type);
    if (fileMethod !== undefined) return this.#files?.handle(fileMethod, args);
    const method = hostMethods.find((name) => name === type);
    if (method === undefined)
      throw new TaskError(errno.EINVAL, `a task asked for ${JSON.stringify(type)}, which is unknown`);
    return (host[method] as (...args: unknown[]) => unknown).apply(host, [...args]);
  }

  #runSubtask(host: TaskHost, ...[name, args, { environment = {}, progressKey }]: SubtaskRequest): Promise<number> {
    if (progressKey === undefined) return host.runSubtask(name, args, { environment });
    return host.runSubtask(name, args, {
      environment,
      onProgress: (progress) => this.tell("subtaskProgress", [progressKey, progress]),
    });
  }

  #log(level: keyof Logger, fields: object, message: string): void {
    if (["debug", "info", "warn", "error"].includes(level)) this.#logger[level]({ pid: this.pid, ...fields }, message);
  }
}

/** A task in a process. */
export class ProcessExecution implements Execution {
  readonly #process: TaskProcess;
  readonly #onEnd: (process: TaskProcess) => void;
  readonly #killed = deferred<never>();
  #rusage: ResourceUse | null = null;

  constructor(process: TaskProcess, onEnd: (process: TaskProcess) => void) {
    this.#process = process;
    this.#onEnd = onEnd;
    this.#killed.promise.catch(() => undefined);
  }

  run(): Promise<unknown> {
    this.#process.state = "EXECUTING";
    return Promise.race([this.#killed.promise, this.#work("run")]);
  }

  async rollback(): Promise<void> {
    await Promise.race([this.#killed.promise, this.#work("rollback")]);
  }

  async abort(): Promise<void> {
    await Promise.race([this.#killed.promise, this.#process.ask("abort", null)]);
  }

  kill(reason: Error): void {
    this.#killed.reject(reason);
    this.#process.kill();
  }

  setEnvironment(key: string, value: unknown): void {
    this.#process.tell("setEnvironment", [key, value]);
  }

  end(): ExecutionEnd {
    const output = this.#process.release();
    this.#onEnd(this.#process);
    return { rusage: this.#rusage, output };
  }

  async #work(type: "run" | "rollback"): Promise<unknown> {
    try {
      const { value, extra } = await this.#process.ask(type, null);
      this.#rusage = extra["rusage"] as ResourceUse;
      return value;
    } catch (error) {
      const { remote } = error as { remote?: { rusage?: ResourceUse } };
      this.#rusage = remote?.rusage ?? this.#rusage;
      throw error;
    } finally {
      await this.#process.outputComplete();
    }
  }
}
