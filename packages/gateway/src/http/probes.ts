// Whether what the gateway stands on answers: bus, datastore, key-value store, message store. Each is asked for something small, and whoever asks
// while an answer is still awaited waits for the same one.

import type { Bus } from "@switchboard/bus";
import type { Clock } from "@switchboard/core";
import type { MessageStore } from "@switchboard/messaging/store";
import type { Datastore } from "@switchboard/server/datastore";
import type { KeyValue } from "@switchboard/storage";

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
}

const timeoutMs = 5_000;
const probeExchange = "switchboard.probe";

/** The probes of a gateway's engines. */
export function probesOf({ bus, datastore, keyValue, messageStore }: ProbedEngines, clock: Clock): readonly Probe[] {
  return [
    probe("bus", clock, () => checkBus(bus)),
    probe("datastore", clock, () => datastore.query("workers", [], { count: true })),
    probe("keyvalue", clock, () => keyValue.get("switchboard:probe")),
    probe("store", clock, () => checkStore(messageStore)),
  ];
}

/** Queues are looked at and messages published over connections of their own, of which one may be lost. */
async function checkBus(bus: Bus): Promise<void> {
  await bus.inspect();
  await bus.declareExchange({ name: probeExchange });
  // Nobody reads it; what is awaited is that the bus says it has it.
  await bus.publish("probe", "", { exchange: probeExchange, unroutable: "discard" });
}

async function checkStore(store: MessageStore | undefined): Promise<void> {
  if (store?.isFailing === true) throw new Error("the last write failed");
  await store?.read.event("probe");
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

/** What `answer` resolves with, or an error after five seconds, when nobody listens to it any more. */
export async function inTime<Value>(clock: Clock, answer: Promise<Value>): Promise<Value> {
  let timer: { cancel(): void } | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimer(() => reject(new Error(`no answer within ${timeoutMs / 1_000} s`)), timeoutMs);
  });
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    timer?.cancel();
  }
}
