// How the leak check looks in a terminal: a line per sample, with a bar for the heap.

import { styleText } from "node:util";
import type { LeakReport, Sample } from "./run.ts";

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** The first line. */
export function leakHeading(): string {
  const columns = ["messages", "per second", "heap", "external", "resident", "handles", "database", "other files"];
  return `${columns.map((name) => name.padStart(11)).join("")}   (sizes in MiB)`;
}

/** The line of a sample. */
export function leakLine(sample: Sample): string {
  const { messages, perSecond, heap, external, resident, handles, database, otherFiles } = sample;
  const cells = [messages.toLocaleString("en"), Math.round(perSecond).toLocaleString("en"), mib(heap), mib(external)];
  cells.push(mib(resident), String(handles), mib(database), mib(otherFiles));
  return `${cells.map((cell) => cell.padStart(11)).join("")}   ${"▪".repeat(Math.round(heap / 2 ** 20 / 2))}`;
}

/** The last line. */
export function leakVerdict({ grown }: LeakReport): string {
  if (grown.length === 0) return styleText("green", "nothing grew by more than a tenth after the first tenth");
  const words = grown.map(({ what, from, to }) =>
    what === "heap" ? `heap from ${mib(from)} to ${mib(to)} MiB` : `open handles from ${from} to ${to}`,
  );
  return styleText("red", `LEAK: ${words.join(", ")}`);
}
