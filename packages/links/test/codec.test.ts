// Frames as text: what is measured without encoding agrees with what encoding makes of it.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { decode, encode, maxBytesPerChar, measure } from "../src/codec.ts";

const limit = 1_000_000;

it("a measure is never less than a sixth of the bytes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      expect(measure(value) * maxBytesPerChar).toBeGreaterThanOrEqual(Buffer.byteLength(encode(value, limit)));
    }),
  );
});

it("holds for the values that JSON makes longest", () => {
  for (const value of [
    "\u0000".repeat(100),
    "\ud800".repeat(100),
    "€".repeat(100),
    -1.234567890123457e-300,
    [undefined],
  ]) {
    expect(measure(value) * maxBytesPerChar).toBeGreaterThanOrEqual(Buffer.byteLength(encode(value, limit)));
  }
});

it("what only encoding can measure is said to be infinite", () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  let deep: unknown[] = [];
  for (let depth = 0; depth < 300; depth++) deep = [deep];
  expect([cyclic, deep, [1n], { at: new Date() }, { toJSON: 1 }].map((value) => measure(value))).toEqual(
    Array(5).fill(Infinity),
  );
});

it("every plain value decodes to what JSON makes of it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      expect(decode(encode(value, limit))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it.each([
  [[1n], "a frame must be plain JSON data: Do not know how to serialize a BigInt"],
  [undefined, "a frame must be plain JSON data, got undefined"],
  [["€€€"], "a frame may have 10 bytes, this one has 13"],
])("refuses %o", (value, message) => {
  expect(() => encode(value, 10)).toThrow(expect.objectContaining({ code: "LINK_FRAME_INVALID", message }));
});

it("says what it got where JSON was expected, cut short", () => {
  expect(() => decode(`no${" json".repeat(20)}`)).toThrow(
    expect.objectContaining({
      code: "LINK_PROTOCOL",
      message: 'expected JSON, got "no json json json json json json json js…"',
    }),
  );
});
