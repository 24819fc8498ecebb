// Lines out of chunks: the same whatever the cut, and never more than allowed.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { LineReader } from "../src/socket/line-reader.ts";

const line = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replaceAll("\n", " "));

it("finds the same lines however the bytes are cut into chunks", () => {
  fc.assert(
    fc.property(
      fc.array(line),
      line,
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (lines, rest, cuts) => {
        const found: string[] = [];
        const reader = new LineReader({ maxLineBytes: 1000, onLine: (text) => found.push(text) });
        const bytes = Buffer.from([...lines, rest].join("\n"));
        for (let at = 0, cut = 0; at < bytes.length; cut++) {
          const length = cuts[cut % cuts.length] ?? 1;
          reader.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(found).toEqual(lines);
        expect(reader.hasPartialLine).toBe(rest !== "");
      },
    ),
  );
});

it("refuses a line that is too long, in one chunk or byte by byte", () => {
  const lines: string[] = [];
  const options = { maxLineBytes: 4, onLine: (text: string) => lines.push(text) };
  const tooLong = expect.objectContaining({ code: "LINK_PROTOCOL" });
  expect(() => new LineReader(options).push(Buffer.from("1234\n12345\n"))).toThrow(tooLong);
  expect(lines).toEqual(["1234"]);
  const reader = new LineReader(options);
  for (const byte of "1234") reader.push(Buffer.from(byte));
  expect(() => reader.push(Buffer.from("5"))).toThrow(tooLong);
});

it("a longer line is taken when the limit was raised by the line before it", () => {
  const lines: string[] = [];
  const reader = new LineReader({
    maxLineBytes: 2,
    onLine: (text) => {
      lines.push(text);
      reader.maxLineBytes = 10;
    },
  });
  reader.push(Buffer.from("ab\n0123456789\n012345"));
  reader.push(Buffer.from("6789\n"));
  expect(lines).toEqual(["ab", "0123456789", "0123456789"]);
});

it("ignores what comes after it was stopped, also in the same chunk", () => {
  const lines: string[] = [];
  const reader = new LineReader({
    maxLineBytes: 10,
    onLine: (text) => {
      lines.push(text);
      reader.stop();
    },
  });
  reader.push(Buffer.from("a\nb\nc"));
  reader.push(Buffer.from("d\n"));
  expect(lines).toEqual(["a"]);
  expect(reader.hasPartialLine).toBe(false);
});
