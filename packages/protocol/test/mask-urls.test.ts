// Passwords in URLs are masked wherever something is logged, kept or shown.

import { expect, it } from "vitest";
import { maskUrls } from "../src/index.ts";

it("masks passwords in URLs up to their last @, and parameters called like secrets, and nothing else", () => {
  const cases = {
    "amqp://user:p@ss@host:5672/vhost": "amqp://user:********@host:5672/vhost",
    "redis://:pass@host/1": "redis://:********@host/1",
    "see http://host:80/path and mail x@y": "see http://host:80/path and mail x@y",
    "http://h/?access_token=abc&page=2#top": "http://h/?access_token=********&page=2#top",
    "http://h/?page=2&Signature=abc": "http://h/?page=2&Signature=********",
  };
  for (const [text, safe] of Object.entries(cases)) expect(maskUrls(text)).toBe(safe);
});

it("takes no time to speak of for what somebody made up to take long", () => {
  for (const piece of ["a.", "?key", "&key", "a:", "x://", "x://a:", "key="]) {
    const text = `${piece.repeat(100_000)} ://`;
    expect(maskUrls(text)).toHaveLength(text.length);
  }
});
