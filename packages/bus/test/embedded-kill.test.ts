// The process that owns the folder is killed at random moments, again and again: every publish that resolved is handled, and nothing else.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builtProgram, spawnNode, tempFolder, until } from "@switchboard/testkit";
import { describe, expect, it } from "vitest";
import { openBus } from "./embedded-kit.ts";

const owner = await builtProgram(new URL("./fixtures/embedded-owner.ts", import.meta.url));
const kills = 6;

interface Steps {
  readonly attempted: Set<string>;
  readonly resolved: Set<string>;
  readonly done: Set<string>;
}

/** What the killed processes have noted. The last line of each may be cut off. */
function readSteps(log: string): Steps {
  const steps: Steps = { attempted: new Set(), resolved: new Set(), done: new Set() };
  const sets: Readonly<Record<string, Set<string>>> = { A: steps.attempted, R: steps.resolved, D: steps.done };
  for (const line of readFileSync(log, "utf8").split("\n")) {
    const [step = "", number] = line.split(" ");
    if (number !== undefined) sets[step]?.add(number);
  }
  return steps;
}

describe("the embedded bus, its owner killed at random moments", () => {
  it("delivers every message whose publish resolved, and invents none", async () => {
    const folder = tempFolder();
    const log = join(folder, "steps");
    const path = join(folder, "bus");
    for (let kill = 0; kill < kills; kill++) {
      const process = spawnNode(owner, [path, log, String(kill * 1_000_000)]);
      // Killed after some deliveries: at whatever the threads do just then.
      const reports = 1 + Math.floor(Math.random() * 10);
      for (let report = 0; report < reports; report++) {
        const { done } = await process.messages.next();
        if (done === true) throw new Error(`the process ended by itself: ${process.stderr()}`);
      }
      await process.kill();
    }

    const { attempted, resolved, done } = readSteps(log);
    const bus = await openBus({ path });
    const left = new Map<string, number>();
    const order: number[] = [];
    await bus.consume("work.inbound", { prefetch: 100 }, ({ body, attempt }) => {
      left.set(body.toString(), attempt);
      if (attempt === 1) order.push(Number(body));
    });
    await until(async () => {
      const [info] = await bus.inspect("work.inbound");
      return info !== undefined && info.depth + info.inFlight === 0 && info.parked === 0;
    });
    await bus.close();

    const lost = [...resolved].filter((number) => !done.has(number) && !left.has(number));
    const invented = [...left.keys()].filter((number) => !attempted.has(number));
    expect({ lost, invented }).toEqual({ lost: [], invented: [] });
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(resolved.size).toBeGreaterThan(0);
  });
});
