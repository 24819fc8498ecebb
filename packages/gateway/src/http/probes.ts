// Whether what the gateway stands on works: bus, datastore, key-value store, message store, and the disks of those that are files here. Each is asked
// to keep something small, and whoever asks while an answer is still awaited waits for the same one.

import { statfs } from "node:fs/promises";
import type { Bus } from "@switchboard/bus";
import type { Clock } from "@switchboard/core";
import type { MessageStore } from "@switchboard/messaging/store";
import type { Datastore } from "@switchboard/server/datastore";
import { type KeyValue, StorageError } from "@switchboard/storage";

/** One thing that can be looked at. */
export interface Probe {
  readonly name: string;
  /** Resolves when all is well; rejects with what is wrong, after five seconds at the latest. */
  readonly check: () => Promise<void>;
}

/** What is looked at. */
export interface ProbedEngines {
  readonly bus: Bus;
  readonly datastore: Datastore;
  readonly keyValue: KeyValue;
  readonly messageStore: MessageStore | undefined;
  /** Where engines keep files on this machine. Default none. */
  readonly folders?: readonly string[];
}

const timeoutMs = 5_000;
/** Names the exchange, the collection and the key that are written to. */
const probeName = "switchboard.probe";
/** A disk with less room is full: what is written in groups does not fit any more, though a small write may. */
const minFreeBytes = 1_048_576;
/** Unless the whole disk is small. */
const minFreeShare = 0.05;

/** The probes of a gateway's engines. */
export function probesOf(engines: ProbedEngines, clock: Clock): readonly Probe[] {
  const { bus, datastore, keyValue, messageStore, folders = [] } = engines;
  const disks = folders.length === 0 ? [] : [probe("disk", clock, () => Promise.all(folders.map(checkDisk)))];
  return [
    probe("bus", clock, () => checkBus(bus)),
    probe("datastore", clock, () => checkDatastore(datastore, clock)),
    probe("keyvalue", clock, () => keyValue.set(probeName, "", { ttlMs: 60_000 })),
    // It lies in the same database, and what it could not write says nothing about now: nobody may have written since.
    probe("store", clock, async () => messageStore?.read.event("probe")),
    ...disks,
  ];
}

/** Queues are looked at and messages published over connections of their own, of which one may be lost. */
async function checkBus(bus: Bus): Promise<void> {
  await bus.inspect();
  await bus.declareExchange({ name: probeName });
  // Nobody reads it; what is awaited is that the bus says it has it.
  await bus.publish("probe", "", { exchange: probeName, unroutable: "discard" });
}

async function checkDatastore(datastore: Datastore, clock: Clock): Promise<void> {
  await datastore.requireCollection(probeName, "text", { type: "log" });
  await datastore.upsert(probeName, "last", { at: new Date(clock.now()) });
}

async function checkDisk(folder: string): Promise<void> {
  const { bavail, bfree, blocks, bsize } = await statfs(folder);
  const free = (process.getuid?.() === 0 ? bfree : bavail) * bsize;
  if (free >= Math.min(minFreeBytes, blocks * bsize * minFreeShare)) return;
  throw new StorageError(
    "STORAGE_DISK_FULL",
    `the disk of ${folder} is full: ${Math.floor(free / 1_024)} KiB are left`,
  );
}

function probe(name: string, clock: Clock, ask: () => Promise<unknown>): Probe {
  let asked: Promise<unknown> | undefined;
  return {
    name,
    check: async () => {
      asked ??= ask().finally(() => (asked = undefined));
      await inTime(clock, asked);
    },
  };
}

/** What `answer` resolves with, or an error when that takes too long, by default five seconds; nobody listens to it any more then. */
export async function inTime<Value>(
  clock: Clock,
  answer: Promise<Value>,
  withinMs: number = timeoutMs,
): Promise<Value> {
  let timer: { cancel(): void } | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimer(() => reject(new Error(`no answer within ${withinMs / 1_000} s`)), withinMs);
  });
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    timer?.cancel();
  }
}
