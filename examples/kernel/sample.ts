// What the samples share: how one prints, waits, and runs alone.

import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "@switchboard/core";

/** What a sample is given: somewhere to print, and time. */
export interface Stage {
  readonly print: (line: string) => void;
  readonly clock: Clock;
}

/** Resolves after `ms` milliseconds of the stage's clock. */
export function pause({ clock }: Stage, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, ms));
}

/** Runs a sample on the console if its file is the program that was started. */
export async function runAlone(moduleUrl: string, sample: (stage: Stage) => Promise<void>): Promise<void> {
  if (process.argv[1] !== fileURLToPath(moduleUrl)) return;
  await sample({ print: (line) => console.log(line), clock: systemClock });
}
