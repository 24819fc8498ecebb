// The calls that a client has in flight: run by the service registry, answered by value, error or stream.

import { type CallFrame, errno, type FrameId, RpcError, type ServerFrame } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { Answer, Invocation } from "../rpc/invocation.ts";
import { collect, isAsyncIterable, ResultStream } from "../rpc/result-stream.ts";
import { toErrorArgs } from "../rpc/rpc-error.ts";
import type { Caller } from "../rpc/service.ts";
import type { ServiceRegistry } from "../rpc/service-registry.ts";
import { StreamSender } from "./stream-sender.ts";

/** What the calls of a connection need. */
export interface ClientCallsOptions {
  readonly caller: Caller;
  readonly services: ServiceRegistry;
  readonly maxOpenCalls: number;
  readonly maxCollectedItems: number;
  /** Items in a fragment, asked for when a stream begins. */
  readonly burstSize: () => number;
  readonly debug: boolean;
  readonly send: (frame: ServerFrame) => void;
}

interface OpenCall extends Answer {
  readonly id: FrameId;
  readonly invocation: Invocation;
  readonly view: boolean;
  stream: StreamSender | undefined;
}

/** The calls of one connection. */
export class ClientCalls {
  readonly #options: ClientCallsOptions;
  readonly #open = new Map<FrameId, OpenCall>();

  constructor(options: ClientCallsOptions) {
    this.#options = options;
  }

  /** How many calls and streams are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Starts a call. It is answered under the frame's id, whatever happens. */
  start({ id, args: { method, args, view = false } }: CallFrame): void {
    const { services, caller, maxOpenCalls } = this.#options;
    try {
      if (this.#open.has(id)) throw new RpcError(errno.EINVAL, `a call with the id ${JSON.stringify(id)} is in flight`);
      if (this.#open.size >= maxOpenCalls) {
        throw new ServerError("RPC_CALLS_EXCEEDED", `${maxOpenCalls} calls are in flight on this connection`);
      }
      const found = services.find(method, args, caller);
      const call: OpenCall = {
        id,
        invocation: found.invocation,
        view,
        stream: undefined,
        resolve: (result) => this.#answer(call, result),
        reject: (error) => this.#fail(call, error),
      };
      this.#open.set(id, call);
      services.start(found, call);
    } catch (error) {
      this.refuse(id, error);
    }
  }

  /** The client wants the fragment of that number. */
  continue(id: FrameId, seqno: number): void {
    const stream = this.#open.get(id)?.stream;
    if (stream === undefined) this.refuse(id, new ServerError("RPC_STREAM_UNKNOWN", "no stream of that id is open"));
    else stream.want(seqno);
  }

  /** The client wants no answer any more. */
  abort(id: FrameId): void {
    const call = this.#open.get(id);
    if (call === undefined) {
      this.refuse(id, new ServerError("RPC_STREAM_UNKNOWN", "no call of that id is in flight"));
      return;
    }
    this.#end(call);
    this.#options.send({ namespace: "rpc", name: "close", id, args: null });
  }

  /** The client is gone: everything that works for it is told. */
  close(): void {
    for (const call of this.#open.values()) this.#end(call);
  }

  /** Answers with an error, under an id for which nothing is open. */
  refuse(id: FrameId, error: unknown): void {
    this.#options.send({ namespace: "rpc", name: "error", id, args: toErrorArgs(error, this.#options.debug) });
  }

  #answer(call: OpenCall, result: unknown): void {
    if (isAsyncIterable(result)) return this.#stream(call, result);
    if (!this.#forget(call)) return;
    try {
      this.#options.send({ namespace: "rpc", name: "response", id: call.id, args: result });
    } catch (error) {
      // The result cannot be written.
      this.refuse(call.id, error);
    }
  }

  #stream(call: OpenCall, result: AsyncIterable<unknown>): void {
    const stream = result instanceof ResultStream ? result : new ResultStream(result[Symbol.asyncIterator]());
    if (call.invocation.aborted) {
      void stream.return();
      return;
    }
    const { caller, burstSize, maxCollectedItems, send } = this.#options;
    if (!caller.features.has("streaming_responses")) {
      call.invocation.onAbort(() => void stream.return());
      collect(stream, maxCollectedItems).then(
        (items) => this.#answer(call, items),
        (error: unknown) => this.#fail(call, error),
      );
      return;
    }
    const outlet = {
      send,
      fail: (error: unknown) => this.#fail(call, error),
      over: () => void this.#forget(call),
    };
    call.stream = new StreamSender(stream, {
      id: call.id,
      burstSize: burstSize(),
      view: call.view,
      maxKept: maxCollectedItems,
      outlet,
    });
    call.stream.want(1);
  }

  #fail(call: OpenCall, error: unknown): void {
    if (this.#forget(call)) this.refuse(call.id, error);
  }

  /** Frees the call's id; false when it was free already, so that nothing is answered twice. */
  #forget(call: OpenCall): boolean {
    return this.#open.get(call.id) === call && this.#open.delete(call.id);
  }

  #end(call: OpenCall): void {
    this.#forget(call);
    call.invocation.abort();
    call.stream?.abort();
  }
}
