// Publishes messages as fast as is good for a test, and writes down each one before and after. Stops when told to; is killed again and again.

import { setTimeout as sleep } from "node:timers/promises";
import { Ledger } from "../ledger.ts";
import { encodeMessage } from "../message.ts";
import { reachBus } from "./reach.ts";
import { type WorkerSettings, readSettings } from "./settings.ts";

const maxInFlight = 32;
const perPause = 4;
const pauseMs = 5;

const { reach, fault, seed, worker: writer, ledger: path, queues } = readSettings() as WorkerSettings;
const ledger = new Ledger(path);
const stop = new AbortController();
process.on("message", () => stop.abort());

const bus = await reachBus(reach, fault);
const inFlight = new Set<Promise<void>>();
let number = 0;
while (!stop.signal.aborted) {
  for (let sent = 0; sent < perPause && inFlight.size < maxInFlight; sent++) {
    const publishing = publish(number++).finally(() => inFlight.delete(publishing));
    inFlight.add(publishing);
  }
  await sleep(pauseMs);
}
await Promise.all(inFlight);
process.exit(0);

async function publish(number: number): Promise<void> {
  const queue = number % queues.length;
  const entry = { queue, attempt: 0, writer, number };
  ledger.write({ ...entry, kind: "attempted" });
  try {
    await bus.publish(queues[queue] ?? "", encodeMessage({ writer, number }, seed));
  } catch {
    // Nobody promised anything about this one. It is not tried again, because a second copy would come late and blur the order.
    return;
  }
  ledger.write({ ...entry, kind: "accepted" });
}
