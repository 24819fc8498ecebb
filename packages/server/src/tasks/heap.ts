// A priority queue. The scheduler's only; it orders sources of tasks by the number of their oldest one.

interface Slot<Item> {
  readonly key: number;
  readonly item: Item;
}

/** Gives items back in the order of their keys, smallest first. Adding and taking cost the logarithm of its size. */
export class Heap<Item> {
  readonly #slots: Slot<Item>[] = [];

  get size(): number {
    return this.#slots.length;
  }

  /** The smallest key, undefined when empty. */
  get firstKey(): number | undefined {
    return this.#slots[0]?.key;
  }

  add(key: number, item: Item): void {
    const slots = this.#slots;
    const slot = { key, item };
    let index = slots.length;
    slots.push(slot);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = slots[parent];
      if (above === undefined || above.key <= key) break;
      slots[index] = above;
      index = parent;
    }
    slots[index] = slot;
  }

  /** Removes the item with the smallest key. */
  take(): Item | undefined {
    const slots = this.#slots;
    const first = slots[0];
    const last = slots.pop();
    if (first === undefined || last === undefined) return undefined;
    if (slots.length > 0) this.#sink(last);
    return first.item;
  }

  /** Puts a slot where it belongs, beginning at the top, whose place is free. */
  #sink(slot: Slot<Item>): void {
    const slots = this.#slots;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const right = slots[child + 1];
      let below = slots[child];
      if (below === undefined) break;
      if (right !== undefined && right.key < below.key) {
        below = right;
        child++;
      }
      if (below.key >= slot.key) break;
      slots[index] = below;
      index = child;
    }
    slots[index] = slot;
  }
}
