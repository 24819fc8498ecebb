// The suite's frame: one world per case, and the cases by subject. The numbers in the names are those of the list in `bus.ts`.

import { afterEach, beforeEach, describe } from "vitest";
import { consumingCases } from "./consuming.ts";
import { failingCases } from "./failing.ts";
import { lifeCases } from "./life.ts";
import { modelCases } from "./model.ts";
import type { BusContractOptions } from "./options.ts";
import { publishingCases } from "./publishing.ts";
import { routingCases } from "./routing.ts";
import { World } from "./world.ts";

/**
 * Declares a vitest suite that puts one kind of bus through every numbered line of the contract.
 *
 * ```ts
 * busContract("my bus", { createPlace: () => tempFolder(), open: (folder, { clock }) => openMyBus({ folder, clock }) });
 * ```
 */
export function busContract<Place>(name: string, options: BusContractOptions<Place>): void {
  describe(`bus contract: ${name}`, () => {
    let world: World | undefined;
    beforeEach(async () => {
      world = await World.create(options);
    });
    afterEach(async () => {
      await world?.end();
      world = undefined;
    });
    const current = (): World => {
      if (world === undefined) throw new Error("a contract case runs outside of its world");
      return world;
    };
    publishingCases(current, options);
    routingCases(current, options);
    consumingCases(current, options);
    failingCases(current);
    lifeCases(current, options);
    modelCases(options);
  });
}
