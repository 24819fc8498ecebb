// Cases about input that no link would send (6): it ends its session with a coded error and hurts nothing else.

import { LinkError } from "@switchboard/core";
import { expect, it } from "vitest";
import type { Bench } from "./harness.ts";
import { NearEnd } from "./near-end.ts";

/** What stands where a batch should be. */
const garbage: readonly (readonly [string, string, number?])[] = [
  ["is not JSON", "\u0000\u0001 no json"],
  ["breaks off", '[{"n":0},{"n":'],
  ["is an object", '{"n":0}'],
  ["is a string", '"hello"'],
  ["is nothing", ""],
  ["is null", "null"],
  ["is too large", '"x",', 200_000],
  ["is nested without end", "[", 50_000],
];

export function hostileCases(bench: Bench): void {
  it.each(garbage)("6 a batch that %s ends the session with LINK_PROTOCOL", async (_, raw, times = 1) => {
    const bystander = await NearEnd.open(bench);
    const near = new NearEnd(
      await bench.connect("hostile", { maxFrameBytes: 10_000, reconnectMinMs: 60_000, reconnectMaxMs: 60_000 }),
    );
    near.start();
    await near.sessions(1);
    near.send({ raw, times });
    expect(await near.lost()).toBe("LINK_PROTOCOL");
    expect(near.recorder.events).toEqual(["opened", "lost LINK_PROTOCOL"]);
    bystander.tell({ do: "echo", value: 1 });
    expect(await bystander.frames(1)).toEqual([{ echo: 1 }]);
    expect(near.recorder.faults).toEqual([]);
  });

  it("6 names that mean something to JavaScript mean nothing in a frame", async () => {
    const near = new NearEnd(await bench.connect("hostile"));
    near.start();
    await near.sessions(1);
    near.send({
      raw: '[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}]',
      times: 1,
    });
    const [frame] = await near.frames(1);
    expect(Object.getPrototypeOf(frame)).toBe(Object.prototype);
    expect(Object.hasOwn(frame as object, "__proto__")).toBe(true);
    expect("polluted" in {}).toBe(false);
  });

  it("6 what the peer throws over a frame ends the session with that error; the rest of the batch is not looked at again", async () => {
    const near = await NearEnd.open(bench);
    const error = new LinkError("LINK_PROTOCOL", "not to the peer's liking");
    near.recorder.onFrame = () => {
      throw error;
    };
    near.tell({ do: "burst", count: 10, pad: "" });
    await near.lost();
    expect(near.recorder.errors[0]).toBe(error);
    expect(near.recorder.count("received")).toBe(1);
  });

  it("6 an accident in the peer is an error with a code, too", async () => {
    const near = await NearEnd.open(bench);
    const cause = new TypeError("an accident");
    near.recorder.onFrame = () => {
      throw cause;
    };
    near.tell({ do: "echo", value: 1 });
    expect(await near.lost()).toBe("LINK_PROTOCOL");
    expect(near.recorder.errors[0]?.cause).toBe(cause);
  });
}
