// Sends a streamed result to a client: one fragment at first, then one for each `continue`. The producer is advanced only when asked.

import type { ServerFrame } from "@switchboard/protocol";
import { ServerError } from "../errors.ts";
import type { ResultStream } from "../rpc/result-stream.ts";

/** What a stream needs of its connection. */
export interface StreamOutlet {
  send(frame: ServerFrame): void;
  /** The stream has failed; it is over. */
  fail(error: unknown): void;
  /** The stream is over, and its id free. */
  over(): void;
}

/** How a stream is sent. */
export interface StreamSenderOptions {
  readonly id: string | null;
  /** Items in a fragment. */
  readonly burstSize: number;
  /** Keep what was sent, so that it may be asked for again, and stay open at the end. */
  readonly view: boolean;
  /** How many items may be kept for a `view`. */
  readonly maxKept: number;
  readonly outlet: StreamOutlet;
}

const maxAhead = 10_000;
const maxWaiting = 64;
const turnEvery = 64;

/** One stream on its way to a client. */
export class StreamSender {
  readonly #stream: ResultStream;
  readonly #options: StreamSenderOptions;
  /** All fragments so far, with `view`. */
  readonly #kept: unknown[][] = [];
  /** Number of the last fragment that was produced. */
  #position = 0;
  #isDrained = false;
  /** What the producer has thrown, to be told after the items before it. */
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  /** The item that the producer is at, while a fragment was sent without waiting for it. */
  #next: Promise<IteratorResult<unknown>> | undefined;
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(stream: ResultStream, options: StreamSenderOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** Sends fragment `seqno`, after what was asked for before. The first one is asked for by the server itself. */
  want(seqno: number): void {
    if (this.#waiting >= maxWaiting) {
      this.#fail(new ServerError("RPC_STREAM_POSITION", `at most ${maxWaiting} fragments may be asked for in advance`));
      return;
    }
    this.#waiting++;
    this.#work = this.#work.then(async () => {
      this.#waiting--;
      if (this.#isOver) return;
      try {
        await this.#send(seqno);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  /** Ends the producer and answers nothing any more. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#stream.return();
  }

  async #send(seqno: number): Promise<void> {
    this.#check(seqno);
    const { id, view, outlet } = this.#options;
    const fragment = await this.#fragment(seqno);
    if (this.#isOver) return;
    if (fragment !== undefined) {
      outlet.send({ namespace: "rpc", name: "fragment", id, args: { seqno, fragment } });
      return;
    }
    outlet.send({ namespace: "rpc", name: "end", id, args: seqno });
    if (view) return;
    outlet.send({ namespace: "rpc", name: "close", id, args: null });
    this.#isOver = true;
    outlet.over();
  }

  #check(seqno: number): void {
    const lowest = this.#options.view ? 1 : this.#position + 1;
    if (seqno < lowest) {
      throw new ServerError("RPC_STREAM_POSITION", `expected a fragment number from ${lowest}, got ${seqno}`);
    }
    // With `view` and past the end nothing has to be produced.
    if (!this.#isDrained && seqno > this.#position + maxAhead) {
      throw new ServerError("RPC_STREAM_POSITION", `at most ${maxAhead} fragments may be skipped, got ${seqno}`);
    }
  }

  async #fragment(seqno: number): Promise<unknown[] | undefined> {
    let fragment: unknown[] | undefined;
    while (this.#position < seqno && !this.#isDrained && !this.#isOver) {
      fragment = await this.#produce();
      // Producers that never wait would keep everybody else waiting.
      if (this.#position % turnEvery === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.#options.view) return this.#kept[seqno - 1];
    return this.#position === seqno ? fragment : undefined;
  }

  async #produce(): Promise<unknown[] | undefined> {
    const fragment = await this.#take();
    if (fragment.length === 0) return undefined;
    this.#position++;
    if (this.#options.view) this.#keep(fragment);
    return fragment;
  }

  async #take(): Promise<unknown[]> {
    const items: unknown[] = [];
    if (this.#failure !== undefined) throw this.#failure.error;
    let turn: Promise<void> | undefined;
    try {
      while (items.length < this.#options.burstSize) {
        this.#next ??= this.#stream.next();
        // A producer that waits, for what has not happened yet say, must not keep back what it has produced.
        if (items.length > 0 && !(await settlesBefore(this.#next, (turn ??= nextTurn())))) break;
        const { done, value } = await this.#next;
        this.#next = undefined;
        if (done === true) {
          this.#isDrained = true;
          break;
        }
        items.push(value);
      }
    } catch (error) {
      if (items.length === 0) throw error;
      // What came before it is still good.
      this.#failure = { error };
    }
    return items;
  }

  #keep(fragment: unknown[]): void {
    this.#kept.push(fragment);
    const { burstSize, maxKept } = this.#options;
    if (this.#kept.length * burstSize > maxKept) {
      throw new ServerError("RPC_RESULT_TOO_LARGE", `a view keeps at most ${maxKept} items`);
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.abort();
    this.#options.outlet.fail(error);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function yes(): boolean {
  return true;
}

function settlesBefore(one: Promise<unknown>, other: Promise<void>): Promise<boolean> {
  return Promise.race([one.then(yes, yes), other.then(() => false)]);
}
