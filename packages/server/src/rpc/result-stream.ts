// Results that come piece by piece. What a generator method returns is turned into a ResultStream, or into a plain value where it is none;
// connections send it piece by piece or collect it.

import { ServerError } from "../errors.ts";

/** Items that are produced one at a time, when asked for. Reading it twice gives nothing the second time. */
export class ResultStream implements AsyncIterable<unknown> {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  #first: IteratorResult<unknown> | undefined;

  constructor(iterator: AsyncIterator<unknown> | Iterator<unknown>, first?: IteratorResult<unknown>) {
    this.#iterator = iterator;
    this.#first = first;
  }

  async next(): Promise<IteratorResult<unknown>> {
    const first = this.#first;
    if (first === undefined) return this.#iterator.next();
    this.#first = undefined;
    return first;
  }

  /** Ends the producer, wherever it is. What it throws on its way out is of no interest to anybody. */
  async return(): Promise<IteratorResult<unknown>> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The reader has gone.
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return this;
  }
}

/**
 * What the result of a generator method is for its caller: a {@link ResultStream}, or a plain value when it is not iterable, or when it ends with
 * a value before it has produced anything.
 */
export async function toResult(returned: unknown): Promise<unknown> {
  const value = await returned;
  if (value instanceof ResultStream) return value;
  const iterator = iteratorOf(value);
  if (iterator === undefined) return value;
  const first = await iterator.next();
  if (first.done === true && first.value !== undefined) return first.value as unknown;
  return new ResultStream(iterator, first);
}

/** True for what is read with `for await` and cannot be sent as a value. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * All items of a stream.
 *
 * @throws {ServerError} RPC_RESULT_TOO_LARGE when there are more than `maxItems`; the stream is then ended.
 */
export async function collect(stream: AsyncIterable<unknown>, maxItems: number): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) {
    if (items.length >= maxItems) {
      throw new ServerError(
        "RPC_RESULT_TOO_LARGE",
        `the result has more than ${maxItems} items; switch on "streaming_responses" to get it piece by piece`,
      );
    }
    items.push(item);
  }
  return items;
}

function iteratorOf(value: unknown): AsyncIterator<unknown> | Iterator<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isAsyncIterable(value)) return value[Symbol.asyncIterator]();
  // A Set, a Map and bytes are values; everything else that can be iterated over is a sequence.
  if (value instanceof Set || value instanceof Map || ArrayBuffer.isView(value) || !(Symbol.iterator in value))
    return undefined;
  return (value as Iterable<unknown>)[Symbol.iterator]();
}
