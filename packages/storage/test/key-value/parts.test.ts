// The parts of the engines that are easier to prove by themselves.

import { escapeGlob, compileGlob } from "../../src/key-value/glob.ts";
import { ExpiryHeap, type HeapItem } from "../../src/key-value/memory/expiry-heap.ts";
import { SortedMembers } from "../../src/key-value/memory/sorted-members.ts";
import { fromStored, toStored } from "../../src/key-value/sqlite/schema.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

const bytes = (text: string): Buffer => Buffer.from(text, "utf8");
const controls = fc.string({ unit: fc.constantFrom("\0", "\u0001", "\u0002", "a", "é", "🙂") });

describe("text in SQLite", () => {
  it("has no U+0000, comes back as it was, and keeps its order", () => {
    fc.assert(
      fc.property(controls, controls, (a, b) => {
        expect(toStored(a)).not.toContain("\0");
        expect(fromStored(toStored(a))).toBe(a);
        expect(Math.sign(Buffer.compare(bytes(toStored(a)), bytes(toStored(b))))).toBe(
          Math.sign(Buffer.compare(bytes(a), bytes(b))),
        );
      }),
    );
  });
});

describe("patterns", () => {
  it("match what a regular expression written for them matches", () => {
    const token = fc.oneof(
      fc.constantFrom(
        ["*", "[^]*"],
        ["?", "[^]"],
        ["[ab]", "[ab]"],
        ["[^a]", "[^a]"],
        ["[a-b]", "[a-b]"],
        ["\\*", "\\*"],
      ),
      fc.constantFrom("a", "b", "c").map((letter) => [letter, letter]),
    );
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "*"), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(token, { maxLength: 6 }), text, (tokens, text) => {
        const pattern = tokens.map(([glob]) => glob).join("");
        const expected = new RegExp(`^${tokens.map(([, source]) => source).join("")}$`);
        expect(compileGlob(pattern).matches(text)).toBe(expected.test(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it("match any text literally when escaped, and know what they start with", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const { matches, literalPrefix } = compileGlob(escapeGlob(text));
        expect([matches(text), matches(`${text}x`), literalPrefix]).toEqual([true, false, text]);
      }),
    );
    expect(compileGlob("user:[0-9]*").literalPrefix).toBe("user:");
  });

  it("take no time to speak of on a pattern made to take long", () => {
    const { matches } = compileGlob("*a".repeat(50) + "b");
    expect(matches("a".repeat(20_000))).toBe(false);
  });

  it("take an unclosed class and a trailing backslash as they come", () => {
    expect([compileGlob("[ab").matches("b"), compileGlob("a\\").matches("a\\"), compileGlob("[").matches("x")]).toEqual(
      [true, true, false],
    );
  });
});

describe("the heap of expiries", () => {
  it("always knows the earliest, whatever is set, changed and removed", () => {
    const step = fc.record({ item: fc.nat(15), at: fc.option(fc.nat(100), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const heap = new ExpiryHeap<HeapItem>();
        const items = Array.from({ length: 16 }, (): HeapItem => ({ expiresAt: undefined, heapIndex: -1 }));
        for (const { item, at } of steps) {
          const changed = items[item];
          if (changed !== undefined) heap.set(changed, at);
          const waiting = items.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
          expect(heap.first?.expiresAt).toBe(waiting.length === 0 ? undefined : Math.min(...waiting));
        }
      }),
    );
  });
});

describe("sorted members", () => {
  it("are always in order of score, then of bytes, each once", () => {
    const member = fc.string({ unit: fc.constantFrom("a", "b", "é", "\uffff", "🙂"), maxLength: 3 });
    const step = fc.record({ member, score: fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const members = new SortedMembers();
        const model = new Map<string, number>();
        for (const { member, score } of steps) {
          if (score === undefined) expect(members.delete(member)).toBe(model.delete(member));
          else {
            expect(members.set(member, score)).toBe(!model.has(member));
            model.set(member, score);
          }
        }
        const sorted = [...model].toSorted(([a, i], [b, j]) => i - j || Buffer.compare(bytes(a), bytes(b)));
        expect(members.slice(0, members.size).map(({ member, score }) => [member, score])).toEqual(sorted);
        for (const score of [-2, 0, 1.5]) {
          expect(members.countBelow(score)).toBe(sorted.filter(([, other]) => other < score).length);
          expect(members.countUpTo(score)).toBe(sorted.filter(([, other]) => other <= score).length);
        }
      }),
    );
  });
});
