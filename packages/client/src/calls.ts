// The exchanges that this side has started on one connection and whose end has not come. call.ts and result-stream.ts start them.

import { type ClientFrame, RpcError, type ServerFrame } from "@switchboard/protocol";

/** Someone who waits for the answer of an exchange. Exactly one of `onResponse`, `onEnd` and `onFailure` is called, last. */
export interface Exchange {
  onResponse(result: unknown): void;
  onFragment(seqno: number, items: readonly unknown[]): void;
  onEnd(): void;
  onFailure(error: unknown): void;
}

/** Frames that answer an exchange. */
type Answer = Extract<ServerFrame, { name: "response" | "error" | "fragment" | "end" | "close" }>;

/** The open exchanges of one connection. */
export class Calls {
  readonly #send: (frame: ClientFrame) => void;
  readonly #open = new Map<string, Exchange>();
  #last = 0;
  #closedBy: { readonly error: unknown } | undefined;

  constructor(send: (frame: ClientFrame) => void) {
    this.#send = send;
  }

  /** What all exchanges fail with; undefined while they do not. */
  get closedBy(): unknown {
    return this.#closedBy?.error;
  }

  /**
   * Sends the frame that `frameOf` makes for a new id, and gives the exchange its answer.
   *
   * @throws {ProtocolError} PROTOCOL_VALUE_INVALID for arguments that cannot be written.
   */
  start(frameOf: (id: string) => ClientFrame, exchange: Exchange): string {
    const id = `c${++this.#last}`;
    if (this.#closedBy !== undefined) {
      exchange.onFailure(this.#closedBy.error);
      return id;
    }
    this.#open.set(id, exchange);
    try {
      this.#send(frameOf(id));
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
    return id;
  }

  /** Asks for the next piece of a stream. */
  want(id: string, seqno: number): void {
    if (this.#open.has(id)) this.#send({ namespace: "rpc", name: "continue", id, args: seqno });
  }

  /** Nobody waits any more: the other side is told to stop, and its answer will be ignored. */
  abort(id: string): void {
    if (this.#open.delete(id)) this.#send({ namespace: "rpc", name: "abort", id, args: null });
  }

  /** Takes an answer. One to an exchange that is over is of no interest. */
  receive(frame: Answer): void {
    const id = frame.id ?? "";
    const exchange = this.#open.get(id);
    if (exchange === undefined) return;
    if (frame.name === "fragment") {
      exchange.onFragment(frame.args.seqno, frame.args.fragment);
      return;
    }
    this.#open.delete(id);
    if (frame.name === "response") exchange.onResponse(frame.args);
    else if (frame.name === "error") exchange.onFailure(RpcError.fromArgs(frame.args));
    else exchange.onEnd();
  }

  /** Fails one exchange, if it is open. */
  fail(id: string, error: unknown): void {
    const exchange = this.#open.get(id);
    this.#open.delete(id);
    exchange?.onFailure(error);
  }

  /** The connection is gone: all that are open fail, and all that come. */
  close(error: unknown): void {
    this.#closedBy ??= { error };
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const exchange of open) exchange.onFailure(error);
  }
}
