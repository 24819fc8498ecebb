// Keeps one turn of the event loop short: after so many deliveries the others wait for the next turn.

const deliveriesPerTurn = 256;

/** Someone who hands out messages. */
interface Spender {
  handOut(): void;
}

/** What may still be delivered in this turn of the event loop. */
export class Turn {
  #left = deliveriesPerTurn;
  #waiting: Set<Spender> = new Set<Spender>();
  #scheduled = false;

  /** True when one more may be delivered now; otherwise `spender` is called in the next turn. */
  allows(spender: Spender): boolean {
    if (this.#left > 0) return true;
    this.#waiting.add(spender);
    return false;
  }

  /** Counts a delivery. */
  spend(): void {
    this.#left--;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#scheduled = false;
    this.#left = deliveriesPerTurn;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const spender of waiting) spender.handOut();
  }
}
