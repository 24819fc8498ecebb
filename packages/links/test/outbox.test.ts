// What waits to be sent: when it is written, in which pieces, and how much of it there may be.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { maxBatchBytes, Outbox } from "../src/outbox.ts";

/** An outbox whose sink takes everything, or nothing while it is shut. */
function outbox(limits: { maxFrameBytes?: number; highWaterBytes?: number; maxWaitingBytes?: number } = {}) {
  const world = {
    written: [] as string[],
    drained: 0,
    failed: [] as string[],
    shut: false,
    frames: (): unknown[] => world.written.flatMap((batch): unknown[] => JSON.parse(batch)),
  };
  const box = new Outbox({
    maxFrameBytes: 10_000,
    highWaterBytes: 100_000,
    maxWaitingBytes: 1_000_000,
    ...limits,
    sink: {
      pack: (frames) => JSON.stringify(frames),
      write: (batch: string) => {
        world.written.push(batch);
        return !world.shut;
      },
      heldBytes: () => 0,
    },
    onDrained: () => world.drained++,
    onFailed: ({ code }) => world.failed.push(code),
  });
  return { box, world };
}

async function tick(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve));
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

it("4 a lone frame goes out as soon as the code that sent it has returned", async () => {
  const { box, world } = outbox();
  box.push({ n: 1 });
  expect(world.written).toEqual([]);
  await tick();
  expect(world.written).toEqual(['[{"n":1}]']);
});

it("4 after four writes in a turn, the rest of it is gathered until it ends", async () => {
  const { box, world } = outbox();
  for (let round = 1; round <= 3; round++) {
    world.written.length = 0;
    for (let n = 0; n < 50; n++) {
      box.push({ n });
      await tick();
    }
    expect(world.written).toEqual(['[{"n":0}]', '[{"n":1}]', '[{"n":2}]', '[{"n":3}]']);
    await turn();
    expect(world.written).toHaveLength(5);
    expect(world.frames()).toEqual(Array.from({ length: 50 }, (_, n) => ({ n })));
  }
});

it("4 order is kept and no batch is larger than the other side allows, whatever the sizes", async () => {
  const frame = fc.oneof(
    fc.jsonValue({ stringUnit: "binary" }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 4000 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 60 }), async (frames) => {
      const { box, world } = outbox({ maxFrameBytes: 4096 });
      const accepted: unknown[] = [];
      for (const each of frames) {
        try {
          box.push(each);
          accepted.push(JSON.parse(JSON.stringify(each)));
        } catch {
          expect(Buffer.byteLength(JSON.stringify(each))).toBeGreaterThan(4096);
        }
      }
      await turn();
      expect(world.frames()).toEqual(accepted);
      for (const batch of world.written) expect(Buffer.byteLength(batch)).toBeLessThanOrEqual(maxBatchBytes(4096));
    }),
    { numRuns: 200 },
  );
});

it("5 a shut sink gets nothing more until it is resumed, then all in order", async () => {
  const { box, world } = outbox();
  world.shut = true;
  for (let n = 0; n < 100; n++) {
    box.push({ n, pad: "x".repeat(2000) });
    await tick();
  }
  await turn();
  expect(world.written).toHaveLength(1);
  world.shut = false;
  box.resume();
  expect(world.frames()).toHaveLength(100);
  expect(world.frames().map((frame) => (frame as { n: number }).n)).toEqual([...Array(100).keys()]);
});

it("5 push returns false above the mark; drained follows once when half of it is gone", async () => {
  const { box, world } = outbox({ highWaterBytes: 10_000 });
  world.shut = true;
  box.push(0);
  await tick();
  const answers = Array.from({ length: 20 }, () => box.push("x".repeat(1000)));
  expect(answers.indexOf(false)).toBe(9);
  expect(world.drained).toBe(0);
  world.shut = false;
  box.resume();
  expect(world.drained).toBe(1);
  box.resume();
  expect(world.drained).toBe(1);
});

it("5 beyond the limit it fails, not from inside push, and holds nothing any more", async () => {
  const { box, world } = outbox({ maxWaitingBytes: 20_000, highWaterBytes: 10_000 });
  world.shut = true;
  box.push(0);
  await tick();
  for (let n = 0; n < 50; n++) box.push("x".repeat(1000));
  expect(world.failed).toEqual([]);
  await tick();
  expect(world.failed).toEqual(["LINK_CONGESTED"]);
  expect(box.takeAll()).toEqual([]);
  expect(box.push(1)).toBe(false);
});

it("a frame that its sender changes into something else than data fails the session, not the process", async () => {
  const { box, world } = outbox();
  const frame: Record<string, unknown> = { n: 1 };
  box.push(frame);
  frame["n"] = 1n;
  await turn();
  expect([world.failed, world.written]).toEqual([["LINK_FRAME_INVALID"], []]);
});

it("also where the sink encodes", async () => {
  const failed: string[] = [];
  const box = new Outbox<readonly unknown[]>({
    maxFrameBytes: 10_000,
    highWaterBytes: 100_000,
    maxWaitingBytes: 1_000_000,
    sink: { pack: (frames) => frames, write: (frames) => JSON.stringify(frames) !== "", heldBytes: () => 0 },
    onDrained: () => undefined,
    onFailed: ({ code }) => failed.push(code),
  });
  const frame: Record<string, unknown> = { n: 1 };
  box.push(frame);
  frame["n"] = 1n;
  await turn();
  expect(failed).toEqual(["LINK_FRAME_INVALID"]);
});
