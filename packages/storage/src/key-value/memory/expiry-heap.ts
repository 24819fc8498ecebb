// A binary heap by expiry that knows where each of its elements is, so that changing or removing one leaves nothing behind.

/** What the heap holds: its owner sets `expiresAt` through the heap only. */
export interface HeapItem {
  expiresAt: number | undefined;
  /** Position in the heap, -1 when not in it. */
  heapIndex: number;
}

/** Items by when they expire, earliest first. All changes take time logarithmic in their number. */
export class ExpiryHeap<Item extends HeapItem> {
  readonly #items: Item[] = [];

  /** The item that expires first. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  /** Sets when `item` expires; undefined takes it out. */
  set(item: Item, expiresAt: number | undefined): void {
    item.expiresAt = expiresAt;
    if (expiresAt === undefined) this.#remove(item);
    else {
      if (item.heapIndex < 0) this.#place(item, this.#items.length);
      this.#settle(item);
    }
  }

  #remove(item: Item): void {
    const index = item.heapIndex;
    if (index < 0) return;
    const last = this.#items.pop();
    item.heapIndex = -1;
    if (last === undefined || last === item) return;
    this.#place(last, index);
    this.#settle(last);
  }

  /** Moves an item up or down to where it belongs. */
  #settle(item: Item): void {
    while (item.heapIndex > 0) {
      const parent = this.#items[(item.heapIndex - 1) >> 1];
      if (parent === undefined || expiry(parent) <= expiry(item)) break;
      this.#swap(item, parent);
    }
    for (;;) {
      const left = this.#items[2 * item.heapIndex + 1];
      const right = this.#items[2 * item.heapIndex + 2];
      const smaller = left !== undefined && right !== undefined && expiry(right) < expiry(left) ? right : left;
      if (smaller === undefined || expiry(item) <= expiry(smaller)) break;
      this.#swap(item, smaller);
    }
  }

  #swap(a: Item, b: Item): void {
    const index = a.heapIndex;
    this.#place(a, b.heapIndex);
    this.#place(b, index);
  }

  #place(item: Item, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}

function expiry({ expiresAt }: HeapItem): number {
  return expiresAt ?? Number.POSITIVE_INFINITY;
}
