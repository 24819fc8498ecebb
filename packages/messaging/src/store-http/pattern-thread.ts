// Tests JavaScript regular expressions of whoever may ask, in a thread of its own, so that one that takes exponential time holds nobody else up: it is
// given a second for one message, and the thread is ended when that is not enough.

import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "@switchboard/core";

/** What is looked for in one place of a message. */
export interface PatternCondition {
  /** Path to the value: `msg.content`, `msg.from_addr`, `msg.helper_metadata.tag`. */
  readonly key: string;
  readonly pattern: string;
  /** JavaScript's: `i`, `m`, `s`, `u`. */
  readonly flags: string;
}

const timeoutMs = 1_000;

// Plain JavaScript in a text: a thread needs a file of its own otherwise, which runs from source and built alike only with a loader.
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const patterns = workerData.map(({ pattern, flags }) => new RegExp(pattern, flags));
parentPort.on("message", (values) => {
  parentPort.postMessage(patterns.some((pattern, index) => {
    pattern.lastIndex = 0;
    return values[index] !== null && pattern.test(values[index]);
  }));
});
parentPort.postMessage(true);
`;

/** Tests the values of messages, one message after the other. */
export class PatternThread {
  readonly #conditions: readonly PatternCondition[];
  readonly #clock: Clock;
  #worker: Worker | undefined;
  #answered: ((answer: boolean) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  /** Messages that took too long; they count as not matching. */
  tooSlow = 0;

  /** The conditions must have been compiled before. */
  constructor(conditions: readonly PatternCondition[], clock: Clock) {
    this.#conditions = conditions;
    this.#clock = clock;
  }

  /** True when any condition is found in its value; null never matches. Call it again when it has resolved. */
  async matches(values: readonly (string | null)[]): Promise<boolean> {
    if (values.every((value) => value === null)) return false;
    const worker = this.#worker ?? (await this.#start());
    let timer: Timer | undefined;
    try {
      return await this.#answer(() => {
        timer = this.#clock.setTimer(() => {
          this.tooSlow += 1;
          this.#answered?.(false);
          void this.close();
        }, timeoutMs);
        worker.postMessage(values, []);
      });
    } finally {
      timer?.cancel();
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** How long a thread takes to start is not the pattern's fault. */
  async #start(): Promise<Worker> {
    const worker = new Worker(program, { eval: true, workerData: this.#conditions });
    const isCurrent = (): boolean => this.#worker === worker;
    worker.on("message", (answer: boolean) => isCurrent() && this.#answered?.(answer));
    worker.on("error", (error: unknown) => {
      if (!isCurrent()) return;
      this.#worker = undefined;
      this.#failed?.(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker = worker;
    await this.#answer(() => undefined);
    return worker;
  }

  #answer(ask: () => void): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      ask();
    });
  }
}
