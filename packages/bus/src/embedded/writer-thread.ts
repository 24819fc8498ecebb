// The main thread's end of the writer thread: starts it, sends it work, and starts it again when it dies.

import type { Worker } from "node:worker_threads";
import type { Clock, Logger, Timer } from "@switchboard/core";
import { StorageError } from "@switchboard/storage";
import { startWorker } from "@switchboard/storage/sqlite";
import { BusError } from "../errors.ts";
import type { BatchMessage, Claimed, FromWriter, PlainError, Questions, StoredState, ToWriter } from "./protocol.ts";

const firstRestartDelayMs = 100;
const maxRestartDelayMs = 10_000;

/** What the writer thread reports. */
export interface WriterEvents {
  /** The database is open; what was in memory counts no more. */
  opened(state: StoredState): void;
  /** The batch is on disk; `spare` is its buffer. */
  committed(claimed: readonly Claimed[], spare: ArrayBuffer): void;
  /** The batch is not on disk. */
  failed(error: StorageError | BusError): void;
  /** The thread has died. Nothing it was given since its last report is known to be safe. It will be started again. */
  lost(error: BusError): void;
}

interface Waiting {
  resolve(answer: never): void;
  reject(error: unknown): void;
}

/** The writer thread, as long as the bus is open. */
export class WriterThread {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: WriterEvents;
  readonly #questions: Map<number, Waiting> = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastQuestion = 0;
  #restartDelayMs = firstRestartDelayMs;
  #restartTimer: Timer | undefined;
  #stopping = false;

  constructor(folder: string, host: { clock: Clock; logger: Logger }, events: WriterEvents) {
    this.#folder = folder;
    this.#clock = host.clock;
    this.#logger = host.logger;
    this.#events = events;
  }

  /** Starts the thread and opens the database. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const data = { folder: this.#folder, now: this.#clock.now() };
      const worker = startWorker(new URL("./writer.ts", import.meta.url), data);
      // An open bus keeps its process alive.
      worker.ref();
      let reason: unknown;
      worker.on("message", (message: FromWriter) => {
        if (message.kind === "refused") reason = toError(message.error);
        else if (message.kind === "opened") {
          this.#opened(worker, message.state);
          resolve();
        } else this.#receive(message);
      });
      worker.on("error", (error) => (reason = error));
      worker.on("exit", (code) => {
        const text = `the writer thread of ${this.#folder} ended with code ${code}`;
        const error = new BusError("BUS_CONNECTION_LOST", text, { cause: reason });
        if (this.#worker === worker) this.#lost(error);
        // Has no effect once it was open.
        reject(reason instanceof StorageError || reason instanceof BusError ? reason : error);
      });
    });
  }

  send(batch: BatchMessage): void {
    this.#post(batch, [batch.bytes]);
  }

  /** Asks the database something; what was sent before is in it. */
  ask<Name extends keyof Questions>(name: Name, ask: Questions[Name]["ask"]): Promise<Questions[Name]["answer"]> {
    return new Promise((resolve, reject) => {
      if (this.#worker === undefined) {
        reject(new BusError("BUS_CONNECTION_LOST", `the writer thread of ${this.#folder} is not running`));
        return;
      }
      const number = ++this.#lastQuestion;
      this.#questions.set(number, { resolve, reject });
      this.#post({ kind: "question", number, name, ask }, []);
    });
  }

  /** Closes the database and ends the thread; `clean` when everything was written and nothing is in a handler. */
  async stop(how: Questions["close"]["ask"]): Promise<void> {
    this.#stopping = true;
    this.#restartTimer?.cancel();
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => void worker.once("exit", () => resolve()));
    try {
      await this.ask("close", how);
    } catch (error) {
      this.#logger.warn({ path: this.#folder, err: error }, "the bus's files could not be closed in order");
    }
    await exited;
  }

  #opened(worker: Worker, state: StoredState): void {
    if (this.#stopping) {
      // Closed while it was being started again.
      void worker.terminate();
      return;
    }
    this.#worker = worker;
    this.#restartDelayMs = firstRestartDelayMs;
    this.#events.opened(state);
  }

  #post(message: ToWriter, transfer: ArrayBuffer[]): void {
    this.#worker?.postMessage(message, transfer);
  }

  #receive(message: Exclude<FromWriter, { kind: "opened" | "refused" }>): void {
    switch (message.kind) {
      case "committed":
        this.#events.committed(message.claimed, message.bytes);
        return;
      case "failed":
        this.#events.failed(toError(message.error));
        return;
      case "answer":
        this.#takeQuestion(message.number)?.resolve(message.answer as never);
        return;
      case "unanswered":
        this.#takeQuestion(message.number)?.reject(toError(message.error));
        return;
      default:
        message satisfies never;
    }
  }

  #takeQuestion(number: number): Waiting | undefined {
    const waiting = this.#questions.get(number);
    this.#questions.delete(number);
    return waiting;
  }

  #lost(error: BusError): void {
    this.#worker = undefined;
    for (const waiting of this.#questions.values()) waiting.reject(error);
    this.#questions.clear();
    if (this.#stopping) return;
    this.#logger.error({ path: this.#folder, err: error }, "the writer thread has ended and will be started again");
    this.#events.lost(error);
    this.#restartLater();
  }

  #restartLater(): void {
    const delayMs = this.#restartDelayMs;
    this.#restartDelayMs = Math.min(delayMs * 2, maxRestartDelayMs);
    this.#restartTimer = this.#clock.setTimer(() => {
      this.start().catch((error: unknown) => {
        this.#logger.error({ path: this.#folder, err: error }, "the writer thread could not be started again");
        if (!this.#stopping) this.#restartLater();
      });
    }, delayMs);
  }
}

function toError({ code, message, details }: PlainError): StorageError | BusError {
  return code === "BUS_FORMAT_UNKNOWN"
    ? new BusError(code, message, { details })
    : new StorageError(code, message, { details });
}
