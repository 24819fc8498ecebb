// One transaction on the writing thread, step by step, from the side of the one who asks.

import type { Clock, Timer } from "@switchboard/core";
import { StorageError } from "../../errors.ts";
import type { EngineThread } from "../../thread/engine-thread.ts";
import type { Request } from "./protocol.ts";

/** What a transaction needs. */
export interface TransactionOptions {
  readonly thread: EngineThread<Request>;
  readonly clock: Clock;
  /** How long it may do nothing before it is rolled back. */
  readonly transactionTimeoutMs: number;
}

/** Holds the writer from `begin` to `commit` or `rollback`, or until it has done nothing for too long. */
export class WriterTransaction {
  readonly #options: TransactionOptions;
  readonly #onEnd: () => void;
  #state: "open" | "ended" | "timed out" = "open";
  #running = 0;
  #idleSince = 0;
  #timer: Timer | undefined;

  /** `onEnd` is called once, when the writer is free again. */
  constructor(options: TransactionOptions, onEnd: () => void) {
    this.#options = options;
    this.#onEnd = onEnd;
  }

  async begin(): Promise<void> {
    try {
      await this.#options.thread.call({ kind: "begin" });
    } catch (error) {
      this.#end("ended");
      throw error;
    }
    this.#idleSince = this.#options.clock.now();
    this.#watch(this.#options.transactionTimeoutMs);
  }

  /**
   * Does one step.
   *
   * @throws {StorageError} STORAGE_TRANSACTION_TIMEOUT; what the step fails with.
   */
  async step(request: Request): Promise<unknown> {
    this.#check();
    this.#running++;
    try {
      return await this.#options.thread.call(request);
    } finally {
      this.#running--;
      this.#idleSince = this.#options.clock.now();
    }
  }

  async commit(): Promise<void> {
    this.#check();
    const committed = this.#options.thread.call({ kind: "commit" });
    // The thread keeps the order, so the next one need not wait for the answer.
    this.#end("ended");
    await committed;
  }

  /** Does nothing when the transaction has ended already, whichever way. */
  async rollback(): Promise<void> {
    if (this.#state !== "open") return;
    const rolledBack = this.#options.thread.call({ kind: "rollback" });
    this.#end("ended");
    await rolledBack;
  }

  #check(): void {
    if (this.#state === "open") return;
    if (this.#state === "ended") throw new StorageError("STORAGE_FAILED", "the transaction has ended");
    const { transactionTimeoutMs } = this.#options;
    const message = `the transaction did nothing for ${transactionTimeoutMs} ms and was rolled back`;
    throw new StorageError("STORAGE_TRANSACTION_TIMEOUT", message, { details: { transactionTimeoutMs } });
  }

  #watch(delayMs: number): void {
    const { clock, transactionTimeoutMs, thread } = this.#options;
    this.#timer = clock.setTimer(() => {
      const leftMs = this.#running > 0 ? transactionTimeoutMs : this.#idleSince + transactionTimeoutMs - clock.now();
      if (leftMs > 0) {
        this.#watch(leftMs);
        return;
      }
      // Only a closed or dead thread rejects this, and there the transaction is gone as well.
      thread.call({ kind: "rollback" }).catch(() => undefined);
      this.#end("timed out");
    }, delayMs);
  }

  #end(state: "ended" | "timed out"): void {
    this.#state = state;
    this.#timer?.cancel();
    this.#onEnd();
  }
}
