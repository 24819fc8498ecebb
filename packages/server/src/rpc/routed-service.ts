// A service that another process offers over its connection: a listener of the kernel like any other, which passes calls on to its owner.

import { DEFERRED, type Dispatcher, type Message } from "@switchboard/core";
import type { CallArguments } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { Answer, Invocation } from "./invocation.ts";
import type { Caller } from "./service.ts";
import type { ServiceListener } from "./service-listener.ts";

/** A connection that can be called. */
export interface ServiceOwner extends Caller {
  /** Calls a method, and returns an id by which the call can be given up. */
  request(method: string, args: CallArguments, answer: Answer): string;
  giveUp(id: string): void;
}

/** Carries answers back to where calls came from. */
export type AnswerCarrier = Pick<Dispatcher, "respond" | "fail">;

/** True for callers that are connections able to answer calls. */
export function isServiceOwner(caller: Caller | undefined): caller is ServiceOwner {
  return caller !== undefined && "request" in caller;
}

// Answered by the owner even before it says that it is ready.
const alwaysOpen: ReadonlySet<string> = new Set(["get_metadata", "enumerate_methods"]);

/** A call that its owner works on, or that waits for the owner to be ready. One object and no promise, since there are many. */
class RoutedCall implements Answer {
  readonly invocation: Invocation;
  readonly #message: Message;
  readonly #carrier: AnswerCarrier;

  constructor(message: Message, carrier: AnswerCarrier) {
    this.invocation = message.content as Invocation;
    this.#message = message;
    this.#carrier = carrier;
  }

  resolve(result: unknown): void {
    this.#carrier.respond(this.#message, result);
  }

  reject(error: unknown): void {
    this.#carrier.fail(this.#message, error);
  }
}

/** A service of another connection. Calls wait until the owner has said that it is ready. */
export class RoutedService implements ServiceListener {
  readonly id: string;
  readonly owner: ServiceOwner;
  readonly #maxWaiting: number;
  readonly #carrier: AnswerCarrier;
  readonly #waiting = new Set<RoutedCall>();
  #isReady = false;
  #isLost = false;

  constructor(
    name: string,
    owner: ServiceOwner,
    { maxWaiting, carrier }: { readonly maxWaiting: number; readonly carrier: AnswerCarrier },
  ) {
    this.id = name;
    this.owner = owner;
    this.#maxWaiting = maxWaiting;
    this.#carrier = carrier;
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
    const call = new RoutedCall(message, this.#carrier);
    if (this.#isReady || alwaysOpen.has(invocation.method)) this.#forward(call);
    else this.#keep(call);
    return DEFERRED;
  }

  handleMessageSync(message: Message): unknown {
    return this.handleMessage(message);
  }

  /** The owner is ready: what waited goes out, in order. */
  resume(): void {
    this.#isReady = true;
    for (const call of this.#waiting) {
      this.#waiting.delete(call);
      this.#forward(call);
    }
  }

  /** The service is withdrawn: what still waits fails. Calls that the owner is working on are up to its connection. */
  withdraw(): void {
    this.#isLost = true;
    for (const call of this.#waiting) call.reject(this.#lost());
    this.#waiting.clear();
  }

  #keep(call: RoutedCall): void {
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new ServerError("RPC_CALLS_EXCEEDED", `${this.#maxWaiting} calls wait for the service ${this.id}`);
    }
    this.#waiting.add(call);
    call.invocation.onAbort(() => {
      if (this.#waiting.delete(call)) call.reject(new ServerError("RPC_CALL_ABORTED", "the caller has gone"));
    });
  }

  #forward(call: RoutedCall): void {
    const { invocation } = call;
    const id = this.owner.request(`${this.id}.${invocation.method}`, invocation.args, call);
    invocation.onAbort(() => this.owner.giveUp(id));
  }

  #lost(): ServerError {
    return new ServerError("RPC_SERVICE_LOST", `the owner of the service ${this.id} has gone`);
  }
}
