// The count at the end of a run: what was accepted against what was handled. Pure; knows neither buses nor processes.

import type { Entry } from "./ledger.ts";
import type { Stamp } from "./message.ts";

/** Everything that was written down in a run. */
export interface Books {
  /** One per producer process. */
  readonly producers: readonly (readonly Entry[])[];
  /** One per consumer process. */
  readonly consumers: readonly (readonly Entry[])[];
  /** Messages that the bus has set aside. */
  readonly parked: readonly Stamp[];
  /** The queue that has had one consumer at a time, so that order can be seen. */
  readonly orderedQueue: number;
}

/** A message that came too late. */
export interface Late extends Stamp {
  /** The later message of the same producer that the consumer had received before. */
  readonly after: number;
  /** How many messages the consumer had received by then. */
  readonly position: number;
}

/** What the books say. */
export interface Count {
  readonly attempted: number;
  /** Of these, how many publishes resolved. */
  readonly accepted: number;
  /** Different messages that a consumer has handled. */
  readonly handled: number;
  readonly parked: number;
  /** Accepted, but neither handled nor parked. Must be empty. */
  readonly lost: readonly Stamp[];
  /** Received, but published by nobody. Must be empty. */
  readonly invented: readonly Stamp[];
  /**
   * Accepted, and first received after a later message of the same producer and queue, without being a redelivery or a duplicate. Must be
   * empty.
   */
  readonly outOfOrder: readonly Late[];
  /** How often a message was handled after it had been handled before. */
  readonly duplicates: number;
}

/** Counts. */
export function count({ producers, consumers, parked, orderedQueue }: Books): Count {
  const attempted = keysOf(producers, "attempted");
  const accepted = keysOf(producers, "accepted");
  const handlings = consumers.flat().filter(({ kind }) => kind === "handled");
  const handled = new Set<number>();
  const handledAgain = new Set<number>();
  for (const entry of handlings) (handled.has(keyOf(entry)) ? handledAgain : handled).add(keyOf(entry));
  const aside = new Set(parked.map(keyOf));
  const received = consumers.flat().filter(({ kind }) => kind === "received");
  return {
    attempted: attempted.size,
    accepted: accepted.size,
    handled: handled.size,
    parked: aside.size,
    lost: [...accepted].filter((key) => !handled.has(key) && !aside.has(key)).map(stampOf),
    invented: [...new Set(received.map(keyOf))].filter((key) => !attempted.has(key)).map(stampOf),
    outOfOrder: consumers.flatMap((entries) => {
      const inQuestion = entries.filter((entry) => entry.queue === orderedQueue && accepted.has(keyOf(entry)));
      // A message that was sent on two connections is there twice. If the first copy was on its way to a consumer when that lost its
      // connection, it comes as a redelivery, and the second one, which is none, before it.
      return outOfOrder(inQuestion).filter((late) => !handledAgain.has(keyOf(late)));
    }),
    duplicates: handlings.length - handled.size,
  };
}

/** Messages that one consumer saw for the first time, and not as a redelivery, after a later one of the same producer. */
function outOfOrder(entries: readonly Entry[]): readonly Late[] {
  const latest = new Map<number, number>();
  const seen = new Set<number>();
  const late: Late[] = [];
  let position = 0;
  for (const { kind, attempt, writer, number } of entries) {
    if (kind === "received") position++;
    const key = keyOf({ writer, number });
    if (kind !== "received" || attempt > 1 || seen.has(key)) continue;
    seen.add(key);
    const after = latest.get(writer) ?? 0;
    if (number < after) late.push({ writer, number, after, position });
    else latest.set(writer, number);
  }
  return late;
}

function keysOf(ledgers: readonly (readonly Entry[])[], wanted: Entry["kind"]): Set<number> {
  const keys = new Set<number>();
  for (const entries of ledgers) {
    for (const entry of entries) if (entry.kind === wanted) keys.add(keyOf(entry));
  }
  return keys;
}

// Both numbers in one, because sets of numbers are small and quick; writers stay far below 2 ** 21.
const numbers = 2 ** 32;

function keyOf({ writer, number }: Stamp): number {
  return writer * numbers + number;
}

function stampOf(key: number): Stamp {
  return { writer: Math.floor(key / numbers), number: key % numbers };
}
