// Cases about amounts: batches (4), back-pressure and bounded memory (5).

import { expect, it } from "vitest";
import type { Bench } from "./harness.ts";
import { NearEnd } from "./near-end.ts";

const kilobyte = "x".repeat(1000);

export function flowCases(bench: Bench): void {
  it("4 frames sent in one turn travel together", async () => {
    const near = await NearEnd.open(bench);
    for (let n = 0; n < 1000; n++) near.send({ n });
    const { counted, batches } = await near.report();
    expect(counted).toBe(1000);
    expect(batches).toBeLessThanOrEqual(10);
  });

  it("5 send returns false when much waits, drained follows when there is room, and all arrives", async () => {
    const near = await NearEnd.open(bench, { highWaterBytes: 65_536 });
    await near.connection.stall();
    let n = 0;
    // Pipes and sockets hold some themselves; what counts is that it ends.
    while (near.send({ n: n++, pad: kilobyte })) if (n % 50 === 0) await turn();
    const sent = n;
    expect(near.recorder.count("drained")).toBe(0);
    await near.connection.heal();
    await near.recorder.when(() => near.recorder.count("drained") > 0);
    expect((await near.report()).counted).toBe(sent);
    expect(near.recorder.errors).toEqual([]);
  });

  it("5 in one turn, too: a burst above the mark returns false, then drains", async () => {
    const near = await NearEnd.open(bench, { highWaterBytes: 10_000 });
    const answers = Array.from({ length: 100 }, (_, n) => near.send({ n, pad: kilobyte }));
    expect([answers[0], answers.at(-1)]).toEqual([true, false]);
    await near.recorder.when(() => near.recorder.count("drained") > 0);
    expect((await near.report()).counted).toBe(100);
    expect(near.send({ n: 100 })).toBe(true);
  });

  it("5 what waits for a far end that does not read is bounded: the session ends with LINK_CONGESTED", async () => {
    const limits = { maxFrameBytes: 65_536, maxWaitingBytes: 1_000_000, highWaterBytes: 500_000 };
    const near = await NearEnd.open(bench, limits);
    await near.connection.stall();
    let accepted = 0;
    // Far more than limit and system buffers together; a link without a bound would take it all.
    for (; near.recorder.errors.length === 0 && accepted < 100_000; accepted++) {
      near.send({ n: accepted, pad: kilobyte });
      if (accepted % 50 === 0) await turn();
    }
    expect(await near.lost()).toBe("LINK_CONGESTED");
    expect(near.recorder.errors[0]?.retryable).toBe(true);
    expect(accepted).toBeLessThan(50_000);
    expect(near.recorder.faults).toEqual([]);
  });
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
