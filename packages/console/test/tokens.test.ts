// The colours: every text and control token has its contrast on every ground in both themes, and the style sheet is written from them.

import { describe, expect, it } from "vitest";
import { type TokenName, contrast, mix, themes, tintShare, tokensCss } from "../src/tokens.ts";

const grounds = ["bg", "surface", "sunk", "sel"] as const;
const texts: readonly TokenName[] = [
  "ink",
  "ink2",
  "ink3",
  "accent",
  "brass",
  "ok",
  "degraded",
  "down",
  "parked",
  "paused",
];
const graphics: readonly TokenName[] = ["edge", "brassCord"];

describe.each(["light", "dark"] as const)("A1 the %s theme", (name) => {
  const theme = themes[name];
  it.each(texts.flatMap((token) => grounds.map((ground) => [token, ground] as const)))(
    "writes %s on %s with at least 4.5",
    (token, ground) => {
      expect(contrast(theme[token], theme[ground])).toBeGreaterThanOrEqual(4.5);
    },
  );
  it.each(graphics.flatMap((token) => grounds.map((ground) => [token, ground] as const)))(
    "draws %s on %s with at least 3",
    (token, ground) => {
      expect(contrast(theme[token], theme[ground])).toBeGreaterThanOrEqual(3);
    },
  );
  it.each(["ok", "degraded", "down", "parked", "paused"] as const)(
    "writes %s on its own tint with at least 4.5",
    (token) => {
      expect(contrast(theme[token], mix(theme[token], theme.bg, tintShare[name]))).toBeGreaterThanOrEqual(4.5);
    },
  );
  it("writes buttons with at least 4.5", () => {
    expect(contrast(theme.bg, theme.ink)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.bg, theme.down)).toBeGreaterThanOrEqual(4.5);
  });
});

describe("tokens.css", () => {
  it("is what the tokens say", async () => {
    await expect(tokensCss()).toMatchFileSnapshot("../src/styles/tokens.css");
  });
});
