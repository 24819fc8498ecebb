// Each sample prints what it is there to show.

import { TestClock } from "@switchboard/core/testing";
import { describe, expect, it } from "vitest";
import { blocking } from "./blocking.ts";
import { cardDealerSync } from "./card-dealer-sync.ts";
import { cardDealer } from "./card-dealer.ts";
import { deferredReply } from "./deferred-reply.ts";
import { robustness } from "./robustness.ts";
import type { Stage } from "./sample.ts";
import { tour } from "./tour.ts";

async function perform(sample: (stage: Stage) => Promise<void>): Promise<string[]> {
  const clock = new TestClock();
  const lines: string[] = [];
  const done = sample({ clock, print: (line) => lines.push(line) });
  await clock.advance(10_000);
  await done;
  expect(clock.pendingTimers).toBe(0);
  return lines;
}

describe("kernel samples", () => {
  it("blocking", async () => {
    expect(await perform(blocking)).toEqual([
      "Ordinary messages:",
      "  B",
      "  C",
      "  A",
      "Blocking messages:",
      "  A",
      "  B",
      "  C",
      "Left over: 0 channels, 0 awaited answers, 0 listeners.",
    ]);
  });

  const dealt = [
    "Ada deals to Ada, Bob, Cyd, Dan",
    "Dan: 2♠ 3♠ 4♠ 5♠ 6♠",
    "Bob: 2♦ 3♦ 4♦ 5♦ 6♦",
    "Ada: 2♣ 3♣ 4♣ 5♣ 6♣",
    "Cyd: 2♥ 3♥ 4♥ 5♥ 6♥",
  ];

  it("card dealer", async () => {
    expect(await perform(cardDealer)).toEqual(dealt);
  });

  it("card dealer, synchronous", async () => {
    expect(await perform(cardDealerSync)).toEqual(dealt);
  });

  it("deferred reply", async () => {
    expect(await perform(deferredReply)).toEqual([
      "The oracle was asked When? and is thinking.",
      "It answers: Soon.",
      "A riddle comes back as RangeError: Nobody knows.",
    ]);
  });

  it("robustness", async () => {
    expect(await perform(robustness)).toEqual([
      "to one and to all: KERNEL_MESSAGE_INVALID",
      "to nobody: KERNEL_UNDELIVERABLE",
      "to one who left while working: answered done",
      "to all, who left while working: answered null",
      "in the middle of a shutdown, 1: KERNEL_SHUT_DOWN",
      "in the middle of a shutdown, 2: KERNEL_SHUT_DOWN",
      "in the middle of a shutdown, 3: KERNEL_SHUT_DOWN",
      "after it: KERNEL_SHUT_DOWN",
    ]);
  });

  it("the tour stops at all of them", async () => {
    const lines = await perform(tour);
    expect(lines.filter((line) => line.includes("examples/kernel/")).length).toBe(5);
  });
});
