// What is written is what is read: messages one by one, batches on their way to the writer, pages on their way back.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noHeaders } from "../src/options.ts";
import { decodePage, encodeBulk, encodePage, visitBulk } from "../src/embedded/batch.ts";
import {
  type Content,
  contentBytes,
  contentEnd,
  encodeProperties,
  readContent,
  readPublishedAt,
  writeContent,
} from "../src/embedded/codec.ts";
import type { Message } from "../src/embedded/message.ts";
import { Segment } from "../src/embedded/segment.ts";

const time = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const anyContent: fc.Arbitrary<Content> = fc.record({
  exchange: fc.constantFrom("vumi", "graphite"),
  routingKey: fc.constantFrom("a.inbound", "b.outbound"),
  contentType: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
  headers: fc.oneof(
    fc.constant(noHeaders),
    fc.dictionary(fc.string(), fc.string({ unit: "grapheme" }), { noNullPrototype: true }),
  ),
  publishedAt: time,
  expiresAt: fc.oneof(fc.constant(0), time),
  body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

function write(contents: readonly Content[], queue: string): Buffer {
  const encodable = contents.map((content) => ({ content, properties: encodeProperties(content, queue) }));
  const buffer = Buffer.alloc(encodable.reduce((sum, each) => sum + contentBytes(each), 0));
  const target = { view: new DataView(buffer.buffer, buffer.byteOffset), bytes: buffer };
  let offset = 0;
  for (const each of encodable) offset = writeContent(target, offset, each);
  expect(offset).toBe(buffer.length);
  return buffer;
}

describe("messages", () => {
  it("come back as they were, one after another", () => {
    fc.assert(
      fc.property(fc.array(anyContent, { minLength: 1, maxLength: 5 }), (contents) => {
        const buffer = write(contents, "a.inbound");
        let offset = 0;
        for (const content of contents) {
          expect(readContent(buffer, offset, "a.inbound")).toEqual(content);
          expect(readPublishedAt(buffer, offset)).toBe(content.publishedAt);
          offset = contentEnd(buffer, offset);
        }
        expect(offset).toBe(buffer.length);
      }),
    );
  });

  it("own their bodies", () => {
    const [content] = fc.sample(anyContent, 1);
    const buffer = write([{ ...(content as Content), body: Buffer.from("before") }], "a.inbound");
    const { body } = readContent(buffer, 0, "a.inbound");
    buffer.fill(0);
    expect(body.toString()).toBe("before");
  });
});

describe("batches", () => {
  const anyDone = fc.uint8Array({ minLength: 1, maxLength: 32 });
  const anyBulk = fc.record({
    lanes: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(9), fc.integer(), fc.maxSafeNat(), fc.maxSafeNat())),
    settlements: fc.array(fc.tuple(fc.maxSafeNat(), fc.boolean(), fc.boolean(), anyDone)),
    inserts: fc.array(fc.tuple(fc.nat(), fc.maxSafeNat(), fc.array(anyContent, { minLength: 1, maxLength: 3 }))),
  });

  it("are walked through as they were packed, removals before what is new", () => {
    fc.assert(
      fc.property(anyBulk, ({ lanes, settlements, inserts }) => {
        const packed = encodeBulk(
          {
            lanes: lanes.map(([lane, queue, priority, change, claimed, last]) => ({
              lane,
              queue,
              priority,
              change,
              claimed,
              last,
            })),
            settlements: settlements.map(([seq, finished, stored, done]) => ({ seq, finished, stored, done })),
            inserts: inserts.map(([lane, seq, contents]) => {
              const messages = contents.map(
                (content) => ({ content, properties: encodeProperties(content, "q") }) as Message,
              );
              return { lane, seq, messages, bytes: messages.reduce((sum, each) => sum + contentBytes(each), 0) };
            }),
          },
          undefined,
        );
        const seen: unknown[] = [];
        visitBulk(packed, {
          lane: (...fields) => seen.push(["lane", ...fields]),
          remove: (...fields) => seen.push(["remove", ...fields]),
          progress: (seq, done) => seen.push(["progress", seq, [...done]]),
          insert: (lane, seq, count, payload) => seen.push(["insert", lane, seq, count, payload.toString("hex")]),
        });
        expect(seen).toEqual([
          ...lanes.map((fields) => ["lane", ...fields]),
          ...settlements.map(([seq, finished, stored, done]) =>
            finished ? ["remove", seq, stored] : ["progress", seq, [...done]],
          ),
          ...inserts.map(([lane, seq, contents]) => [
            "insert",
            lane,
            seq,
            contents.length,
            write(contents, "q").toString("hex"),
          ]),
        ]);
      }),
    );
  });
});

describe("pages", () => {
  const anyRow = fc.record({
    seq: fc.maxSafeNat(),
    count: fc.nat(256),
    done: fc.option(fc.uint8Array({ minLength: 1, maxLength: 32 }), { nil: undefined }),
    payload: fc.uint8Array({ maxLength: 100 }),
  });

  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.array(anyRow), (rows) => {
        expect(decodePage(encodePage(rows))).toEqual(rows);
      }),
    );
  });
});

describe("a segment", () => {
  it("is finished when every message is settled, in any order and however often", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.array(fc.nat(299)), (count, picks) => {
        const segment = new Segment(1, count);
        const settled = new Set(picks.filter((index) => index < count));
        for (const index of picks) if (index < count) segment.settle(index);
        expect(segment.finished).toBe(settled.size === count);
        const restored = new Segment(1, count, segment.done.slice());
        expect(restored.finished).toBe(segment.finished);
        for (let index = 0; index < count; index++) expect(restored.isDone(index)).toBe(settled.has(index));
      }),
    );
  });
});
