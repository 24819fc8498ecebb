// All timeouts of one clock, on one timer: a hierarchical wheel with 64 slots per level, level 0 in steps of one millisecond.
// Adding and removing take constant time and allocate nothing. An empty wheel has no timer, so it neither ticks nor keeps a process alive.
// Entries get their place, and their deadline, at the end of the turn in which they were added: most are answered before that.

import type { Clock, Timer } from "./clock.ts";

const slotsPerLevel = 64;
const levels = 6;

/** Something that can time out. Entries are links of a list themselves, so that waiting costs no second object. */
export abstract class TimerEntry {
  /** How long it waits, in milliseconds. */
  timeoutMs = 0;
  /** Wheel time at which it expires. */
  dueAt = 0;
  next: TimerEntry | undefined = undefined;
  previous: TimerEntry | undefined = undefined;

  /** Called once, when its time has come. It is no longer on the wheel then. */
  abstract expire(): void;
}

class Slot extends TimerEntry {
  override next: TimerEntry = this;
  override previous: TimerEntry = this;

  expire(): void {
    // The head of a list is never due.
  }
}

/** Expires entries at their exact millisecond, never early. */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots: readonly Slot[] = Array.from({ length: levels * slotsPerLevel }, () => new Slot());
  /** Added in this turn. */
  readonly #fresh = new Slot();
  #placing = false;
  /** How many are in slots. */
  #size = 0;
  // Wheel time: everything due by then has expired. It follows the clock, but never backwards when the clock is set back.
  #time = 0;
  #clockSeen = 0;
  #offset = 0;
  #timer: Timer | undefined;
  #wakeAt = Infinity;
  #leaving = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The one wheel of a clock. */
  static of(clock: Clock): TimerWheel {
    let wheel = wheels.get(clock);
    if (wheel === undefined) {
      wheel = new TimerWheel(clock);
      wheels.set(clock, wheel);
    }
    return wheel;
  }

  /** Lets `entry` expire after `delayMs` (0 to 2_147_483_647). It must not be on a wheel already. */
  add(entry: TimerEntry, delayMs: number): void {
    entry.timeoutMs = delayMs;
    link(entry, this.#fresh);
    if (this.#placing) return;
    this.#placing = true;
    void turn.then(this.#placeFresh);
  }

  /** Takes `entry` off; does nothing when it is not on the wheel. */
  remove(entry: TimerEntry): void {
    if (entry.next === undefined) return;
    const placed = entry.dueAt > 0;
    unlink(entry);
    if (!placed) return;
    this.#size--;
    if (this.#size === 0 && !this.#leaving) {
      this.#leaving = true;
      this.#leave(4);
    }
  }

  readonly #placeFresh = (): void => {
    this.#placing = false;
    const fresh = this.#fresh;
    if (fresh.next === fresh) return;
    const now = this.#now();
    if (this.#size === 0) this.#time = Math.floor(now);
    for (let entry = fresh.next; entry !== fresh; entry = fresh.next) {
      unlink(entry);
      entry.dueAt = Math.max(Math.ceil(now + entry.timeoutMs), this.#time + 1);
      this.#size++;
      this.#arm(this.#place(entry), now);
    }
  };

  #now(): number {
    const seen = this.#clock.now();
    if (seen < this.#clockSeen) this.#offset += this.#clockSeen - seen;
    this.#clockSeen = seen;
    return seen + this.#offset;
  }

  /** Puts an entry into its slot and returns when that slot needs attention. */
  #place(entry: TimerEntry): number {
    let width = 1;
    for (let level = 0; ; level++) {
      const slot = Math.floor(entry.dueAt / width);
      if (slot - Math.floor(this.#time / width) < slotsPerLevel || level === levels - 1) {
        link(entry, this.#slot(level, slot));
        return slot * width;
      }
      width *= slotsPerLevel;
    }
  }

  #slot(level: number, slot: number): Slot {
    return this.#slots[level * slotsPerLevel + (slot % slotsPerLevel)] as Slot;
  }

  #arm(wakeAt: number, now: number): void {
    if (wakeAt >= this.#wakeAt) return;
    this.#timer?.cancel();
    this.#wakeAt = wakeAt;
    this.#timer = this.#clock.setTimer(() => this.#tick(), wakeAt - now);
  }

  #tick(): void {
    this.#timer = undefined;
    this.#wakeAt = Infinity;
    const now = this.#now();
    for (let next = this.#nextSlot(); next !== undefined; next = this.#nextSlot()) {
      if (next.startsAt > now) {
        this.#arm(next.startsAt, now);
        return;
      }
      this.#time = next.startsAt;
      this.#empty(next.slot);
    }
  }

  /** The slot that needs attention first. It may be a current one: of two that begin together, one is emptied after the other. */
  #nextSlot(): { startsAt: number; slot: Slot } | undefined {
    let first: { startsAt: number; slot: Slot } | undefined;
    if (this.#size === 0) return first;
    let width = 1;
    for (let level = 0; level < levels; level++) {
      const current = Math.floor(this.#time / width);
      for (let index = current; index < current + slotsPerLevel; index++) {
        const slot = this.#slot(level, index);
        if (slot.next === slot) continue;
        if (first === undefined || index * width < first.startsAt) first = { startsAt: index * width, slot };
        break;
      }
      width *= slotsPerLevel;
    }
    return first;
  }

  /** Expires what is due in a slot and moves the rest to finer levels. */
  #empty(slot: Slot): void {
    for (let entry = slot.next; entry !== slot; entry = slot.next) {
      const { dueAt } = entry;
      unlink(entry);
      if (dueAt > this.#time) {
        entry.dueAt = dueAt;
        this.#place(entry);
      } else {
        this.#size--;
        entry.expire();
      }
    }
  }

  // Requests that follow each other closely would otherwise pay for setting and cancelling a host timer each; so the timer is
  // cancelled only when the wheel is still empty after a few turns of the microtask queue.
  #leave(turns: number): void {
    void turn.then(() => {
      if (this.#size > 0) this.#leaving = false;
      else if (turns > 0) this.#leave(turns - 1);
      else {
        this.#leaving = false;
        this.#timer?.cancel();
        this.#timer = undefined;
        this.#wakeAt = Infinity;
      }
    });
  }
}

// A reaction to a resolved promise costs a fraction of what `queueMicrotask` does in Node.
const turn = Promise.resolve();

const wheels = new WeakMap<Clock, TimerWheel>();

function link(entry: TimerEntry, slot: Slot): void {
  const last = slot.previous;
  entry.previous = last;
  entry.next = slot;
  last.next = entry;
  slot.previous = entry;
}

function unlink(entry: TimerEntry): void {
  const { previous, next } = entry;
  if (previous !== undefined) previous.next = next;
  if (next !== undefined) next.previous = previous;
  entry.previous = undefined;
  entry.next = undefined;
  entry.dueAt = 0;
}
