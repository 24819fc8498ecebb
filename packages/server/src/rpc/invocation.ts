// One call on its way to a method: the content of the kernel message that carries it. It can be aborted from outside at any time.

import type { CallArguments } from "@switchboard/protocol";
import type { Caller } from "./service.ts";

/** Whoever waits for the outcome of a call. */
export interface Answer {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** A call of a method. */
export class Invocation {
  /** The method's name without its service. */
  readonly method: string;
  readonly args: CallArguments;
  /** Undefined: from inside the process, nothing is checked. */
  readonly caller: Caller | undefined;
  #aborted = false;
  #listener: (() => void) | undefined;

  constructor(method: string, args: CallArguments, caller: Caller | undefined) {
    this.method = method;
    this.args = args;
    this.caller = caller;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Nobody waits for the result any more. Whoever works on it is told; a second time does nothing. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#listener?.();
  }

  /** Calls `listener` when the call is aborted, at once when it has been. There is one listener: whoever works on the call. */
  onAbort(listener: () => void): void {
    if (this.#aborted) listener();
    else this.#listener = listener;
  }
}
