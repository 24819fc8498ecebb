// Counts within the last minute, hour, or whatever: a ring of slots, so that memory does not grow with what is counted.

/** How long and how fine. */
export interface SlidingCountOptions {
  /** Default 60. */
  readonly slots?: number;
  /** Milliseconds, default 1_000. */
  readonly slotMs?: number;
}

/** Counts what happened in the last `slots` × `slotMs` milliseconds. */
export class SlidingCount {
  readonly #counts: Float64Array;
  readonly #slotMs: number;
  #slot = 0;
  #total = 0;

  constructor({ slots = 60, slotMs = 1_000 }: SlidingCountOptions = {}) {
    this.#counts = new Float64Array(slots);
    this.#slotMs = slotMs;
  }

  /** Counts what happened at `now`, milliseconds since 1970. */
  add(now: number, count = 1): void {
    this.#moveTo(now);
    const index = this.#slot % this.#counts.length;
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
    this.#total += count;
  }

  /** How many there were, up to `now`. */
  total(now: number): number {
    this.#moveTo(now);
    return this.#total;
  }

  // Clears what time has passed over. A clock that was set back keeps counting in the slot it has.
  #moveTo(now: number): void {
    const slot = Math.floor(now / this.#slotMs);
    const passed = Math.min(slot - this.#slot, this.#counts.length);
    if (passed <= 0) return;
    for (let step = 0; step < passed; step++) {
      const index = (slot - step) % this.#counts.length;
      this.#total -= this.#counts[index] ?? 0;
      this.#counts[index] = 0;
    }
    this.#slot = slot;
  }
}
