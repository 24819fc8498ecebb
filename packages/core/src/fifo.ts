// First in, first out, in constant time: an array's own shift takes linear time once it is long.

const keptSlots = 1024;

/** A queue without a limit of its own: whoever fills it counts. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;
  #tail = 0;

  get length(): number {
    return this.#tail - this.#head;
  }

  push(item: Item): void {
    this.#items[this.#tail++] = item;
  }

  shift(): Item | undefined {
    if (this.#head === this.#tail) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#tail) {
      // Slots are used again instead of allocated again, unless a burst has left very many.
      if (this.#tail > keptSlots) this.#items = [];
      this.#head = this.#tail = 0;
    } else if (this.#head > keptSlots && this.#head * 2 > this.#tail) {
      this.#items = this.#items.slice(this.#head, this.#tail);
      this.#tail -= this.#head;
      this.#head = 0;
    }
    return item;
  }
}
