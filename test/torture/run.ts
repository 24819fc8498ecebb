// One run of the loss harness: producers and consumers at work on a bus, one disaster after the other, then silence, then the count.

import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { tempFolder } from "@switchboard/testkit";
import { type Count, count } from "./books.ts";
import { Crew } from "./crew.ts";
import type { Disaster, Field, FieldOptions } from "./fields/field.ts";
import { createOwnerField } from "./fields/owner-field.ts";
import { strangerStamp } from "./ledger.ts";
import { decodeMessage } from "./message.ts";
import { type Random, randomFrom } from "./random.ts";
import type { QueueState } from "./workers/queue-state.ts";
import type { Fault } from "./workers/settings.ts";

/** The buses that can be put through it. "memory" is a bus that loses everything with its process: a bad example. */
export type BusKind = "embedded" | "amqp" | "memory";

/** What to do. */
export interface TortureOptions {
  readonly bus: BusKind;
  /** What happens, and when, follows from it. */
  readonly seed: number;
  /** Goes on until this time has passed and every kind of disaster has happened at least once. */
  readonly minutes: number;
  /** Default "none". */
  readonly fault?: Fault;
  /** Only these disasters; default all that the bus has. */
  readonly only?: readonly string[];
  /** Told about each disaster before it happens. */
  readonly onProgress?: (progress: Progress) => void;
}

/** How far a run is. */
export interface Progress {
  readonly seconds: number;
  readonly disaster: string;
  readonly accepted: number;
  readonly handled: number;
}

/** What one kind of disaster led to. */
export interface Aftermath {
  /** How often it happened. */
  readonly times: number;
  /** Longest time until messages were handled again after the damage was mended, milliseconds. */
  readonly slowestRecoveryMs: number;
}

/** What came of a run. */
export interface Report extends Count {
  readonly bus: BusKind;
  readonly seed: number;
  readonly seconds: number;
  readonly disasters: Readonly<Record<string, Aftermath>>;
  /** Duplicates for each handled message. */
  readonly duplicateRate: number;
  /** Messages that the bus still had when nothing moved any more. Must be 0. */
  readonly stuck: number;
  /** Where those are, as all say who could know. */
  readonly clues: readonly string[];
  /** Processes that ended by themselves, with their last words. Must be empty. */
  readonly crashes: readonly string[];
  /** True when nothing was lost, invented, out of order or stuck, and nobody crashed. */
  readonly ok: boolean;
}

// The first queue has one consumer, so that order can be seen; the second is shared.
const queues = ["torture.ordered", "torture.shared"];
const orderedQueue = 0;
const consumers = [0, 1, 1];
const producers = 3;
/** How long nothing may move before it counts as stuck. */
const patienceMs = 30_000;

/** Runs it. Throws only if the run itself could not be done. */
export async function torture(options: TortureOptions): Promise<Report> {
  const { bus, seed, fault = "none" } = options;
  const random = randomFrom(seed);
  const folder = tempFolder();
  const ledgers = `${folder}/ledgers`;
  mkdirSync(ledgers);
  const started = performance.now();
  const field = await createField(bus, fault, { random, folder });
  const crew = new Crew({ reach: field.reach, fault, seed, queues, folder: ledgers, random });
  try {
    for (const queue of consumers) crew.start("consumer", queue);
    for (let producer = 0; producer < producers; producer++) crew.start("producer");
    const disasters = await haveDisasters({ field, crew, random, options });
    await crew.stopProducers();
    const state = await drained(field, crew);
    await crew.rollCall();
    const clues = state.open === 0 ? [] : await cluesOf(field, crew, state);
    await crew.end();
    const books = { producers: crew.ledgers("producer"), consumers: crew.ledgers("consumer"), orderedQueue };
    const parked = state.parked.map((body) => decodeMessage(Buffer.from(body, "base64"), seed) ?? strangerStamp);
    const counted = count({ ...books, parked });
    return report(counted, {
      bus,
      seed,
      disasters,
      seconds: (performance.now() - started) / 1_000,
      stuck: state.open,
      clues,
      crashes: [...field.crashes, ...crew.crashes],
    });
  } finally {
    await crew.end();
    await field.end();
  }
}

