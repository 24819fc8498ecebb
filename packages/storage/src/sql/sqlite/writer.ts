// Whose turn it is to write: single statements and batches go together, a transaction has the writing thread for itself.

import type { Clock } from "@switchboard/core";
import { StorageError } from "../../errors.ts";
import type { EngineThread } from "../../thread/engine-thread.ts";
import type { Request, RunResults, Statement, StatementResult } from "./protocol.ts";
import { WriterTransaction } from "./writer-transaction.ts";

/** What the writer needs. */
export interface WriterOptions {
  readonly thread: EngineThread<Request>;
  readonly clock: Clock;
  /** How many may wait, for a transaction to end or for an answer. */
  readonly maxPending: number;
  /** How long a transaction may do nothing. */
  readonly transactionTimeoutMs: number;
}

/** What a statement of a unit gave; the runs of one that ran several times together. */
export type UnitResult = StatementResult | RunResults;

/** Gives everybody their turn, in the order they ask for it. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #waiting: (() => void)[] = [];
  #current: WriterTransaction | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Runs statements as one transaction. */
  unit(statements: readonly Statement[]): Promise<UnitResult[]> {
    return this.#inTurn(() => this.#options.thread.call({ kind: "unit", statements }) as Promise<UnitResult[]>);
  }

  /** Loads a procedure. Resolves with what runs it, each time as one transaction. */
  async procedure(module: URL): Promise<(input: unknown) => Promise<void>> {
    const { thread } = this.#options;
    await thread.load(module);
    const procedure = module.href;
    return (input) => this.#inTurn(() => thread.call({ kind: "call", procedure, input }) as Promise<void>);
  }

  /** Runs a statement that SQLite refuses inside of transactions. */
  alone(statement: Statement): Promise<StatementResult> {
    return this.#inTurn(() => this.#options.thread.call({ kind: "alone", statement }) as Promise<StatementResult>);
  }

  /** Begins a transaction; until it has ended nobody else gets a turn. */
  begin(): Promise<WriterTransaction> {
    return this.#inTurn(async () => {
      const transaction = new WriterTransaction(this.#options, () => {
        this.#current = undefined;
        this.#next();
      });
      this.#current = transaction;
      await transaction.begin();
      return transaction;
    });
  }

  /** Resolves when no transaction is open and nobody waits. */
  async idle(): Promise<void> {
    if (this.#current !== undefined) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const { maxPending, thread } = this.#options;
    if (this.#waiting.length + thread.pending >= maxPending) {
      const message = `${maxPending} statements wait for their turn or an answer already`;
      return Promise.reject(new StorageError("STORAGE_OVERLOADED", message, { details: { maxPending } }));
    }
    if (this.#current === undefined) return work();
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => void work().then(resolve, reject));
    });
  }

  /** Lets those go who waited, up to the next one who begins a transaction. */
  #next(): void {
    while (this.#current === undefined) {
      const start = this.#waiting.shift();
      if (start === undefined) break;
      start();
    }
    if (this.#current === undefined) this.#onIdle?.();
  }
}
