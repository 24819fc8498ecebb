// The suite that puts one key-value engine through every numbered line of the contract in key-value.ts. This is its frame; the cases are
// beside it, by subject. The numbers in their names are those of the list.

import { TestClock } from "@switchboard/core/testing";
import { afterAll, beforeAll, describe } from "vitest";
import type { KeyValueStore } from "../key-value/key-value.ts";
import { atomicCases } from "./atomic-cases.ts";
import type { CaseWorld, KeyValueContractOptions } from "./case-world.ts";
import { containerCases } from "./container-cases.ts";
import { expiryCases } from "./expiry-cases.ts";
import { keyCases } from "./key-cases.ts";
import { lifeCases } from "./life-cases.ts";

/**
 * Declares a vitest suite for one engine.
 *
 * ```ts
 * keyValueContract("my engine", { open: (options) => openMyEngine(options) });
 * ```
 */
export function keyValueContract(name: string, options: KeyValueContractOptions): void {
  describe(`key-value contract: ${name}`, () => {
    const clock = new TestClock();
    const opened: KeyValueStore[] = [];
    let shared: KeyValueStore | undefined;
    let cases = 0;

    const world: CaseWorld = {
      clock,
      fresh: () => {
        if (shared === undefined) throw new Error("a contract case runs outside of its suite");
        return shared.sub(`case${++cases}`);
      },
      open: async (more = {}) => {
        const store = await options.open({ clock, ...more });
        opened.push(store);
        return store;
      },
      pass: async (ms, isOver) => {
        if (options.pass === undefined) await clock.advance(ms);
        else await options.pass(ms, isOver);
      },
    };
    beforeAll(async () => {
      shared = await world.open({ keyPrefix: "contract" });
    });
    afterAll(async () => {
      await Promise.all(opened.map((store) => store.close()));
    });

    keyCases(world);
    containerCases(world);
    expiryCases(world);
    atomicCases(world, options);
    lifeCases(world, options);
  });
}
