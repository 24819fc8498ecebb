// A service that another process offers over its connection: a listener of the kernel like any other, which passes calls on to its owner.

import type { Message } from "@switchboard/core";
import type { CallArguments } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { Invocation } from "./invocation.ts";
import type { Caller } from "./service.ts";
import type { ServiceListener } from "./service-listener.ts";

/** A connection that can be called. */
export interface ServiceOwner extends Caller {
  request(method: string, args: CallArguments): { readonly result: Promise<unknown>; abort(): void };
}

/** True for callers that are connections able to answer calls. */
export function isServiceOwner(caller: Caller | undefined): caller is ServiceOwner {
  return caller !== undefined && "request" in caller;
}

// Answered by the owner even before it says that it is ready.
const alwaysOpen: ReadonlySet<string> = new Set(["get_metadata", "enumerate_methods"]);

interface Waiting {
  readonly invocation: Invocation;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A service of another connection. Calls wait until the owner has said that it is ready. */
export class RoutedService implements ServiceListener {
  readonly id: string;
  readonly owner: ServiceOwner;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Waiting>();
  #isReady = false;
  #isLost = false;

  constructor(name: string, owner: ServiceOwner, maxWaiting: number) {
    this.id = name;
    this.owner = owner;
    this.#maxWaiting = maxWaiting;
  }

  isOpen(): boolean {
    return false;
  }

  timeoutOf(): undefined {
    return undefined;
  }

  handleMessage(message: Message): unknown {
    const invocation = message.content as Invocation;
    if (this.#isLost) throw this.#lost();
    if (!/^[A-Za-z]/.test(invocation.method) || invocation.method === "initialize") {
      throw new ServerError("RPC_METHOD_UNKNOWN", `service ${this.id} has no such method`);
    }
    if (this.#isReady || alwaysOpen.has(invocation.method)) return this.#forward(invocation);
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new ServerError("RPC_CALLS_EXCEEDED", `${this.#maxWaiting} calls wait for the service ${this.id}`);
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { invocation, resolve, reject };
      this.#waiting.add(waiting);
      invocation.onAbort(() => {
        this.#waiting.delete(waiting);
        reject(new ServerError("RPC_CALL_ABORTED", "the caller has gone"));
      });
    });
  }

  handleMessageSync(message: Message): unknown {
    return this.handleMessage(message);
  }

  /** The owner is ready: what waited goes out, in order. */
  resume(): void {
    this.#isReady = true;
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      this.#forward(waiting.invocation).then(waiting.resolve, waiting.reject);
    }
  }

  /** The service is withdrawn: what still waits fails. Calls that the owner is working on are up to its connection. */
  withdraw(): void {
    this.#isLost = true;
    for (const { reject } of this.#waiting) reject(this.#lost());
    this.#waiting.clear();
  }

  #forward(invocation: Invocation): Promise<unknown> {
    const call = this.owner.request(`${this.id}.${invocation.method}`, invocation.args);
    invocation.onAbort(() => call.abort());
    return call.result;
  }

  #lost(): ServerError {
    return new ServerError("RPC_SERVICE_LOST", `the owner of the service ${this.id} has gone`);
  }
}
