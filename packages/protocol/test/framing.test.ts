// Stream framing: pieces of any size, hostile headers, bounded memory.

import { endianness } from "node:os";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameBytes, FramingDecoder } from "../src/index.ts";

const hostOrder = (bytes: readonly number[]): number[] => (endianness() === "LE" ? bytes.toReversed() : [...bytes]);

function header(magic: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes.set(hostOrder([magic >>> 24, (magic >>> 16) & 255, (magic >>> 8) & 255, magic & 255]), 0);
  bytes.set(hostOrder([length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]), 4);
  return bytes;
}

describe("stream framing", () => {
  it("98 writes magic and length in host order, the length counting bytes", () => {
    const bytes = frameBytes('"é😀"');
    expect([...bytes.subarray(0, 8)]).toEqual([...header(0xdeadbeef, 8)]);
    expect(new TextDecoder().decode(bytes.subarray(8))).toBe('"é😀"');
  });

  it("99 takes a frame in single bytes, and two frames in one piece", () => {
    const decoder = new FramingDecoder();
    const bytes = frameBytes('{"a":"é"}');
    const texts = [...bytes].flatMap((byte) => decoder.push(new Uint8Array([byte])));
    expect(texts).toEqual(['{"a":"é"}']);
    expect(decoder.push(Buffer.concat([bytes, frameBytes("[2]")]))).toEqual(['{"a":"é"}', "[2]"]);
    expect(decoder.pendingBytes).toBe(0);
  });

  it("whatever the pieces, the frames come out whole and in order", () => {
    const texts = fc.array(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }).filter((text) => text !== ""),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(texts, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (texts, sizes) => {
        const bytes = Buffer.concat(texts.map((text) => frameBytes(text)));
        const decoder = new FramingDecoder();
        const got: string[] = [];
        for (let start = 0, turn = 0; start < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          // A socket's buffer may be reused, so what is kept must be a copy.
          const piece = Buffer.from(bytes.subarray(start, start + size));
          got.push(...decoder.push(piece));
          piece.fill(0);
          start += size;
        }
        expect(got).toEqual(texts);
      }),
    );
  });

  it("whatever bytes come, they are texts or a refusal, and little is kept of them", () => {
    const piece = fc.oneof(fc.uint8Array(), fc.constant(header(0xdeadbeef, 3)), fc.constant(header(0xdeadbeef, 60)));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const decoder = new FramingDecoder({ maxPayloadBytes: 50 });
        try {
          for (const bytes of pieces)
            for (const text of decoder.push(bytes)) expect(text.length).toBeLessThanOrEqual(50);
        } catch (error) {
          expect(error).toMatchObject({ code: "PROTOCOL_FRAMING_INVALID" });
        }
        expect(decoder.pendingBytes).toBeLessThan(100);
      }),
      { numRuns: 300 },
    );
  });

  it("a frame cut off at any byte gives nothing, and is completed by the rest", () => {
    const bytes = frameBytes('{"namespace":"rpc"}');
    for (let cut = 0; cut < bytes.length; cut++) {
      const decoder = new FramingDecoder();
      expect(decoder.push(bytes.subarray(0, cut))).toEqual([]);
      expect(decoder.pendingBytes).toBe(cut);
      expect(decoder.push(bytes.subarray(cut))).toEqual(['{"namespace":"rpc"}']);
    }
  });

  it("97 a wrong magic is refused and named", () => {
    expect(() => new FramingDecoder().push(header(0x12345678, 4))).toThrow(
      expect.objectContaining({
        code: "PROTOCOL_FRAMING_INVALID",
        message: "expected the magic number deadbeef, got 12345678",
      }),
    );
  });

  it("a wrong magic behind a good frame is refused too", () => {
    expect(() => new FramingDecoder().push(Buffer.concat([frameBytes("[1]"), header(0, 4)]))).toThrow("got 00000000");
  });

  it("the relay's magic means that it was denied access", () => {
    expect(() => new FramingDecoder().push(header(0xbadbeef0, 0))).toThrow(
      expect.objectContaining({ code: "PROTOCOL_RELAY_DENIED" }),
    );
  });

  it.each([0, 101, 0xffff_ffff])("a length of %d is refused as soon as the header is there", (length) => {
    const decoder = new FramingDecoder({ maxPayloadBytes: 100 });
    expect(() => decoder.push(header(0xdeadbeef, length))).toThrow(
      `expected a payload of 1 to 100 bytes, got ${length}`,
    );
  });

  it("the longest allowed payload passes", () => {
    const text = "x".repeat(100);
    expect(new FramingDecoder({ maxPayloadBytes: 100 }).push(frameBytes(text))).toEqual([text]);
  });

  it("a payload that is not UTF-8 is refused", () => {
    const bytes = Buffer.concat([header(0xdeadbeef, 2), new Uint8Array([0xc3, 0x28])]);
    expect(() => new FramingDecoder().push(bytes)).toThrow(
      expect.objectContaining({ code: "PROTOCOL_FRAMING_INVALID" }),
    );
  });

  it("an announced length costs no memory before its bytes come", () => {
    const decoder = new FramingDecoder();
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(header(0xdeadbeef, 16 * 2 ** 20));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    expect(decoder.pendingBytes).toBe(8);
  });
});
