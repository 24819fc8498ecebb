// Deliveries by message id, for as long as a reply is awaited. A Map would do; but most ids are assigned one after the other and
// answered soon, so that an array serves them, and a Map only the rest. It saves a fifth of a request's time.

import type { Delivery } from "./delivery.ts";
import type { Id } from "./message.ts";

const recentSlots = 1024;
/** Always empty. */
const noSlot = recentSlots;

export class AwaitedTable {
  readonly #recent: (Delivery | undefined)[] = Array.from({ length: recentSlots + 1 }, () => undefined);
  readonly #others = new Map<Id, Delivery>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: Id): Delivery | undefined {
    const recent = this.#recent[slotOf(id)];
    return recent?.message.id === id ? recent : this.#others.get(id);
  }

  /** Returns false, and changes nothing, when there is one with that id. */
  add(delivery: Delivery): boolean {
    const { id } = delivery.message;
    const slot = slotOf(id);
    const recent = this.#recent[slot];
    if (recent?.message.id === id || (this.#others.size > 0 && this.#others.has(id))) return false;
    if (recent === undefined && slot !== noSlot) this.#recent[slot] = delivery;
    else this.#others.set(id, delivery);
    this.#size++;
    return true;
  }

  delete(delivery: Delivery): void {
    const { id } = delivery.message;
    const slot = slotOf(id);
    if (this.#recent[slot] === delivery) this.#recent[slot] = undefined;
    else if (this.#others.get(id) === delivery) this.#others.delete(id);
    else return;
    this.#size--;
  }

  /** All of them, as they are now. */
  all(): Delivery[] {
    return [...this.#recent.filter((delivery) => delivery !== undefined), ...this.#others.values()];
  }
}

/** Where an integer id may be. */
function slotOf(id: Id): number {
  return typeof id === "number" ? id & (recentSlots - 1) : noSlot;
}
