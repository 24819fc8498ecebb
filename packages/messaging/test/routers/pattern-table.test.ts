import * as fc from "fast-check";
import { expect, it } from "vitest";
import { PythonPattern } from "../../src/python-regex/pattern.ts";
import { literalPrefix, PatternTable } from "../../src/routers/pattern-table.ts";

it.each([
  ["^8000$", "8000"],
  ["8000", "8000"],
  ["80?1", "8"],
  ["80*", "8"],
  ["80{,2}", "8"],
  ["80+", "80"],
  ["\\+27", "+27"],
  ["\\*120\\*1#", "*120*1#"],
  ["\\d+", ""],
  ["a|b", ""],
  ["(?i)abc", ""],
  ["é?x", ""],
  ["😀?", ""],
  ["", ""],
])("%s begins with %j", (pattern, prefix) => {
  expect(literalPrefix(pattern)).toBe(prefix);
});

it("finds exactly what trying every pattern in turn finds", () => {
  const patterns = fc.stringMatching(/^\^?[ab]{0,3}(a\?|b\*|\\\+|a\+|\[ab\]|\.|a\|b|)[ab]{0,2}\$?$/);
  fc.assert(
    fc.property(fc.array(patterns, { maxLength: 12 }), fc.stringMatching(/^[ab+]{0,6}$/), (sources, text) => {
      const entries = sources.map((source, index) => ({ name: String(index), pattern: new PythonPattern(source) }));
      const expected = entries.filter(({ pattern }) => pattern.matches(text)).map(({ name }) => name);
      const table = new PatternTable(entries);
      expect(table.all(text)).toEqual(expected);
      expect(table.first(text)).toBe(expected[0]);
    }),
  );
});
