// The calls that the server has in flight at a client which offers services: answered by value, error or a stream that is read as fast as wanted.

import {
  type CallArguments,
  type ErrorArgs,
  type FragmentFrame,
  type FrameId,
  RpcError,
  type ServerFrame,
} from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import { ResultStream } from "../rpc/result-stream.ts";
import type { Answer } from "../rpc/invocation.ts";

interface Awaited {
  readonly answer: Answer;
  stream: OwnerStream | undefined;
}

/** The server's calls on one connection. */
export class OwnerCalls {
  readonly #send: (frame: ServerFrame) => void;
  readonly #awaited = new Map<FrameId, Awaited>();
  #last = 0;
  #isClosed = false;

  constructor(send: (frame: ServerFrame) => void) {
    this.#send = send;
  }

  /** Calls the client under an id of its own, which is returned; `answer` gets the result, at once when the client is gone. */
  start(method: string, args: CallArguments, answer: Answer): string {
    const id = `s${++this.#last}`;
    if (this.#isClosed) {
      answer.reject(lost());
      return id;
    }
    this.#awaited.set(id, { answer, stream: undefined });
    this.#send({ namespace: "rpc", name: "call", id, args: { method, args: args ?? [], view: false } });
    return id;
  }

  response(id: FrameId, result: unknown): void {
    this.#take(id)?.answer.resolve(result);
  }

  error(id: FrameId, args: ErrorArgs): void {
    const awaited = this.#take(id);
    const error = RpcError.fromArgs(args);
    awaited?.stream?.fail(error);
    awaited?.answer.reject(error);
  }

  fragment(id: FrameId, { seqno, fragment }: FragmentFrame["args"]): void {
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return;
    this.#streamOf(id, awaited).add(seqno, fragment);
  }

  /** `end`, and `close` without one: there is nothing more. */
  end(id: FrameId): void {
    const awaited = this.#take(id);
    if (awaited === undefined) return;
    this.#streamOf(id, awaited).finish();
  }

  /** The client is gone. */
  close(): void {
    this.#isClosed = true;
    for (const id of this.#awaited.keys()) {
      const awaited = this.#take(id);
      awaited?.stream?.fail(lost());
      awaited?.answer.reject(lost());
    }
  }

  #streamOf(id: FrameId, awaited: Awaited): OwnerStream {
    if (awaited.stream !== undefined) return awaited.stream;
    const stream = new OwnerStream({
      want: (seqno) => this.#send({ namespace: "rpc", name: "continue", id, args: seqno }),
      abort: () => this.abort(id),
    });
    awaited.stream = stream;
    awaited.answer.resolve(new ResultStream(stream));
    return stream;
  }

  /** Tells the client that nobody waits for the answer any more, which is then rejected with RPC_CALL_ABORTED. */
  abort(id: FrameId): void {
    const awaited = this.#take(id);
    if (awaited === undefined) return;
    this.#send({ namespace: "rpc", name: "abort", id, args: null });
    const error = new ServerError("RPC_CALL_ABORTED", "the caller has gone");
    awaited.stream?.fail(error);
    awaited.answer.reject(error);
  }

  #take(id: FrameId): Awaited | undefined {
    const awaited = this.#awaited.get(id);
    this.#awaited.delete(id);
    return awaited;
  }
}

interface OwnerStreamOptions {
  readonly want: (seqno: number) => void;
  readonly abort: () => void;
}

interface Reader {
  readonly resolve: (result: IteratorResult<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

/** Items that an owner streams to the server: the next fragment is asked for when the last one has been read. */
class OwnerStream implements AsyncIterator<unknown> {
  readonly #options: OwnerStreamOptions;
  #items: readonly unknown[] = [];
  #index = 0;
  #seqno = 0;
  #isFinished = false;
  #error: unknown;
  #reader: Reader | undefined;

  constructor(options: OwnerStreamOptions) {
    this.#options = options;
  }

  next(): Promise<IteratorResult<unknown>> {
    const index = this.#index++;
    if (index < this.#items.length) return Promise.resolve({ done: false, value: this.#items[index] });
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#isFinished) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#options.want(this.#seqno + 1);
    });
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#options.abort();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Takes a fragment; one that nobody asked for is dropped, so that an owner cannot fill the server's memory. */
  add(seqno: number, fragment: readonly unknown[]): void {
    const isFirst = this.#seqno === 0 && seqno === 1;
    if (seqno !== this.#seqno + 1 || (!isFirst && this.#reader === undefined)) return;
    this.#seqno = seqno;
    this.#items = fragment;
    this.#index = 0;
    this.#wake();
  }

  finish(): void {
    this.#isFinished = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#error = error;
    this.#wake();
  }

  #wake(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    this.next().then(reader.resolve, reader.reject);
  }
}

function lost(): ServerError {
  return new ServerError("RPC_SERVICE_LOST", "the owner of the service has gone");
}
