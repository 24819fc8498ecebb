// Cases about sessions: how they begin and end (1), order (2), who may be called when (3), coming back (7), closing (8).

import { LinkError } from "@switchboard/core";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Bench } from "./harness.ts";
import { NearEnd } from "./near-end.ts";

export function sessionCases(bench: Bench): void {
  endCases(bench);
  orderCases(bench);
  if (bench.traits.comesBack) returnCase(bench);
  else noReturnCase(bench);
  closeCases(bench);
}

const ends: readonly (readonly [string, (near: NearEnd) => unknown, string])[] = [
  [
    "this end resets",
    ({ connection }) => connection.link.reset(new LinkError("LINK_LOST", "by the test")),
    "LINK_LOST",
  ],
  ["this end closes", ({ connection }) => connection.link.close(), "LINK_CLOSED"],
  ["the far end resets", (near) => near.tell({ do: "reset" }), "LINK_LOST"],
  ["the far end closes", (near) => near.tell({ do: "close" }), "LINK_LOST"],
  ["the connection breaks", ({ connection }) => connection.cut(), "LINK_LOST"],
];

function endCases(bench: Bench): void {
  it.each(ends)("1 a session begins with opened and ends with one lost, when %s", async (_, end, code) => {
    const near = await NearEnd.open(bench);
    near.tell({ do: "echo", value: 1 });
    await near.frames(1);
    await end(near);
    expect(await near.lost()).toBe(code);
    await near.connection.link.close();
    const { events, faults } = near.recorder;
    expect(events.slice(0, 3)).toEqual(["opened", "received", `lost ${code}`]);
    expect(near.recorder.count("opened")).toBe(near.recorder.errors.length);
    expect(faults).toEqual([]);
  });

  it("1 a reset carries the error that it was given", async () => {
    const near = await NearEnd.open(bench);
    const error = new LinkError("LINK_PROTOCOL", "by the test");
    near.connection.link.reset(error);
    await near.lost();
    expect(near.recorder.errors[0]).toBe(error);
  });

  it("3 the peer is not called from inside start or send", async () => {
    const near = await NearEnd.open(bench, { maxFrameBytes: 1024, maxWaitingBytes: 4096, highWaterBytes: 2048 });
    for (let n = 0; n < 100; n++) near.send({ n, pad: "x".repeat(500) });
    expect(await near.lost()).toBe("LINK_CONGESTED");
    expect(near.recorder.faults).toEqual([]);
  });
}

