// Items that come at their own pace and are read with `for await`: under the streams of results, events and progress.

/** What a queue tells its source. */
export interface ItemQueueOptions {
  /** The first reader began to wait. Whoever adds several items at once looks at {@link ItemQueue.isHungry} afterwards. */
  readonly onHungry?: () => void;
  /** The reader has gone, or the source was ended or has failed. Called once. */
  readonly onOver?: () => void;
}

interface Reader<Item> {
  resolve(result: IteratorResult<Item>): void;
  reject(error: unknown): void;
}

/** A queue with a reading end. What was pushed before the end or a failure can still be read. */
export class ItemQueue<Item> implements AsyncIterableIterator<Item> {
  readonly #options: ItemQueueOptions;
  #items: Item[] = [];
  #index = 0;
  readonly #readers: Reader<Item>[] = [];
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: ItemQueueOptions = {}) {
    this.#options = options;
  }

  /** Items that nobody has read. */
  get size(): number {
    return this.#items.length - this.#index;
  }

  /** True while a reader waits. */
  get isHungry(): boolean {
    return this.#readers.length > 0;
  }

  /** True once nothing can be added any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Adds an item; after the end it is dropped. */
  push(item: Item): void {
    if (this.#isOver) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#items.push(item);
    else reader.resolve({ done: false, value: item });
  }

  /** Removes the oldest item that nobody has read. */
  dropOldest(): Item | undefined {
    return this.#take();
  }

  /** Nothing more will come. */
  end(): void {
    if (!this.#finish()) return;
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  /** Nothing more will come, and the reader is told why, once, after what is there. */
  fail(error: unknown): void {
    if (!this.#finish()) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#failure = { error };
    else reader.reject(error);
    for (const other of this.#readers.splice(0)) other.resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Item>> {
    if (this.size > 0) return Promise.resolve({ done: false, value: this.#take() as Item });
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return Promise.reject(failure.error);
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      if (this.#readers.length === 1) this.#options.onHungry?.();
    });
  }

  /** The reader goes: what is there is dropped. */
  return(): Promise<IteratorResult<Item>> {
    this.#items = [];
    this.#index = 0;
    this.#failure = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#index++];
    // Shifting each time would move all that wait behind it.
    if (this.#index > 32 && this.#index * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#index);
      this.#index = 0;
    }
    return item;
  }

  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#options.onOver?.();
    return true;
  }
}
