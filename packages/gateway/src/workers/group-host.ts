// Runs the workers of a group in a process of their own, joined to the gateway's kernel. One that dies or hangs is started again with what it ran;
// what it had in work is delivered again. The other end is `group-main.ts`.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Bus } from "@switchboard/bus";
import { type Clock, Dispatcher, type Logger, type Timer } from "@switchboard/core";
import { ipcLink } from "@switchboard/links";
import type { KeyValueOptions, SqlOptions } from "@switchboard/storage";
import { GatewayError } from "../errors.ts";
import { within } from "../within.ts";
import type { ObservationBatch } from "../observe/gateway-observer.ts";
import { BusServer } from "../linked-bus/bus-server.ts";
import type { BusChoice } from "../run-worker.ts";
import { lastWords } from "./group-log.ts";
import { gatewayId, type GroupSettings, groupId, type GroupReport, type PlainPlan, toPlainPlan } from "./group-wire.ts";
import type { HostedWorker, WorkerHost } from "./host.ts";
import type { GatewayWorkerPlan } from "./plan.ts";

/** What groups share. */
export interface GroupHostOptions {
  /** The gateway's bus, lent to the process unless it can open one of its own. */
  readonly bus: Bus;
  readonly busChoice: BusChoice;
  readonly keyValue: KeyValueOptions;
  /** Where the message store is; undefined when there is none. */
  readonly store: SqlOptions | undefined;
  /** Gets what the workers of the process did. */
  readonly onObserved: (batch: ObservationBatch) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gets each line that the process logs: a pino record, or plain text. */
  readonly onLog: (group: string, line: string) => void;
  /** Throws what is wrong with a plan. */
  readonly check: (plan: GatewayWorkerPlan) => Promise<void>;
  /** A process that takes more is drained and started again. */
  readonly maxMemoryBytes?: number;
  /** A process that does not answer for longer is killed and started again. */
  readonly maxLoopDelayMs?: number;
}

const reportEveryMs = 5_000;
const endTimeoutMs = 5_000;
const lastWordsLimit = { timeoutMs: 1_000, what: (): string => "its output does not end" };
const greetTimeoutMs = 30_000;
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const main = new URL(`./group-main.${extension}`, import.meta.url);

/** The workers of one group. Its process lives from the first `start` until the last worker has stopped. */
export class GroupHost implements WorkerHost {
  readonly process: string;
  readonly #options: GroupHostOptions;
  readonly #lost: Map<string, (error: unknown) => void> = new Map();
  #running: Promise<GroupProcess> | undefined;

  constructor(group: string, options: GroupHostOptions) {
    this.process = group;
    this.#options = options;
  }

  async start(plan: GatewayWorkerPlan, onLost: (error: unknown) => void): Promise<HostedWorker> {
    this.#running ??= this.#open();
    const running = await this.#running;
    await running.call("start", toPlainPlan(plan));
    this.#lost.set(plan.name, onLost);
    const { name } = plan;
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      this.#lost.delete(name);
      await running.call("stop", name);
      if (this.#lost.size > 0 || this.#running === undefined) return;
      this.#running = undefined;
      await running.end();
    };
    return {
      pid: running.pid,
      pause: () => running.call("pause", name),
      resume: () => running.call("resume", name),
      stop: () => (stopping ??= stop()),
    };
  }

  check(plan: GatewayWorkerPlan): Promise<void> {
    return this.#options.check(plan);
  }

  async close(): Promise<void> {
    const running = await this.#running?.catch(() => undefined);
    this.#running = undefined;
    this.#lost.clear();
    await running?.end();
  }

  #open(): Promise<GroupProcess> {
    const opened = GroupProcess.open(this.process, this.#options, (reason) => {
      if (this.#running === opened) this.#running = undefined;
      const error = new GatewayError("GROUP_PROCESS_LOST", `the process of group ${this.process} ended: ${reason}`);
      const lost = [...this.#lost.values()];
      this.#lost.clear();
      for (const onLost of lost) onLost(error);
    });
    opened.catch(() => {
      if (this.#running === opened) this.#running = undefined;
    });
    return opened;
  }
}

/** One process, from its start to its end. */
class GroupProcess {
  readonly #group: string;
  readonly #child: ChildProcess;
  readonly #dispatcher: Dispatcher;
  readonly #server: BusServer;
  readonly #options: GroupHostOptions;
  #watch: Timer | undefined;
  /** Why it ends, where that is known. */
  #why: string | undefined;
  #ended: Promise<void>;

