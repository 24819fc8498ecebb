// Group commit: what is stored at the same time shares one transaction. While a group is being committed the next one gathers, so groups
// grow with the load and one message alone waits for nobody. With more than one on their way groups would be smaller, and on PostgreSQL meet.

import { StorageError } from "@switchboard/storage";

/** How a queue writes. */
export interface WriteQueueOptions<Item> {
  /** Writes a group in one transaction; resolves when all of it is safe, rejects when none of it is. */
  readonly write: (group: readonly Item[]) => Promise<void>;
  /** Largest group. */
  readonly maxGroup: number;
  /** How many items may wait; further ones are refused. */
  readonly maxPending: number;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes items in groups. */
export class WriteQueue<Item> {
  readonly #options: WriteQueueOptions<Item>;
  #waiting: Waiting<Item>[] = [];
  #running: Promise<void> | undefined;
  #isScheduled = false;
  #isClosed = false;

  constructor(options: WriteQueueOptions<Item>) {
    this.#options = options;
  }

  /** How many items wait for their turn. */
  get pending(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves when the item is safe.
   *
   * @throws {StorageError} STORAGE_OVERLOADED (retryable) when too many wait, STORAGE_CLOSED; what writing it threw.
   */
  add(item: Item): Promise<void> {
    const { maxPending } = this.#options;
    if (this.#isClosed) return Promise.reject(new StorageError("STORAGE_CLOSED", "the message store is closed"));
    if (this.#waiting.length >= maxPending) {
      const message = `message store: ${maxPending} messages wait to be stored already`;
      return Promise.reject(new StorageError("STORAGE_OVERLOADED", message, { details: { maxPending } }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  /** Refuses further items; resolves when those that wait are written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#start();
    while (this.#running !== undefined) await this.#running;
  }

  // What is added in the same turn of the event loop belongs to the same group: an answer, say, and the event about it.
  #schedule(): void {
    if (this.#isScheduled || this.#running !== undefined) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    if (this.#waiting.length === 0 || this.#running !== undefined) return;
    this.#running = this.#write(this.#waiting.splice(0, this.#options.maxGroup)).finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }

  // One item that cannot be written must not take the others with it.
  async #write(group: readonly Waiting<Item>[]): Promise<void> {
    try {
      await this.#options.write(group.map(({ item }) => item));
    } catch (error) {
      if (group.length === 1 || isRetryable(error)) {
        for (const { reject } of group) reject(error);
      } else {
        for (const one of group) await this.#write([one]);
      }
      return;
    }
    for (const { resolve } of group) resolve();
  }
}

/** A lost connection or a full disk is nobody's fault in the group, and trying each alone would not help. */
function isRetryable(error: unknown): boolean {
  return error instanceof StorageError && error.retryable;
}
