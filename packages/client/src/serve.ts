// Answers the calls that come in on one connection: by value, error or stream. Used for the services that a client offers, and by the peer of ./testing.

import {
  type CallFrame,
  errno,
  type ErrorArgs,
  type FrameId,
  ProtocolError,
  RpcError,
  type SharedFrame,
} from "@switchboard/protocol";

/** Runs a method; throws RpcError with ENOENT for one that there is not. */
export type RunMethod = (method: string, args: unknown, signal: AbortSignal) => unknown;

/** How calls are answered. */
export interface ServeOptions {
  readonly run: RunMethod;
  readonly send: (frame: SharedFrame) => void;
  /** What a handler threw that is not meant for the caller. */
  readonly onError: (error: unknown) => void;
  /** False: items are collected into one array. Asked when a result is there. */
  readonly streams?: () => boolean;
}

// As many as servers put into a fragment.
const burstSize = 16;

interface OpenCall {
  readonly abort: AbortController;
  iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  /** Number of the last fragment. */
  seqno: number;
  /** The item that the producer is at, while a fragment was sent without waiting for it. */
  next?: Promise<IteratorResult<unknown>> | undefined;
  /** What the iterator has thrown, to be told after the items before it. */
  failure?: { readonly error: unknown };
  work: Promise<void>;
}

/** The calls of the other side that are not answered. */
export class ServedCalls {
  readonly #options: ServeOptions;
  readonly #open = new Map<FrameId, OpenCall>();

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  /** Runs a call. */
  start({ id, args: { method, args } }: CallFrame): void {
    if (this.#open.has(id)) {
      this.#refuse(id, new RpcError(errno.EINVAL, "a call with this id is in flight"));
      return;
    }
    const call: OpenCall = { abort: new AbortController(), iterator: undefined, seqno: 0, work: Promise.resolve() };
    this.#open.set(id, call);
    // What is asked for meanwhile comes after the first fragment.
    call.work = this.#attempt(id, call, async () => {
      const result = await this.#options.run(method, args, call.abort.signal);
      call.iterator = iteratorOf(result);
      if (call.iterator === undefined) this.#answer(id, call, { namespace: "rpc", name: "response", id, args: result });
      else if (this.#options.streams?.() === false) await this.#collect(id, call);
      else await this.#sendFragment(id, call, 1);
    });
  }

  /** The other side wants the fragment of that number. */
  continue(id: FrameId, seqno: number): void {
    const call = this.#open.get(id);
    if (call?.iterator === undefined) {
      this.#refuse(id, new RpcError(errno.ENOENT, "no stream of this id is open"));
      return;
    }
    call.work = call.work.then(() => this.#attempt(id, call, () => this.#sendFragment(id, call, seqno)));
  }

  /** The other side wants no answer any more. */
  abort(id: FrameId): void {
    const call = this.#open.get(id);
    if (call === undefined) {
      this.#refuse(id, new RpcError(errno.ENOENT, "no call of this id is in flight"));
      return;
    }
    this.#end(id, call);
    this.#options.send({ namespace: "rpc", name: "close", id, args: null });
  }

  /** The connection is gone: everything that works for it is told. */
  close(): void {
    for (const [id, call] of this.#open) this.#end(id, call);
  }

  async #attempt(id: FrameId, call: OpenCall, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (this.#open.get(id) !== call) return;
      this.#end(id, call);
      this.#refuse(id, error);
    }
  }

  async #sendFragment(id: FrameId, call: OpenCall, seqno: number): Promise<void> {
    if (this.#open.get(id) !== call) return;
    if (seqno <= call.seqno) throw new RpcError(errno.EINVAL, `expected a number above ${call.seqno}, got ${seqno}`);
    let fragment = await this.#take(call);
    // Those between are produced and dropped.
    for (call.seqno++; call.seqno < seqno && fragment.length > 0; call.seqno++) fragment = await this.#take(call);
    if (this.#open.get(id) !== call) return;
    if (fragment.length > 0) {
      this.#options.send({ namespace: "rpc", name: "fragment", id, args: { seqno, fragment } });
      return;
    }
    this.#answer(id, call, { namespace: "rpc", name: "end", id, args: seqno });
    this.#options.send({ namespace: "rpc", name: "close", id, args: null });
  }

  async #take(call: OpenCall): Promise<unknown[]> {
    const items: unknown[] = [];
    try {
      if (call.failure !== undefined) throw call.failure.error;
      let turn: Promise<void> | undefined;
      while (items.length < burstSize && !call.abort.signal.aborted && call.iterator !== undefined) {
        call.next ??= Promise.resolve(call.iterator.next());
        // A producer that waits must not keep back what it has produced.
        if (items.length > 0 && !(await settlesBefore(call.next, (turn ??= nextTurn())))) break;
        const result = await call.next;
        call.next = undefined;
        if (result.done === true) break;
        items.push(result.value);
      }
    } catch (error) {
      if (items.length === 0) throw error;
      // What came before it is still good.
      call.failure = { error };
    }
    return items;
  }

  async #collect(id: FrameId, call: OpenCall): Promise<void> {
    const all: unknown[] = [];
    for (let items = await this.#take(call); items.length > 0; items = await this.#take(call)) all.push(...items);
    this.#answer(id, call, { namespace: "rpc", name: "response", id, args: all });
  }

  #answer(id: FrameId, call: OpenCall, frame: SharedFrame): void {
    if (this.#open.get(id) !== call) return;
    this.#options.send(frame);
    this.#open.delete(id);
  }

  #end(id: FrameId, call: OpenCall): void {
    this.#open.delete(id);
    call.abort.abort();
    void leave(call.iterator);
  }

  #refuse(id: FrameId, error: unknown): void {
    this.#options.send({ namespace: "rpc", name: "error", id, args: this.#errorArgs(error) });
  }

  #errorArgs(error: unknown): ErrorArgs {
    if (error instanceof RpcError) return error.toArgs();
    if (error instanceof ProtocolError) return { code: error.errno, message: error.message };
    // The text may name files and secrets of this host.
    this.#options.onError(error);
    return { code: errno.EFAULT, message: "the service failed unexpectedly" };
  }
}

async function leave(iterator: OpenCall["iterator"]): Promise<void> {
  try {
    await iterator?.return?.();
  } catch {
    // What a producer throws on its way out is of no interest to anybody.
  }
}

function iteratorOf(value: unknown): AsyncIterator<unknown> | Iterator<unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  // A Set, a Map and bytes are values; a generator is a sequence.
  return Symbol.iterator in value && "next" in value ? (value as IterableIterator<unknown>) : undefined;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 0));
}

function yes(): boolean {
  return true;
}

function settlesBefore(one: Promise<unknown>, other: Promise<void>): Promise<boolean> {
  return Promise.race([one.then(yes, yes), other.then(() => false)]);
}
