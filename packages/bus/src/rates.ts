// Counts what happens on one queue: totals since the bus was opened, and rates over the last ten seconds.

import type { QueueInfo, QueueTotals } from "./bus.ts";

const slotMs = 100;
const slots = 100; // ten seconds

/** Events per second over the last ten seconds, to a tenth of a second. */
export class RateMeter {
  readonly #counts = new Float64Array(slots);
  #slot = 0;

  /** Counts `count` events that happened at `now` (milliseconds since 1970). */
  add(count: number, now: number): void {
    this.#moveTo(now);
    const index = this.#slot % slots;
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
  }

  perSecond(now: number): number {
    this.#moveTo(now);
    let sum = 0;
    for (const count of this.#counts) sum += count;
    return (sum * 1_000) / (slots * slotMs);
  }

  // Clears the slots that time has passed over. A clock set back a little keeps counting in the slot it has.
  #moveTo(now: number): void {
    const slot = Math.floor(now / slotMs);
    if (slot <= this.#slot && this.#slot - slot < slots) return;
    if (Math.abs(slot - this.#slot) >= slots) this.#counts.fill(0);
    else for (let passed = this.#slot + 1; passed <= slot; passed++) this.#counts[passed % slots] = 0;
    this.#slot = slot;
  }
}

/** The counters of one queue behind {@link QueueInfo}. */
export class QueueMeter {
  #totals = { published: 0, delivered: 0, acknowledged: 0, redelivered: 0, parked: 0, expired: 0 };
  readonly #published = new RateMeter();
  readonly #delivered = new RateMeter();
  readonly #acknowledged = new RateMeter();

  published(count: number, now: number): void {
    this.#totals.published += count;
    this.#published.add(count, now);
  }

  /** Counts deliveries; `redelivered` says how many of them were not the message's first. */
  delivered(count: number, redelivered: number, now: number): void {
    this.#totals.delivered += count;
    this.#totals.redelivered += redelivered;
    this.#delivered.add(count, now);
  }

  acknowledged(count: number, now: number): void {
    this.#totals.acknowledged += count;
    this.#acknowledged.add(count, now);
  }

  parked(count: number): void {
    this.#totals.parked += count;
  }

  expired(count: number): void {
    this.#totals.expired += count;
  }

  totals(): QueueTotals {
    return { ...this.#totals };
  }

  rates(now: number): QueueInfo["rates"] {
    return {
      published: this.#published.perSecond(now),
      delivered: this.#delivered.perSecond(now),
      acknowledged: this.#acknowledged.perSecond(now),
    };
  }
}
