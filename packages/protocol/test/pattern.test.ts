// Shell patterns and mask sets: the documented rules, agreement with a naive matcher, and bounded work.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern, MaskSet } from "../src/index.ts";

describe("compilePattern", () => {
  it.each([
    ["*", "anything.at.all", true],
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["task.*", "task.created", true],
    ["task.*", "task", false],
    ["task.*", "task.", true],
    ["*.changed", "a.b.changed", true],
    ["*.changed", ".changed", true],
    ["*.changed", "changed", false],
    ["a*b*c", "a.b.x.c", true],
    ["a*b*c", "a.c.b", false],
    ["**", "x", true],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["a?c", "a.c", true],
    ["?", "😀", true],
    ["ab", "aXb", false],
    ["aba*aba", "aba", false],
    ["[a-c]x", "bx", true],
    ["[a-c]x", "dx", false],
    ["[!a-c]x", "dx", true],
    ["[!a-c]x", "ax", false],
    ["[]x]", "]", true],
    ["[!]x]", "]", false],
    ["[!]x]", "y", true],
    ["[a-]", "-", true],
    ["[-a]", "-", true],
    ["[z-a]", "m", false],
    ["[a\\]b]", "]", true],
    ["[*\\]", "*", false],
    ["[*\\]", "[x]", true],
    ["[a", "[a", true],
    ["[a", "a", false],
    ["[!", "[!", true],
    ["\\*", "*", true],
    ["\\*", "x", false],
    ["a\\", "a\\", true],
    ["[😀-😂]", "😁", true],
    ["a.b", "axb", false],
  ])("%j on %j: %j", (pattern, text, expected) => {
    expect(compilePattern(pattern)(text)).toBe(expected);
  });

  it("S46 is case-sensitive", () => {
    expect(compilePattern("Task.*")("task.created")).toBe(false);
  });

  it("S45 a star crosses dots", () => {
    expect(compilePattern("*.changed")("a.b.changed")).toBe(true);
  });

  it("agrees with a naive matcher", () => {
    const piece = fc.constantFrom(
      "*",
      "?",
      "a",
      "b",
      ".",
      "[ab]",
      "[!a]",
      "[b-c]",
      "\\*",
      "[",
      "]",
      "\\",
      "-",
      "!",
      "😀",
    );
    const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    const text = fc
      .array(fc.constantFrom("a", "b", "c", ".", "*", "]", "[", "\\", "😀"), { maxLength: 10 })
      .map((chars) => chars.join(""));
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        expect(compilePattern(pattern)(text)).toBe(naive(pattern, Array.from(text)));
      }),
      { numRuns: 5_000 },
    );
  });

  it("agrees with a table matcher beyond one word of states", () => {
    const pieces = fc.array(fc.constantFrom("*", "?", "a", "b", "[ab]"), { minLength: 30, maxLength: 100 });
    fc.assert(
      fc.property(pieces, fc.infiniteStream(fc.constantFrom("", "a", "b", "ab", "c")), (pieces, stars) => {
        const likely = pieces.map((piece) => (piece === "*" ? stars.next().value : piece === "b" ? "b" : "a")).join("");
        for (const text of [likely, `${likely}c`, likely.slice(1), likely.replace("a", "b")]) {
          expect(compilePattern(pieces.join(""))(text)).toBe(byTable(pieces, text));
        }
      }),
    );
  });

  it("does not slow down on patterns that make backtracking matchers explode", () => {
    const matches = compilePattern(`${"*a".repeat(60)}*?b`);
    expect(matches("a".repeat(20_000))).toBe(false);
    expect(matches(`${"a".repeat(20_000)}cb`)).toBe(true);
  });
});

// Which prefixes of the text fit the first pieces, one piece at a time.
function byTable(pieces: readonly string[], text: string): boolean {
  let fits = [true, ...Array.from(text, () => false)];
  for (const piece of pieces) {
    const next: boolean[] = [piece === "*" && fits[0] === true];
    for (let end = 1; end <= text.length; end++) {
      const character = text[end - 1] ?? "";
      const takes = piece === "?" || piece === character || (piece === "[ab]" && "ab".includes(character));
      next.push(piece === "*" ? fits[end] === true || next[end - 1] === true : takes && fits[end - 1] === true);
    }
    fits = next;
  }
  return fits.at(-1) === true;
}

// By the rules, one character at a time, trying everything.
function naive(pattern: string, text: readonly string[]): boolean {
  const chars = Array.from(pattern);
  const [first] = chars;
  if (first === undefined) return text.length === 0;
  const rest = (count: number): string => chars.slice(count).join("");
  if (first === "*") return naive(rest(1), text) || (text.length > 0 && naive(pattern, text.slice(1)));
  const [subject] = text;
  if (subject === undefined) return false;
  if (first === "?") return naive(rest(1), text.slice(1));
  if (first === "\\" && chars.length > 1) return chars[1] === subject && naive(rest(2), text.slice(1));
  const set = first === "[" ? /^\[(!?)((?:\\[^]|[^\\])(?:\\[^]|[^\]\\])*?)\]/u.exec(pattern) : null;
  if (set === null) return first === subject && naive(rest(1), text.slice(1));
  const members = new Set<string>();
  const items = [...(set[2] ?? "").matchAll(/(\\[^]|[^])(?:-(\\[^]|[^]))?/gu)];
  for (const [, low = "", high = low] of items) {
    for (let code = lastCodePoint(low); code <= lastCodePoint(high); code++) members.add(String.fromCodePoint(code));
  }
  return members.has(subject) !== (set[1] === "!") && naive(rest(Array.from(set[0]).length), text.slice(1));
}

function lastCodePoint(text: string): number {
  return Array.from(text).at(-1)?.codePointAt(0) ?? 0;
}

describe("MaskSet", () => {
  it("matches nothing when empty, everything with a star", () => {
    const masks = new MaskSet();
    expect(masks.matches("task.created")).toBe(false);
    masks.add("*");
    expect(masks.matches("task.created")).toBe(true);
  });

  it("adding twice is the same as once", () => {
    const masks = new MaskSet();
    masks.add("a");
    masks.add("a");
    expect(masks.size).toBe(1);
    expect(masks.delete("a")).toBe(true);
    expect(masks.delete("a")).toBe(false);
    expect(masks.matches("a")).toBe(false);
  });

  it("47 taking task.* away from * does not narrow it", () => {
    const masks = new MaskSet();
    masks.add("*");
    expect(masks.delete("task.*")).toBe(false);
    expect(masks.matches("task.created")).toBe(true);
    expect(masks.masks()).toEqual(["*"]);
  });

  it("remembers answers, but not beyond a change of masks", () => {
    const masks = new MaskSet();
    masks.add("a.*");
    for (let round = 0; round < 2; round++) expect(masks.matches("b.x")).toBe(false);
    masks.add("b.*");
    for (let round = 0; round < 2; round++) expect(masks.matches("b.x")).toBe(true);
    for (let index = 0; index < 3_000; index++) expect(masks.matches(`b.${index}`)).toBe(true);
    masks.delete("b.*");
    expect(masks.matches("b.x")).toBe(false);
    expect(masks.has("a.*")).toBe(true);
  });
});