function orderCases(bench: Bench): void {
  it("2 frames arrive in order and once, in both directions, whatever their size", async () => {
    const near = await NearEnd.open(bench);
    const pad = "ä€😀".repeat(100);
    near.tell({ do: "burst", count: 2000, pad });
    for (let n = 0; n < 5000; n++) near.send({ n, pad: n % 7 === 0 ? pad : "" });
    const frames = await near.frames(2000);
    expect(frames).toEqual(Array.from({ length: 2000 }, (_, n) => ({ n, pad })));
    expect((await near.report()).counted).toBe(5000);
  });

  it("2 every plain value arrives as it was sent", async () => {
    const near = await NearEnd.open(bench);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue({ stringUnit: "binary" }), { minLength: 1, maxLength: 20 }),
        async (values) => {
          const before = near.recorder.frames.length;
          // What JSON makes of a value is what may be expected: -0 becomes 0.
          const expected: unknown = JSON.parse(JSON.stringify(values.map((value) => ({ echo: value }))));
          for (const value of values) near.tell({ do: "echo", value });
          const frames = await near.frames(before + values.length);
          expect(frames.slice(before)).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("2 a frame of nearly the largest size arrives, a larger one is refused and hurts nothing", async () => {
    const near = await NearEnd.open(bench, { maxFrameBytes: 100_000 });
    const value = "€".repeat(33_000);
    near.tell({ do: "echo", value });
    expect(await near.frames(1)).toEqual([{ echo: value }]);
    expect(() => near.tell({ do: "echo", value: "€".repeat(34_000) })).toThrow(
      expect.objectContaining({ code: "LINK_FRAME_INVALID" }),
    );
    near.tell({ do: "echo", value: 2 });
    expect((await near.frames(2))[1]).toEqual({ echo: 2 });
  });

  it("2 what is not plain data is refused and hurts nothing", async () => {
    const near = await NearEnd.open(bench);
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    for (const frame of [cyclic, 1n, undefined, () => 1, { toJSON: () => 1n }]) {
      expect(() => near.send(frame)).toThrow(expect.objectContaining({ code: "LINK_FRAME_INVALID" }));
    }
    near.tell({ do: "echo", value: 3 });
    expect(await near.frames(1)).toEqual([{ echo: 3 }]);
  });

  if (bench.traits.comesBack) oldSessionCase(bench);
}

function oldSessionCase(bench: Bench): void {
  it("2 nothing of an old session arrives in a new one, and nothing is sent between them", async () => {
    const near = await NearEnd.open(bench);
    near.tell({ do: "burst", count: 1000, pad: "x".repeat(100) });
    for (let n = 0; n < 1000; n++) near.send({ n, pad: "x".repeat(100) });
    // Asked for before the cut: once that is over, the next session may be open already.
    const between = near.lost().then(() => ({ received: near.recorder.frames.length, sent: near.send({ n: 5 }) }));
    await near.connection.cut();
    const { received: beforeLoss, sent } = await between;
    expect(sent).toBe(true);
    await near.sessions(2);
    const { counted, previous } = await near.report();
    expect(counted).toBe(0);
    expect(previous?.counted ?? 0).toBeLessThanOrEqual(1000);
    expect(near.recorder.frames.slice(beforeLoss)).toHaveLength(1);
    expect(near.recorder.faults).toEqual([]);
  });
}

function returnCase(bench: Bench): void {
  it("7 the link opens session after session until it is closed", async () => {
    const near = await NearEnd.open(bench);
    expect(near.connection.link.reconnects).toBe(true);
    for (let session = 1; session <= 3; session++) {
      near.tell({ do: "echo", value: session });
      await near.frames(session);
      await near.connection.cut();
      await near.sessions(session + 1);
    }
    await near.connection.link.close();
    expect(near.recorder.frames).toEqual([{ echo: 1 }, { echo: 2 }, { echo: 3 }]);
    expect(near.recorder.errors).toHaveLength(4);
    expect(near.recorder.faults).toEqual([]);
  });
}

function noReturnCase(bench: Bench): void {
  it("7 the link says that it does not come back when it is lost", async () => {
    const near = await NearEnd.open(bench);
    await near.connection.cut();
    await near.lost();
    expect(near.connection.link.reconnects).not.toBe(true);
    await near.connection.link.close();
  });
}

function closeCases(bench: Bench): void {
  it("8 close hands over what was sent before", async () => {
    const near = await NearEnd.open(bench);
    for (let n = 0; n < 3000; n++) near.send({ n, pad: "x".repeat(200) });
    await near.connection.link.close();
    const later = await NearEnd.open(bench);
    expect((await later.report()).previous).toMatchObject({ counted: 3000, lost: "LINK_LOST" });
  });

  it("8 close is idempotent, and nothing is called afterwards", async () => {
    const near = await NearEnd.open(bench);
    near.tell({ do: "burst", count: 1000, pad: "x" });
    await Promise.all([near.connection.link.close(), near.connection.link.close()]);
    const events = [...near.recorder.events];
    expect(events.at(-1)).toBe("lost LINK_CLOSED");
    near.connection.link.reset(new LinkError("LINK_LOST", "after the end"));
    expect(near.send({ n: 0 })).toBe(true);
    await near.connection.link.close();
    expect(near.recorder.events).toEqual(events);
  });

  it("8 a link can be closed before it was started, and while it is opening", async () => {
    const unstarted = new NearEnd(await bench.connect("peer"));
    await unstarted.connection.link.close();
    const opening = new NearEnd(await bench.connect("peer"));
    opening.start();
    await opening.connection.link.close();
    expect([unstarted.recorder.events, opening.recorder.events]).toEqual([[], []]);
  });
}
