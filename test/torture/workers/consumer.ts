// Handles messages and writes down each one before and after. Runs until it is killed.

import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery } from "@switchboard/bus";
import { Ledger, strangerStamp } from "../ledger.ts";
import { decodeMessage } from "../message.ts";
import { reachBus } from "./reach.ts";
import { type WorkerSettings, readSettings } from "./settings.ts";

const { reach, fault, seed, ledger: path, queues, queue } = readSettings() as WorkerSettings;
const ledger = new Ledger(path);
const name = queues[queue] ?? "";

const bus = await reachBus(reach, fault);
const options = { prefetch: 20, maxDeliveries: 1_000, retryDelayMs: 50, retryFactor: 1 };
await bus.consume(name, options, handle);
// Asked for when messages are stuck.
process.on("message", () => void bus.inspect(name).then((infos) => process.send?.(infos)));

async function handle({ body, attempt }: Delivery): Promise<void> {
  const stamp = decodeMessage(body, seed) ?? strangerStamp;
  const entry = { ...stamp, queue, attempt };
  ledger.write({ ...entry, kind: "received" });
  await sleep(stamp.number % 7);
  // One in fifty fails twice before it succeeds.
  if (stamp.number % 50 === 0 && attempt <= 2) throw new Error("not yet");
  ledger.write({ ...entry, kind: "handled" });
}
