// What a trouble is, as `attention.list` tells it, and how its sentences are put together.

import type { Lamp } from "./board.ts";

/** One trouble. */
export interface Trouble {
  readonly id: string;
  readonly lamp: Lamp;
  readonly subject: { readonly kind: string; readonly name: string };
  /** What is. */
  readonly text: string;
  readonly code: string | null;
  /** What it costs. */
  readonly cost: string;
  readonly since: Date | null;
  /** Where to go from here. */
  readonly path: string;
}

/** A trouble among others. */
export interface RankedTrouble extends Trouble {
  /** The higher, the sooner somebody should look. */
  readonly harm: number;
}

/** What it costs that messages wait. */
export function costOf(waiting: number): string {
  return waiting === 0 ? "lost: none" : `${waiting} waiting, lost: none`;
}

/** What is, and why, if that is known. */
export function withReason(text: string, reason: string | undefined): string {
  return reason === undefined || reason === "" ? text : `${text}: ${reason}`;
}
