// Numbers, durations, moments and addresses as the page shows them.

import { describe, expect, it } from "vitest";
import {
  formatAddress,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoment,
  formatRate,
  formatShare,
  groupedId,
  momentTitle,
  oneLine,
  plural,
  shortId,
} from "../src/format.ts";

describe("format", () => {
  it.each([
    [0, "0"],
    [1204, "1,204"],
    [99_999, "99,999"],
    [128_000, "128k"],
    [999_499, "999k"],
    [999_600, "1.00M"],
    [1_204_000, "1.20M"],
    [null, "–"],
    [undefined, "–"],
    [Number.NaN, "–"],
  ])("shows the count %s as %s", (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it.each([
    [0, "0"],
    [4.2, "4.2"],
    [4, "4"],
    [9.96, "10"],
    [926.4, "926"],
    [null, "–"],
  ])("shows the rate %s as %s", (value, text) => {
    expect(formatRate(value)).toBe(text);
  });

  it.each([
    [0.005, "0.5 %"],
    [0.912, "91 %"],
    [0, "0 %"],
    [null, "–"],
  ])("shows the share %s as %s", (value, text) => {
    expect(formatShare(value)).toBe(text);
  });

  it.each([
    [0, "0 ms"],
    [0.4, "< 1 ms"],
    [236, "236 ms"],
    [999.7, "1 s"],
    [1400, "1.4 s"],
    [38_000, "38 s"],
    [59_700, "1 min"],
    [94_000, "1 min 34 s"],
    [7_500_000, "2 h 05 min"],
    [273_600_000, "3 d 4 h"],
    [-3, "0 ms"],
    [null, "–"],
  ])("shows the duration of %s ms as %s", (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  it("leaves out the date of today only, and shows milliseconds where asked", () => {
    const today = new Date(2026, 2, 12, 14, 36, 12);
    expect(formatMoment(new Date(2026, 2, 12, 14, 35, 57, 622), today, "ms")).toBe("14:35:57.622");
    expect(formatMoment(new Date(2026, 2, 11, 9, 2, 44), today)).toBe("11 Mar 09:02:44");
    expect(formatMoment(new Date(2025, 11, 31, 23, 59, 0), today, "min")).toBe("31 Dec 2025 23:59");
    expect(formatMoment(new Date("nonsense"), today)).toBe("–");
  });

  it("says UTC and how long ago on hover", () => {
    const now = new Date("2026-03-12T12:36:12Z");
    expect(momentTitle(new Date("2026-03-12T12:07:31Z"), now)).toBe("2026-03-12T12:07:31.000Z UTC, 29 min ago");
  });

  it("groups numbers of people and leaves other addresses alone", () => {
    expect(formatAddress("+27820001122")).toBe("+27 82 000 1122");
    expect(formatAddress("ayanda@clinic.example")).toBe("ayanda@clinic.example");
    expect(formatAddress("")).toBe("–");
  });

  it("shortens and groups ids", () => {
    expect(shortId("5b1e0c9a-7d3f-4e6f-8a2b-4c6d8e0f1a2b")).toBe("5b1e0c9a");
    expect(groupedId("5b1e0c9a7d3f4e6f8a2b4c6d8e0f1a2b")).toBe("5b1e0c9a 7d3f4e6f 8a2b4c6d 8e0f1a2b");
  });

  it("shows bytes by 1024, line breaks as signs, and nouns by count", () => {
    expect([formatBytes(12), formatBytes(4096), formatBytes(148_000_000)]).toEqual(["12 bytes", "4 kB", "141 MB"]);
    expect(oneLine("a\nb\r\nc")).toBe("a⏎b⏎c");
    expect([plural(1, "message"), plural(1204, "message"), plural(6, "person", "people")]).toEqual([
      "1 message",
      "1,204 messages",
      "6 people",
    ]);
  });
});
