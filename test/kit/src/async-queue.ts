/** Hands what is pushed to a reader that takes it with `for await` or `next()`. One reader at a time. */
export class AsyncQueue<Item> implements AsyncIterableIterator<Item> {
  #items: Item[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  push(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** What was pushed before can still be read. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Item>> {
    for (;;) {
      const [item] = this.#items;
      if (this.#items.length > 0) {
        this.#items.shift();
        return { done: false, value: item as Item };
      }
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
