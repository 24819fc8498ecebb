// The processes for isolated tasks: started when one is needed, used again, replaced when they die or when plugins were reloaded.

import type { Clock, Logger, Timer } from "@switchboard/core";
import { errno } from "@switchboard/protocol";
import type { Execution } from "../execution.ts";
import type { ResolvedTaskLimits } from "../limits.ts";
import type { LiveTask } from "../live-task.ts";
import { TaskError } from "../task-errors.ts";
import type { TaskHost } from "../task-host.ts";
import { type ExecutorState, ProcessExecution, TaskProcess } from "./task-process.ts";

/** One place where tasks run. */
export interface ExecutorInfo {
  readonly index: number;
  readonly state: ExecutorState;
  readonly pid: number | null;
}

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Keeps processes for tasks. */
export class ProcessPool {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: ResolvedTaskLimits;
  readonly #processes = new Map<number, TaskProcess>();
  readonly #idle: TaskProcess[] = [];
  /** Started before the last {@link recycle}. */
  readonly #outdated = new WeakSet<TaskProcess>();
  #environment: Readonly<Record<string, string>> = {};
  /** Processes that died since one did its work. */
  #deaths = 0;
  #notBefore = 0;
  readonly #pauses = new Map<Timer, () => void>();
  #isClosed = false;

  constructor({
    clock,
    logger,
    limits,
  }: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly limits: ResolvedTaskLimits;
  }) {
    this.#clock = clock;
    this.#logger = logger;
    this.#limits = limits;
  }

  /** Gives a task a process of its own. */
  async open(task: LiveTask, host: TaskHost): Promise<Execution> {
    const process = this.#idle.pop() ?? (await this.#start());
    try {
      await process.assign(task, host);
    } catch (error) {
      process.release();
      this.#takeBack(process);
      throw error;
    }
    return new ProcessExecution(process, (used) => this.#takeBack(used));
  }

  /** All processes by index. */
  list(): ExecutorInfo[] {
    return Array.from(this.#processes.values(), ({ index, state, pid }) => ({ index, state, pid: pid ?? null }));
  }

  /** Sets variables in the environment of all processes. */
  setEnvironment(environment: Readonly<Record<string, string>>): void {
    this.#environment = { ...this.#environment, ...environment };
    for (const process of this.#processes.values()) process.tell("processEnvironment", environment);
  }

  /** Replaces all processes, those with a task when it is over. */
  recycle(): void {
    for (const process of this.#processes.values()) this.#outdated.add(process);
    for (const process of this.#idle.splice(0)) process.kill();
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [timer, go] of this.#pauses) {
      timer.cancel();
      go();
    }
    const all = [...this.#processes.values()];
    for (const process of all) process.kill();
    await Promise.all(all.map((process) => process.exited()));
    // Tasks may come again after a while.
    this.#isClosed = false;
  }

  async #start(): Promise<TaskProcess> {
    const pauseMs = this.#notBefore - this.#clock.now();
    if (pauseMs > 0) await this.#pause(pauseMs);
    if (this.#isClosed) throw new TaskError(errno.EINTR, "the server stops");
    let index = 1;
    while (this.#processes.has(index)) index++;
    const { maxOutputChars, startTimeoutMs } = this.#limits;
    const process = new TaskProcess({
      index,
      clock: this.#clock,
      logger: this.#logger,
      environment: this.#environment,
      maxOutputChars,
      startTimeoutMs,
      onExit: (ended) => this.#forget(ended),
    });
    this.#processes.set(index, process);
    await process.start({ clock: this.#clock, startTimeoutMs });
    return process;
  }

  #takeBack(process: TaskProcess): void {
    if (process.isStopped || this.#processes.get(process.index) !== process) return;
    this.#deaths = 0;
    this.#notBefore = 0;
    if (this.#outdated.has(process) || this.#idle.length >= this.#limits.maxProcesses) process.kill();
    else this.#idle.push(process);
  }

  #forget(process: TaskProcess): void {
    if (this.#processes.get(process.index) === process) this.#processes.delete(process.index);
    const index = this.#idle.indexOf(process);
    if (index !== -1) this.#idle.splice(index, 1);
    if (process.isStopped) return;
    this.#deaths++;
    const pauseMs = Math.min(firstPauseMs * 2 ** (this.#deaths - 1), longestPauseMs);
    this.#notBefore = this.#clock.now() + pauseMs;
    this.#logger.warn({ pid: process.pid, pauseMs }, "a process for tasks died; the next one starts after a pause");
  }

  async #pause(pauseMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(() => {
        this.#pauses.delete(timer);
        resolve();
      }, pauseMs);
      this.#pauses.set(timer, resolve);
    });
  }
}
