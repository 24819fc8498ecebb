// Python's patterns, as Python itself matched them (test/fixtures/python-regex.py records).

import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandTemplate } from "../src/python-regex/expand.ts";
import { PythonPattern } from "../src/python-regex/pattern.ts";

/** Where it starts, what it matched, what its groups did. */
type Match = readonly [start: number, ...groups: (string | null)[]];

interface Case {
  readonly pattern: string;
  readonly error?: string;
  readonly names?: Readonly<Record<string, number>>;
  /** By text: what `search` finds, and `match` if that is something else. */
  readonly results?: Readonly<Record<string, readonly [search: Match, match?: Match | null]>>;
}

const recorded: { readonly texts: readonly string[]; readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("fixtures/python-regex.json", import.meta.url), "utf8"),
);

describe("a pattern that Python accepts", () => {
  it.each(recorded.cases.filter(({ error }) => error === undefined))("$pattern matches the same", (recordedCase) => {
    const { pattern, names = {}, results = {} } = recordedCase;
    const compiled = new PythonPattern(pattern);
    for (const text of recorded.texts) {
      const [search = null, match = search] = results[text] ?? [];
      expect([text, summary(compiled.search(text))]).toEqual([text, search]);
      expect([text, summary(compiled.match(text))]).toEqual([text, match]);
      for (const [name, index] of Object.entries(names)) {
        const found = compiled.search(text);
        expect(found?.groups?.[name]).toBe(found?.[index]);
      }
    }
  });
});

describe("a pattern that Python refuses", () => {
  it.each(recorded.cases.filter(({ error }) => error !== undefined))("$pattern is refused ($error)", ({ pattern }) => {
    expect(() => new PythonPattern(pattern)).toThrow(
      expect.objectContaining({ name: "ConfigError", code: "CONFIG_REGEX_INVALID" }),
    );
  });
});

function summary(match: RegExpExecArray | null): Match | null {
  if (match === null) return null;
  // Python counts code points.
  const start = Array.from(match.input.slice(0, match.index)).length;
  return [start, ...[...match].map((text: string | undefined) => text ?? null)];
}

describe("what cannot be translated", () => {
  it.each([
    ["(a)?(?(1)b|c)", "a conditional group (?(…)…), which cannot be translated (character 5)"],
    ["(?>a+)b", "an atomic group (?>…), which cannot be translated (character 1)"],
    ["a++", "a possessive quantifier, which cannot be translated (character 3)"],
    ["x(?i:a)", "case-insensitivity of a part, which cannot be translated (character 2)"],
    ["(?L)a", "the flag L (locale), which cannot be translated (character 1)"],
    [String.raw`\N{DIGIT ONE}`, String.raw`\N, which Python does not know (character 1)`],
    ["🙂🙂(?<n>a)", "(?<…: named groups are written (?P<name>…) (character 3)"],
    ["(?a)(?u)x", "the flags a and u, which exclude each other (character 1)"],
    ["(?u)(?a)x", "the flags a and u, which exclude each other (character 5)"],
    ["(?=a)*", "nothing to repeat (character 1)"],
    [`${"(".repeat(101)}a${")".repeat(101)}`, "more than 100 groups inside one another (character 102)"],
    [`${"(".repeat(100_000)}a`, "more than 100 groups inside one another (character 102)"],
  ])("%s is refused, and the error says why and where", (pattern, reason) => {
    expect(() => new PythonPattern(pattern)).toThrow(`a regular expression with ${reason}`);
  });

  it("is any text at all: a pattern, or a coded error", () => {
    const pieces = fc.constantFrom(...("()[]{}?*+|^$\\.,-PiuxmsaLgnAZbBdDwWsS<>=!:#019 \n🙂ü".match(/./gsu) ?? []));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: pieces }), fc.string()), fc.string(), (pattern, text) => {
        try {
          new PythonPattern(pattern).match(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "CONFIG_REGEX_INVALID" });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a template", () => {
  const match = new PythonPattern(String.raw`(?P<user>\w+)@(\w+)(?:/(\w+))?`).match("bob@home rest");

  it.each([
    [String.raw`\1 at \2`, "bob at home"],
    [String.raw`\g<user>\g<2>0`, "bobhome0"],
    [String.raw`[\g<0>]`, "[bob@home]"],
    [String.raw`\3|`, "|"],
    [String.raw`a\nb\\c\.`, "a\nb\\c\\."],
    ["$1 $& plain", "$1 $& plain"],
  ])("%j is filled from the match", (template, expected) => {
    expect(match && expandTemplate(match, template)).toBe(expected);
  });

  it.each([
    String.raw`\4`,
    String.raw`\g<nobody>`,
    String.raw`\g<4>`,
    String.raw`\q`,
    "end\\",
    String.raw`\g<__proto__>`,
  ])("%j is refused", (template) => {
    expect(() => match && expandTemplate(match, template)).toThrow(
      expect.objectContaining({ code: "CONFIG_REGEX_INVALID" }),
    );
  });
});
