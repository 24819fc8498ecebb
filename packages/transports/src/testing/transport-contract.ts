// The suite that every transport passes. A case's number is that of the line above `class Transport` in @switchboard/messaging that it checks.
// Real traffic on the channel, a bus in memory behind it.

import { describe, it } from "vitest";
import type { Transport } from "@switchboard/messaging";
import { cases } from "./cases.ts";
import { type ContractChannel, createWorld } from "./world.ts";

/** Declares a vitest suite that puts one kind of transport through every numbered line of the contract. */
export function transportContract<Kind extends Transport>(name: string, channel: ContractChannel<Kind>): void {
  const anyChannel = channel as unknown as ContractChannel;
  describe(`transport contract: ${name}`, () => {
    const applying = cases.filter(({ appliesTo }) => appliesTo?.(anyChannel) !== false);
    // oxlint-disable-next-line vitest/expect-expect -- the assertions are in the cases
    it.each(applying)("$name", ({ run }) => run(createWorld(anyChannel)));
  });
}
