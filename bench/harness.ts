// How every benchmark here measures: contenders do the same work, are checked for right answers first, then take turns round by round (so that
// a busy machine disturbs all of them alike), and are compared by the medians of their rates. Absolute rates belong to one machine; ratios travel.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, totalmem } from "node:os";
import { styleText } from "node:util";

/** One way of doing the work. */
export interface Contender {
  readonly name: string;
  /** Throws unless this contender gives right answers. Runs once, untimed, before the race. */
  check?(): void | Promise<void>;
  /** Does the work `operations` times. Timed. */
  run(operations: number): void | Promise<void>;
}

/** A ratio of medians that should hold: rate of `of` ≥ `atLeast` × rate of `against`. */
export interface Target {
  readonly of: string;
  readonly against: string;
  readonly atLeast: number;
}

/** One comparison: the same operations by several contenders. */
export interface Race {
  readonly title: string;
  /** Operations per round and contender; choose it so that a round takes 50 ms to 2 s. */
  readonly operations: number;
  /** What ratios refer to come first. */
  readonly contenders: readonly Contender[];
  /** Timed rounds after one untimed warm-up round. Default 7. */
  readonly rounds?: number;
  readonly targets?: readonly Target[];
}

/** Median operations per second by contender's name. */
export type Rates = ReadonlyMap<string, number>;

/** Prints machine, versions and date once, at the top. `packages` are the peers whose versions matter. */
export function header(subject: string, packages: readonly string[] = []): void {
  const processors = cpus();
  const versions = packages.map((name) => `${name} ${installedVersion(name)}`);
  console.log(styleText("bold", `\n# ${subject}`));
  console.log(
    `${processors[0]?.model.trim() ?? "unknown CPU"} × ${processors.length}, ${Math.round(totalmem() / 2 ** 30)} GiB, load ${loadavg()[0]?.toFixed(1)}, ` +
      `Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`,
  );
  if (versions.length > 0) console.log(versions.join(", "));
}

/** Runs one race and prints its table. Missed targets are marked and make the process exit with 1. */
export async function race({ title, operations, contenders, rounds = 7, targets = [] }: Race): Promise<Rates> {
  for (const contender of contenders) await contender.check?.();
  const samples = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      // Another one begins each round, so that nobody always runs after the same neighbour.
      const contender = contenders[(turn + round) % contenders.length];
      if (contender === undefined) continue;
      globalThis.gc?.();
      const started = performance.now();
      await contender.run(operations);
      const rate = operations / ((performance.now() - started) / 1000);
      if (round > 0) samples.get(contender.name)?.push(rate);
    }
  }
  const rates = new Map([...samples].map(([name, rate]) => [name, median(rate)]));
  printTable(title, samples, rates);
  printTargets(rates, targets);
  return rates;
}

/** Prints a measured fact that is not a race (memory, latency percentiles) and, if asked, whether it meets its limit. */
export function fact(label: string, value: string, met?: boolean): void {
  console.log(`  ${label}: ${value}${met === undefined ? "" : verdict(met)}`);
  if (met === false) process.exitCode = 1;
}

/** The middle value; the mean of the two middle ones when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function printTable(title: string, samples: ReadonlyMap<string, readonly number[]>, rates: Rates): void {
  const [first = Number.NaN] = rates.values();
  const width = Math.max(...[...rates.keys()].map((name) => name.length));
  console.log(`\n${styleText("bold", title)}`);
  for (const [name, rate] of rates) {
    const all = samples.get(name) ?? [];
    const spread = Math.round(((Math.max(...all) - Math.min(...all)) / rate) * 100);
    console.log(
      `  ${name.padEnd(width)}  ${Math.round(rate).toLocaleString("en").padStart(13)}/s  × ${(rate / first).toFixed(2).padStart(6)}  (spread ${spread} %)`,
    );
  }
}

function printTargets(rates: Rates, targets: readonly Target[]): void {
  for (const { of, against, atLeast } of targets) {
    const ratio = (rates.get(of) ?? Number.NaN) / (rates.get(against) ?? Number.NaN);
    const met = ratio >= atLeast;
    console.log(`  target: ${of} ≥ ${atLeast} × ${against}; measured ${ratio.toFixed(2)}${verdict(met)}`);
    if (!met) process.exitCode = 1;
  }
}

function verdict(met: boolean): string {
  return met ? styleText("green", "  met") : styleText("red", "  MISSED");
}

function installedVersion(name: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of paths) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version;
    } catch {
      // Not in this folder; the next one up may have it.
    }
  }
  return "(not installed)";
}
