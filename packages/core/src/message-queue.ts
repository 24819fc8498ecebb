// A bounded queue of messages, filled by listeners and emptied by the program in its own time.

import { type Clock, systemClock } from "./clock.ts";
import { MessageError, QueueFullError, UndeliverableError } from "./errors.ts";
import { Fifo } from "./fifo.ts";
import { describe, type Message } from "./message.ts";
import { TimerEntry, TimerWheel } from "./timer-wheel.ts";

export interface MessageQueueOptions {
  /** How many messages it holds. Default 10_000. */
  readonly maxMessages?: number;
  /**
   * What happens to a message for which there is no room: its sender gets an error (default), or waits. As many senders may wait
   * as there is room for messages; a synchronous sender always gets the error.
   */
  readonly whenFull?: "error" | "wait";
  /** Default: the host's clock. */
  readonly clock?: Clock;
}

interface Waiting {
  readonly message: Message;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Keeps messages until somebody takes them. Taking them is the program's duty: nothing else removes them.
 *
 * Order: first in, first out; of several takers the one who has waited longest gets the next message.
 */
export class MessageQueue implements AsyncIterable<Message> {
  readonly #maxMessages: number;
  readonly #whenFull: "error" | "wait";
  readonly #wheel: TimerWheel;
  readonly #messages = new Fifo<Message>();
  readonly #waiting = new Fifo<Waiting>();
  readonly #takers = new Fifo<Taker>();
  #closed = false;

  constructor({ maxMessages = 10_000, whenFull = "error", clock = systemClock }: MessageQueueOptions = {}) {
    if (!Number.isInteger(maxMessages) || maxMessages < 1) {
      throw new MessageError(`maxMessages must be an integer from 1, got ${maxMessages}`, {
        details: { field: "maxMessages" },
      });
    }
    this.#maxMessages = maxMessages;
    this.#whenFull = whenFull;
    this.#wheel = TimerWheel.of(clock);
  }

  /** How many messages wait to be taken. */
  get length(): number {
    return this.#messages.length;
  }

  /**
   * Puts a message at the end. Returns a promise when its sender has to wait for room.
   *
   * @throws {QueueFullError} KERNEL_QUEUE_FULL; {@link UndeliverableError} KERNEL_UNDELIVERABLE once the queue is closed.
   */
  put(message: Message): Promise<void> | undefined {
    if (this.#whenFull === "error" || this.#messages.length < this.#maxMessages) {
      this.putNow(message);
      return undefined;
    }
    if (this.#waiting.length >= this.#maxMessages) throw this.#full(message);
    return new Promise((resolve, reject) => this.#waiting.push({ message, resolve, reject }));
  }

  /** Puts a message at the end, or throws as `put` does: whoever puts it cannot wait. */
  putNow(message: Message): void {
    if (this.#closed) throw new UndeliverableError(`${describe(message)}: the queue was closed`);
    for (let taker = this.#takers.shift(); taker !== undefined; taker = this.#takers.shift()) {
      if (taker.take(message)) return;
    }
    if (this.#messages.length >= this.#maxMessages) throw this.#full(message);
    this.#messages.push(message);
  }

  /** Takes the oldest message, if there is one. */
  takeNow(): Message | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#messages.push(next.message);
      next.resolve();
    }
    return message;
  }

  /**
   * Takes the oldest message, or waits for the next one. Resolves with undefined when none has come within `timeoutMs`
   * (0 to 2_147_483_647, default without limit), or when the queue is closed.
   */
  getQueuedMessage({ timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<Message | undefined> {
    const message = this.takeNow();
    if (message !== undefined || this.#closed || timeoutMs === 0) return Promise.resolve(message);
    return new Promise((resolve) => {
      const taker = new Taker(resolve, this.#wheel);
      this.#takers.push(taker);
      if (timeoutMs !== undefined) this.#wheel.add(taker, timeoutMs);
    });
  }

  /** Yields messages as they come, until the queue is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void> {
    for (let next = await this.getQueuedMessage(); next !== undefined; next = await this.getQueuedMessage()) yield next;
  }

  /** Accepts no more messages. Those in it can still be taken; whoever waits for one gets nothing. Idempotent. */
  close(): void {
    this.#closed = true;
    for (let taker = this.#takers.shift(); taker !== undefined; taker = this.#takers.shift()) taker.take(undefined);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next.reject(new UndeliverableError(`${describe(next.message)}: the queue was closed`));
    }
  }

  #full(message: Message): QueueFullError {
    return new QueueFullError(`${describe(message)}: the queue holds ${this.#maxMessages} messages, as many as it may`);
  }
}

/** Somebody who waits for a message. */
class Taker extends TimerEntry {
  #resolve: ((message: Message | undefined) => void) | undefined;
  readonly #wheel: TimerWheel;

  constructor(resolve: (message: Message | undefined) => void, wheel: TimerWheel) {
    super();
    this.#resolve = resolve;
    this.#wheel = wheel;
  }

  /** Returns false when it has stopped waiting. */
  take(message: Message | undefined): boolean {
    const resolve = this.#resolve;
    if (resolve === undefined) return false;
    this.#resolve = undefined;
    this.#wheel.remove(this);
    resolve(message);
    return true;
  }

  expire(): void {
    this.take(undefined);
  }
}