async function createField(bus: BusKind, fault: Fault, options: FieldOptions): Promise<Field> {
  if (bus !== "amqp") return await createOwnerField(options, { engine: bus, fault });
  return await (await import("./fields/amqp-field.ts")).createAmqpField(options);
}

interface Stage {
  readonly field: Field;
  readonly crew: Crew;
  readonly random: Random;
  readonly options: TortureOptions;
}

/** One disaster after the other: all kinds in random order, then again in another order. */
async function haveDisasters({ field, crew, random, options }: Stage): Promise<Record<string, Aftermath>> {
  const { only, minutes, onProgress } = options;
  const kinds = [...crew.disasters, ...field.disasters].filter(({ name }) => only?.includes(name) ?? true);
  const aftermaths: Record<string, Aftermath> = {};
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1_000;
  let deck: Disaster[] = [];
  // Work first, so that there is something to lose.
  await recovered(crew, "the start");
  do {
    if (deck.length === 0) deck = random.shuffle(kinds);
    await sleep(random.between(100, 900));
    const disaster = deck.pop();
    if (disaster === undefined) break;
    const { name } = disaster;
    const [accepted, handled] = [crew.progress("producer"), crew.progress("consumer")];
    onProgress?.({ seconds: seconds(), disaster: name, accepted, handled });
    await disaster.strike();
    const recoveryMs = await recovered(crew, name);
    const { times = 0, slowestRecoveryMs = 0 } = aftermaths[name] ?? {};
    aftermaths[name] = { times: times + 1, slowestRecoveryMs: Math.max(slowestRecoveryMs, Math.round(recoveryMs)) };
    // A process that ended by itself is a failure already, and what follows would only hide why.
    if (field.crashes.length + crew.crashes.length > 0) break;
  } while (seconds() < minutes * 60 || deck.length > 0);
  return aftermaths;
}

/** Waits until messages are handled again, and resolves with how long that took, milliseconds. */
async function recovered(crew: Crew, disaster: string): Promise<number> {
  const [from, before] = [performance.now(), crew.progress("consumer")];
  while (crew.progress("consumer") === before) {
    await sleep(10);
    if (performance.now() - from < patienceMs) continue;
    crew.crashes.push(`nothing was handled for ${patienceMs / 1_000} s after: ${disaster}`);
    break;
  }
  return performance.now() - from;
}

/** Waits until the bus has nothing left, or nothing moves any more. */
async function drained(field: Field, crew: Crew): Promise<QueueState> {
  let last = -1;
  let movedAt = performance.now();
  let state: QueueState = { open: 0, parked: [], queues: [] };
  let unanswered: unknown = "it was never asked";
  while (performance.now() - movedAt < patienceMs) {
    try {
      state = await field.state(queues);
      unanswered = undefined;
      if (state.open === 0) break;
    } catch (error) {
      // It may still be on its way back.
      unanswered = error;
    }
    const handled = crew.progress("consumer");
    if (handled !== last) movedAt = performance.now();
    last = handled;
    await sleep(100);
  }
  if (unanswered !== undefined) crew.crashes.push(`the bus could not say what it still has: ${inspect(unanswered)}`);
  return state;
}

async function cluesOf(field: Field, crew: Crew, { queues: infos }: QueueState): Promise<readonly string[]> {
  const seen = infos.map((info) => `seen from outside ${JSON.stringify(info)}`);
  return [...seen, ...(await crew.clues()), ...(field.clues === undefined ? [] : [await field.clues()])];
}

function report(
  counted: Count,
  about: Pick<Report, "bus" | "seed" | "seconds" | "disasters" | "stuck" | "clues" | "crashes">,
): Report {
  const { lost, invented, outOfOrder, duplicates, handled } = counted;
  const duplicateRate = duplicates / Math.max(handled, 1);
  const bad = lost.length + invented.length + outOfOrder.length + about.stuck + about.crashes.length;
  // A run in which nothing was handled shows nothing.
  return { ...about, ...counted, duplicateRate, ok: bad === 0 && handled > 0 };
}
