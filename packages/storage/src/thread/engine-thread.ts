// The owner's end of an engine's thread: sends requests in batches, hands out the answers, bounds what waits, and starts the thread again if
// it dies.

import type { Worker } from "node:worker_threads";
import { StorageError } from "../errors.ts";
import { type Answers, type Failure, type FromThread, type ToThread, fromFailure } from "./protocol.ts";

/** How a thread is run. */
export interface EngineThreadOptions {
  /** For error messages. */
  readonly name: string;
  /** Starts the worker; called again by the next request after it has died. */
  readonly start: () => Worker;
  /** How many requests may be without an answer. */
  readonly maxPending: number;
}

interface Call {
  readonly request: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StorageError) => void;
}

// With two batches there, the thread always has the next one when it has finished one; what comes meanwhile makes up a larger third one.
const maxBatchesSent = 2;
const maxBatchSize = 1_000;

/**
 * A worker thread that answers requests in order.
 *
 * While the thread works on a batch, new requests gather for the next one, so that what is costly per batch (a message between threads, an
 * fsync) is shared by more the busier it gets. The thread keeps the process alive while requests wait for their answers.
 */
export class EngineThread<Request> {
  readonly #options: EngineThreadOptions;
  #worker: Worker | undefined;
  #opening: Omit<Call, "request"> | undefined;
  #waiting: Call[] = [];
  #sent: (readonly Call[])[] = [];
  readonly #modules: string[] = [];
  #loading: Omit<Call, "request">[] = [];
  #isFlushScheduled = false;
  #closing: Promise<void> | undefined;
  #onClosed: (() => void) | undefined;
  #isCloseSent = false;

  constructor(options: EngineThreadOptions) {
    this.#options = options;
  }

  /**
   * Starts the thread and resolves when it has opened its files. Called first, once.
   *
   * @throws {StorageError} what opening failed with.
   */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve: () => resolve(), reject };
      this.#start().ref();
    });
  }

  /**
   * Has the thread load a module, and each thread that takes its place. Resolves when it has been loaded. Called on an open one.
   *
   * @throws {StorageError} what loading it failed with; STORAGE_CLOSED; STORAGE_CONNECTION_LOST (the thread died).
   */
  load(module: URL): Promise<void> {
    const { name } = this.#options;
    if (this.#closing !== undefined) return Promise.reject(new StorageError("STORAGE_CLOSED", `${name} is closed`));
    this.#modules.push(module.href);
    return new Promise((resolve, reject) => {
      this.#loading.push({ resolve: () => resolve(), reject });
      if (this.#worker === undefined) this.#start();
      else this.#post({ load: module.href });
    });
  }

  /**
   * Resolves with the answer.
   *
   * @throws {StorageError} STORAGE_OVERLOADED, STORAGE_CLOSED, STORAGE_CONNECTION_LOST (the thread died); what the thread answered.
   */
  call(request: Request): Promise<unknown> {
    const { name, maxPending } = this.#options;
    if (this.#closing !== undefined) return Promise.reject(new StorageError("STORAGE_CLOSED", `${name} is closed`));
    if (this.pending >= maxPending) {
      const message = `${name}: ${maxPending} calls wait for an answer already`;
      return Promise.reject(new StorageError("STORAGE_OVERLOADED", message, { details: { maxPending } }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (this.#isFlushScheduled) return;
      this.#isFlushScheduled = true;
      queueMicrotask(() => {
        this.#isFlushScheduled = false;
        this.#flush();
      });
    });
  }

  /** Waits for the answers to all requests, then ends the thread. Idempotent. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = new Promise((resolve) => (this.#onClosed = resolve));
      if (this.#worker === undefined) this.#onClosed?.();
      else this.#flush();
    }
    return this.#closing;
  }

  /** How many requests are without an answer. */
  get pending(): number {
    let pending = this.#waiting.length;
    for (const batch of this.#sent) pending += batch.length;
    return pending;
  }

  #start(): Worker {
    const worker = this.#options.start();
    this.#worker = worker;
    let cause: unknown;
    worker.on("message", (message: FromThread) => {
      if ("values" in message) this.#onAnswers(message);
      else if ("loaded" in message) this.#onLoaded(message.loaded);
      else this.#onOpened(message.opened === undefined ? undefined : fromFailure(message.opened));
    });
    worker.on("error", (error) => (cause = error));
    worker.on("exit", () => {
      const context = cause === undefined ? {} : { cause };
      this.#onEnded(new StorageError("STORAGE_CONNECTION_LOST", `${this.#options.name}: its thread died`, context));
    });
    for (const module of this.#modules) this.#post({ load: module });
    return worker;
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#sent.length < maxBatchesSent) {
      const batch = this.#waiting.splice(0, maxBatchSize);
      this.#sent.push(batch);
      if (this.#worker === undefined) this.#start();
      this.#post(batch.map(({ request }) => request));
    }
    if (this.#closing !== undefined && this.#waiting.length === 0 && !this.#isCloseSent) {
      this.#isCloseSent = true;
      this.#post("close");
    }
  }

  #post(message: ToThread): void {
    if (this.#sent.length <= 1) this.#worker?.ref();
    this.#worker?.postMessage(message);
  }

  #onAnswers({ values, failed }: Answers): void {
    const batch = this.#sent.shift() ?? [];
    for (const index of failed) batch[index]?.reject(fromFailure(values[index] as Failure));
    // Those that were rejected take no notice of it.
    for (const [index, { resolve }] of batch.entries()) resolve(values[index]);
    this.#flush();
    if (this.#closing === undefined) this.#rest();
  }

  /** Keeps the process alive no longer when nobody waits for the thread. */
  #rest(): void {
    if (this.#sent.length === 0 && this.#loading.length === 0) this.#worker?.unref();
  }

  #onOpened(failure: StorageError | undefined): void {
    if (failure === undefined) this.#opening?.resolve(undefined);
    else this.#rejectAll(failure);
    this.#opening = undefined;
    this.#rest();
  }

  // Nobody waits for those that a new thread loads again.
  #onLoaded(failure: Failure | undefined): void {
    const waiting = this.#loading.shift();
    if (failure === undefined) waiting?.resolve(undefined);
    else waiting?.reject(fromFailure(failure));
    this.#rest();
  }

  #onEnded(error: StorageError): void {
    this.#worker = undefined;
    this.#rejectAll(error);
    this.#onClosed?.();
  }

  #rejectAll(error: StorageError): void {
    const calls = [...this.#sent.flat(), ...this.#waiting, ...this.#loading];
    this.#sent = [];
    this.#waiting = [];
    this.#loading = [];
    this.#opening?.reject(error);
    for (const { reject } of calls) reject(error);
  }
}
