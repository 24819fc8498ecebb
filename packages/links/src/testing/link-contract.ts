// The suite that every kind of link passes. A case's number is the number of the line above `interface Link` that it checks; cases with a D
// are about two or three dispatchers joined by the link.

import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { flowCases } from "./contract/flow.ts";
import { Bench, type LinkHarness, type LinkTraits } from "./contract/harness.ts";
import { hostileCases } from "./contract/hostile.ts";
import { kernelCases } from "./contract/kernels.ts";
import { sessionCases } from "./contract/sessions.ts";

/** Describes the suite for one implementation; `open` starts what it needs. */
export function linkContract(name: string, traits: LinkTraits, open: () => Promise<LinkHarness>): void {
  describe(`link contract: ${name}`, () => {
    const bench = new Bench(traits);
    beforeAll(() => bench.setUp(open));
    afterEach(() => bench.tidy());
    afterAll(() => bench.tearDown());

    sessionCases(bench);
    flowCases(bench);
    hostileCases(bench);
    kernelCases(bench);
  });
}