  static async open(group: string, options: GroupHostOptions, onEnd: (reason: string) => void): Promise<GroupProcess> {
    const child = fork(main, { stdio: ["ignore", "pipe", "pipe", "ipc"], serialization: "advanced" });
    const opened = new GroupProcess(group, child, { options, onEnd });
    try {
      await opened.#greet();
      return opened;
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  private constructor(
    group: string,
    child: ChildProcess,
    { options, onEnd }: { readonly options: GroupHostOptions; readonly onEnd: (reason: string) => void },
  ) {
    this.#group = group;
    this.#child = child;
    this.#options = options;
    this.#dispatcher = new Dispatcher();
    this.#server = new BusServer(`bus of ${group}`, options.bus, this.#dispatcher);
    for (const stream of [child.stdout, child.stderr]) this.#readLog(stream);
    // It ends by itself with this process, unless it hangs.
    const kill = (): void => void child.kill("SIGKILL");
    process.once("exit", kill);
    const allRead = once(child, "close");
    this.#ended = once(child, "exit").then(async ([code, signal]) => {
      this.#watch?.cancel();
      process.removeListener("exit", kill);
      // It may have left a process behind that keeps its output open.
      await within({ clock: options.clock, ...lastWordsLimit }, allRead).catch(() => undefined);
      const how = signal === null ? `exit code ${String(code)}` : String(signal);
      onEnd([how, ...(this.#why === undefined ? [] : [this.#why])].join(", "));
      await this.#server.release();
      await this.#dispatcher.shutdown();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async call(type: string, content: PlainPlan | string): Promise<void> {
    await this.#dispatcher.send({ type, destinationId: groupId, responseRequired: true, content });
  }

  async end(): Promise<void> {
    const kill = this.#options.clock.setTimer(() => this.#child.kill("SIGKILL"), endTimeoutMs);
    this.#child.kill("SIGTERM");
    await this.#ended;
    kill.cancel();
  }

  // The process asks for its settings, says when it is ready for workers, and tells what they do.
  async #greet(): Promise<void> {
    const { busChoice, keyValue, store = null, onObserved } = this.#options;
    const settings: GroupSettings = { group: this.#group, bus: busChoice, busId: this.#server.id, keyValue, store };
    const ready = new Promise<null>((resolve) => {
      const answers: Readonly<Record<string, (content: unknown) => unknown>> = {
        settings: () => settings,
        ready: () => resolve(null),
        observed: (content) => onObserved(content as ObservationBatch),
      };
      this.#dispatcher.register({
        id: gatewayId,
        handleMessageSync: () => undefined,
        handleMessage: ({ type, content }) => answers[type]?.(content) ?? null,
      });
    });
    const failed = this.#ended.then(() => {
      throw new GatewayError("GROUP_PROCESS_LOST", `the process of group ${this.#group} ended as it started`);
    });
    failed.catch(() => undefined);
    await this.#dispatcher.join(ipcLink(this.#child));
    const { clock } = this.#options;
    const what = (): string => `the process of group ${this.#group} did not start`;
    await within({ clock, timeoutMs: greetTimeoutMs, what }, Promise.race([ready, failed]));
    this.#watchIt();
  }

  #watchIt(): void {
    const { clock, maxLoopDelayMs, maxMemoryBytes } = this.#options;
    if (maxLoopDelayMs === undefined && maxMemoryBytes === undefined) return;
    this.#watch = clock.setTimer(() => void this.#look(), reportEveryMs);
  }

  async #look(): Promise<void> {
    const { maxLoopDelayMs, maxMemoryBytes = Infinity, logger } = this.#options;
    try {
      const { memoryBytes } = (await this.#dispatcher.send(
        { type: "report", destinationId: groupId, responseRequired: true },
        { timeoutMs: maxLoopDelayMs ?? 60_000 },
      )) as GroupReport;
      if (memoryBytes <= maxMemoryBytes) return this.#watchIt();
      this.#why = `it took ${Math.round(memoryBytes / 2 ** 20)} MiB of memory, more than max-memory allows`;
      logger.warn({ group: this.#group, memoryBytes }, "a group takes too much memory; it is started again");
      this.#child.kill("SIGTERM");
    } catch (error) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
      this.#why = "it did not answer for longer than max-loop-delay allows";
      logger.error({ group: this.#group, err: error }, "a group does not answer; it is killed and started again");
      this.#child.kill("SIGKILL");
    }
  }

  #readLog(stream: Readable | null): void {
    if (stream === null) return;
    createInterface({ input: stream }).on("line", (line) => {
      this.#why ??= lastWords(line);
      this.#options.onLog(this.#group, line);
    });
  }
}
