import { describe, expect, it } from "vitest";
import { fromReverseTimestamp, toReverseTimestamp } from "../../src/store/reverse-timestamp.ts";

describe("reverse timestamps", () => {
  it.each([
    ["1970-01-01T00:00:00Z", "FFFFFFFFFF"],
    ["2015-04-01T12:13:14Z", "FFAAE41F25"],
    ["2015-04-01T12:13:15Z", "FFAAE41F24"],
    ["2026-01-01T00:00:00Z", "FF96AA46FF"],
    ["4015-04-01T12:13:14Z", "F0F9025FA5"],
  ])("18 turns %s into %s and back", (iso, text) => {
    expect(toReverseTimestamp(Date.parse(iso))).toBe(text);
    expect(fromReverseTimestamp(text)).toBe(Date.parse(iso));
  });

  it("S18 loses the fraction of a second, and knows other texts for what they are", () => {
    expect(toReverseTimestamp(Date.parse("2015-04-01T12:13:14.999Z"))).toBe("FFAAE41F25");
    expect(fromReverseTimestamp("ffaae41f25")).toBeNaN();
  });
});
